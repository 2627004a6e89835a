// Everything shown; then the theme, which the reader may choose.

const THEMES = ["auto", "light", "dark"];
const SAID = { auto: "as the system has them", light: "light", dark: "dark" };

function setTheme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  byId("theme").textContent = title(name);
  byId("theme").setAttribute("aria-label", `Colours: ${SAID[name]}`);
  drawAll();
}

showHead();
showTraffic();
showPeople();
showErrors();
showIncidents();
showLatency();
showGraph();
showTraces();

let theme = "auto";
byId("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
// Paper is white.
addEventListener("beforeprint", () => setTheme("light"));
addEventListener("afterprint", () => setTheme(theme));
document.documentElement.dataset.ready = "yes";
