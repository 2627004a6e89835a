// The incidents, the largest first, with their effects.

const MOST_INCIDENTS = 12;
const MOST_NAMES = 4;

function showIncidents() {
  const { incidents, components } = data;
  const order = [...incidents].sort((a, b) => effects(b) - effects(a) || a.start_s - b.start_s);
  const [first] = order;
  if (!first) {
    say("incidents-title", "There was no incident");
    byId("incidents-more").hidden = true;
    return;
  }
  const name = components[first.component].name;
  say(
    "incidents-title",
    effects(first)
      ? `The largest incident: ${name} failed ${plural(first.infrastructure_errors, "call")}, and ${plural(first.cascades, "caller")} with them`
      : `${plural(incidents.length, "incident")}, none of which failed a call`,
  );
  const hit = incidents.filter(effects).length;
  say(
    "incidents-says",
    `${plural(incidents.length, "incident")} of ${plural(new Set(incidents.map((i) => i.component)).size, "component")}, ` +
      `${whole(hit)} of which failed a call. While one lasts, calls of the services that it lists fail at its rate and take longer; ` +
      "their callers fail with some of them. A start shows it in the chart above.",
  );
  table("incidents-table", incidentColumns(Math.max(...incidents.map(effects), 1)), order.slice(0, MOST_INCIDENTS), {
    label: "The largest incidents",
    whole: true,
  });
  byId("incidents-more").hidden = incidents.length <= MOST_INCIDENTS;
  table("all-incidents-table", incidentColumns(Math.max(...incidents.map(effects), 1)), incidents, {
    by: undefined,
    label: "All incidents",
  });
}

function incidentColumns(most) {
  const { components } = data;
  return [
    {
      title: "Component",
      of: (i) => components[i.component].name,
      show: (i) => [components[i.component].name, meter(i, most)],
    },
    {
      title: "Failed by it",
      of: (i) => i.infrastructure_errors,
      show: (i) => `${whole(i.infrastructure_errors)} of ${whole(i.calls)}`,
      number: true,
    },
    { title: "Callers failed", of: (i) => i.cascades, number: true },
    {
      title: "Start (UTC)",
      of: (i) => i.start_s,
      show: (i) => [element("button", { class: "link", type: "button", onclick: () => look(i) }, moment(i.start_s))],
    },
    { title: "Lasted", of: (i) => i.end_s - i.start_s, show: (i) => lasting(i.end_s - i.start_s), number: true },
    { title: "Fail", of: (i) => i.failure_rate, show: (i) => percent(i.failure_rate, 1), number: true },
    { title: "Slower", of: (i) => i.latency_factor, show: (i) => `× ${i.latency_factor}`, number: true },
    { title: "Services, by failed calls", of: (i) => i.services.length, show: listed, long: true },
  ];
}

function meter(incident, most) {
  const width = (n) => ({ width: `${(100 * n) / most}%` });
  return element(
    "span",
    { class: "meter", role: "img", "aria-label": `${effects(incident)} failed calls` },
    element("i", { style: width(incident.infrastructure_errors) }),
    element("i", { class: "dep", style: width(incident.cascades) }),
  );
}

function listed(incident) {
  const failed = new Map();
  for (let k = 0; k < incident.services.length; k += 2) failed.set(incident.services[k], incident.services[k + 1]);
  const order = [...data.components[incident.component].services].sort(
    (a, b) => (failed.get(b) ?? 0) - (failed.get(a) ?? 0),
  );
  const names = order.map((s) => serviceName(s) + (failed.has(s) ? ` ${whole(failed.get(s))}` : ""));
  const more = names.length - MOST_NAMES;
  if (more <= 1) return names.join(", ");
  return [
    element(
      "span",
      { title: names.slice(MOST_NAMES).join(", ") },
      `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more`,
    ),
  ];
}

// An incident in the chart of errors, with as much time around it.
function look(incident) {
  const around = Math.max(incident.end_s - incident.start_s, 2 * data.errors.length_s);
  zoom(incident.start_s - around, incident.end_s + around);
  byId("errors").scrollIntoView();
}
