// What all parts of the page share: the run's numbers, words for them, elements, tables, and charts that follow the theme.
// Names may come from anyone's world: they go into the page as text, never as HTML.

const data = JSON.parse(document.getElementById("data").textContent);
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// Dark enough for white text on them, and told apart side by side.
const COLOURS = [
  "#3b6fd4",
  "#bd5216",
  "#29824f",
  "#b2378c",
  "#7a58c9",
  "#8a6d12",
  "#137e96",
  "#c23b4f",
  "#5f7f1f",
  "#4d63be",
  "#a3542e",
  "#007f73",
  "#8d4fa8",
  "#64748b",
];

const byId = (id) => document.getElementById(id);
const colour = (i) => COLOURS[i % COLOURS.length];
const sum = (values) => values.reduce((a, b) => a + b, 0);
const whole = (n) => n.toLocaleString("en-US", { maximumFractionDigits: 0 });
const pad = (n) => String(n).padStart(2, "0");

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") Object.assign(made.style, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

const say = (id, ...children) => byId(id).replaceChildren(...children);

function percent(part, all) {
  const share = all ? (100 * part) / all : 0;
  if (share === 0) return "0\u00a0%";
  if (share < 0.01) return "under 0.01\u00a0%";
  return `${share.toFixed(share < 1 ? 2 : share < 99.95 ? 1 : 0)}\u00a0%`;
}

function plural(n, one, many = `${one}s`) {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

function milliseconds(ms) {
  if (ms === undefined) return "–";
  if (ms === 0) return "0";
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)}\u00a0s`;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)}\u00a0ms`;
}

function lasting(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds % 3600) / 60);
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return [hours ? `${hours} h` : "", minutes ? `${minutes} min` : ""].filter(Boolean).join(" ");
}

// Instants in UTC, whatever the browser's zone.
function day(seconds, year = true) {
  const at = new Date(seconds * 1000);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${year ? ` ${at.getUTCFullYear()}` : ""}`;
}

function moment(seconds) {
  const at = new Date(seconds * 1000);
  return `${day(seconds)} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`;
}

function span(seconds, length) {
  if (length % 86400 === 0) return length === 86400 ? day(seconds) : `${day(seconds)}, ${length / 86400} days`;
  return `${moment(seconds)}, ${lasting(length)}`;
}

// Tables: columns are {title, of(row), show(row)?, number?, long?, bad(row)?}; a click on a title sorts.
function table(id, columns, rows, options = {}) {
  const body = element("tbody");
  const state = { by: options.by, down: true };
  const heads = columns.map((column, i) =>
    element(
      "th",
      { scope: "col", class: column.number ? "n" : undefined },
      element("button", { type: "button", onclick: () => sort(i) }, column.title),
    ),
  );
  function fill() {
    const order = [...rows];
    if (state.by !== undefined) {
      const of = columns[state.by].of;
      order.sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0) * (state.down ? -1 : 1));
    }
    body.replaceChildren(...order.map((row) => element("tr", {}, ...columns.map((column) => cell(column, row)))));
    heads.forEach((head, i) => {
      if (i === state.by) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }
  function sort(i) {
    state.down = state.by === i ? !state.down : Boolean(columns[i].number);
    state.by = i;
    fill();
  }
  fill();
  const made = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  say(
    id,
    element(
      "div",
      {
        class: options.whole ? "scroll whole" : "scroll",
        tabindex: "0",
        role: "region",
        "aria-label": options.label ?? "Table",
      },
      made,
    ),
  );
}

function cell(column, row) {
  const kinds = [column.number && "n", column.long && "long", column.bad && column.bad(row) && "bad"];
  const shown = column.show ? column.show(row) : column.of(row);
  return element(
    "td",
    { class: kinds.filter(Boolean).join(" ") || undefined },
    ...(Array.isArray(shown) ? shown : [typeof shown === "number" ? whole(shown) : shown]),
  );
}

const dot = (fill) => element("span", { class: "dot", style: { background: fill } });

// What a tooltip says: a title, then pairs.
function tip(title, pairs, note) {
  const lines = pairs.map(([name, value, fill]) =>
    element("div", {}, element("span", {}, fill ? dot(fill) : "", name), element("span", {}, value)),
  );
  return element("div", { class: "tip" }, element("b", {}, title), ...lines, note ?? "");
}

// Charts: each is built anew when the theme or its width class changes.
const charts = [];

function paint(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function tooltip(more = {}) {
  return {
    confine: true,
    backgroundColor: paint("card"),
    borderColor: paint("line"),
    padding: [8, 12],
    textStyle: { color: paint("ink"), fontFamily: "inherit" },
    extraCssText: "box-shadow: 0 4px 18px rgb(0 0 0 / 18%)",
    ...more,
  };
}

function axis(more = {}) {
  return {
    axisLine: { lineStyle: { color: paint("line") } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: paint("line") } },
    ...more,
    axisLabel: { color: paint("soft"), fontSize: 12, hideOverlap: true, ...more.axisLabel },
  };
}

const timeAxis = (more = {}) =>
  axis({
    type: "time",
    splitLine: { show: false },
    ...more,
    axisLabel: {
      formatter: { year: "{yyyy}", month: "{MMM}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" },
      ...more.axisLabel,
    },
  });

const legend = (more = {}) => ({
  textStyle: { color: paint("ink") },
  icon: "roundRect",
  itemWidth: 12,
  itemHeight: 10,
  left: 0,
  top: 0,
  ...more,
});

function chart(id, says, build) {
  const holder = byId(id);
  holder.setAttribute("aria-label", says);
  const made = { holder, build, instance: null, narrow: null };
  charts.push(made);
  made.draw = () => {
    made.narrow = holder.clientWidth < 560;
    const option = build(made.narrow);
    if (option.tall) holder.style.height = `${option.tall}px`;
    made.instance ??= echarts.init(holder, null, { renderer: "canvas", useUTC: true });
    made.instance.resize();
    made.instance.setOption(
      { animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option },
      { notMerge: true },
    );
  };
  made.draw();
  new ResizeObserver(() => {
    if (holder.clientWidth < 560 !== made.narrow) made.draw();
    else made.instance.resize();
  }).observe(holder);
  return made;
}

const drawAll = () => charts.forEach((made) => made.draw());
