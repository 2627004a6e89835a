// Beside the call graph: what is known of the service or component that was chosen; and all of it as tables.

function showPanel() {
  const links = (title, ids, none) => [
    element("h4", {}, title),
    ids.length
      ? element(
          "ul",
          {},
          ...ids.map(([id, name]) =>
            element("li", {}, element("button", { class: "link", type: "button", onclick: () => choose(id) }, name)),
          ),
        )
      : element("p", {}, none),
  ];
  const service = (i) => [`s${i}`, serviceName(i)];
  const i = Number(picked.slice(1));
  if (!picked) {
    say(
      "graph-panel",
      element("h3", {}, "Stacks"),
      element(
        "div",
        { class: "keys" },
        ...stacks().map((stack) => element("span", {}, dot(stackColour(stack)), stack)),
      ),
    );
  } else if (picked.startsWith("s")) {
    const at = data.services[i];
    say(
      "graph-panel",
      element("h3", {}, dot(stackColour(at.stack)), serviceName(i)),
      element(
        "p",
        {},
        `${plural(at.calls, "call")}, ${percent(at.failed, at.calls)} of which failed; median ${milliseconds(at.quantiles_ms[0])}.`,
      ),
      ...links(
        "calls",
        data.edges.filter(([a]) => a === i).map(([, b]) => service(b)),
        "nobody",
      ),
      ...links(
        "is called by",
        data.edges.filter(([, b]) => b === i).map(([a]) => service(a)),
        "users alone",
      ),
      ...links(
        "has under it, undocumented",
        data.components
          .map((c, k) => [c, k])
          .filter(([c]) => c.services.includes(i))
          .map(([c, k]) => [`c${k}`, c.name]),
        "nothing",
      ),
    );
  } else {
    const at = data.components[i];
    const own = data.incidents.filter((incident) => incident.component === i);
    say(
      "graph-panel",
      element("h3", {}, dot("var(--infra)"), at.name),
      element("p", {}, `${at.description}. Its errors are of type ${at.type}.`),
      element(
        "p",
        {},
        `${plural(own.length, "incident")} failed ${plural(sum(own.map((x) => x.infrastructure_errors)), "call")}, and ${plural(sum(own.map((x) => x.cascades)), "caller")} with them.`,
      ),
      ...links("lies under", at.services.map(service), "nothing"),
    );
  }
}

function showGraphTables() {
  table(
    "edges-table",
    [
      { title: "Caller", of: (e) => serviceName(e[0]) },
      { title: "Callee", of: (e) => serviceName(e[1]) },
      { title: "Calls", of: (e) => e[2], number: true },
      { title: "Failed", of: (e) => e[3], number: true },
      { title: "Share", of: (e) => (e[2] ? e[3] / e[2] : 0), show: (e) => percent(e[3], e[2]), number: true },
    ],
    data.edges,
    { by: 2, label: "Calls between services" },
  );
  table(
    "components-table",
    [
      { title: "Component", of: (c) => c.name },
      { title: "Errors", of: (c) => c.type },
      { title: "What happens", of: (c) => c.description, long: true },
      {
        title: "Services",
        of: (c) => c.services.length,
        show: (c) => c.services.map(serviceName).join(", "),
        long: true,
      },
    ],
    data.components,
    { label: "Hidden components" },
  );
}
