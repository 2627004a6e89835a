// Who calls whom, and what lies under it: services in a ring, stack by stack, hidden components inside.

const RING = 100;
const INNER = 46;
const MOST_NAMED = 130; // of more services only those that are looked at
const GAP = 0.9; // between stacks, in places of a service
let graphChart;
let picked = ""; // "s3" for a service, "c1" for a component, or nothing

const stacks = () => [...new Set(data.services.map((service) => service.stack))];
const stackColour = (stack) => colour(stacks().indexOf(stack));

function showGraph() {
  const { services, components, edges } = data;
  const under = new Set(components.flatMap((component) => component.services)).size;
  say(
    "graph-title",
    `${plural(services.length, "service")} call each other along ${plural(edges.length, "documented path")}; ` +
      `${plural(components.length, "hidden component")} ${components.length === 1 ? "lies" : "lie"} under ${whole(under)} of them`,
  );
  say(
    "graph-says",
    "Lines are calls, the stronger the more, in the colour of the caller’s stack. Dashed ones lead to infrastructure " +
      "that no documentation names: it shows only in what fails and slows down together. Point at a name, or choose one.",
  );
  const pick = byId("graph-pick");
  for (const stack of stacks()) {
    const own = services.map((service, i) => [service, i]).filter(([service]) => service.stack === stack);
    pick.append(
      element(
        "optgroup",
        { label: stack },
        ...own.map(([, i]) => element("option", { value: `s${i}` }, serviceName(i))),
      ),
    );
  }
  if (components.length) {
    pick.append(
      element(
        "optgroup",
        { label: "hidden components" },
        ...components.map((c, i) => element("option", { value: `c${i}` }, c.name)),
      ),
    );
  }
  pick.addEventListener("change", () => choose(pick.value));
  byId("graph-hidden").addEventListener("change", () => graphChart.draw());
  graphChart = chart(
    "graph-chart",
    "Services in a ring, with lines for calls and dashed lines to hidden components.",
    drawGraph,
  );
  graphChart.instance.on("click", (p) => {
    if (p.dataType === "node") choose(p.data.id === picked ? "" : p.data.id);
  });
  showPanel();
  showGraphTables();
}

function choose(id) {
  picked = id;
  if (id.startsWith("c")) byId("graph-hidden").checked = true;
  byId("graph-pick").value = id;
  graphChart.draw();
  showPanel();
}

// The angle of each service, clockwise from the top.
function angles() {
  const places = [];
  let at = 0;
  data.services.forEach((service, i) => {
    if (i && service.stack !== data.services[i - 1].stack) at += GAP;
    places.push(at);
    at += 1;
  });
  return places.map((place) => (2 * Math.PI * (place + GAP / 2)) / (at + GAP));
}

// Components stand near the middle of their services, at even distances.
function innerAngles(ring) {
  const { components } = data;
  const towards = components.map((component) =>
    Math.atan2(
      sum(component.services.map((s) => Math.sin(ring[s]))),
      sum(component.services.map((s) => Math.cos(ring[s]))),
    ),
  );
  const order = components.map((_, i) => i).sort((a, b) => towards[a] - towards[b]);
  const made = [];
  order.forEach((component, place) => {
    made[component] = -Math.PI + (2 * Math.PI * (place + 0.5)) / order.length;
  });
  return made;
}

function neighbours() {
  const near = new Set([picked]);
  for (const [caller, callee] of data.edges) {
    if (picked === `s${caller}`) near.add(`s${callee}`);
    if (picked === `s${callee}`) near.add(`s${caller}`);
  }
  data.components.forEach((component, c) =>
    component.services.forEach((s) => {
      if (picked === `c${c}`) near.add(`s${s}`);
      if (picked === `s${s}`) near.add(`c${c}`);
    }),
  );
  return near;
}

function drawGraph(narrow) {
  const ring = angles();
  const hidden = byId("graph-hidden").checked;
  const near = picked ? neighbours() : null;
  const margin = narrow ? 74 : 158;
  const width = byId("graph-chart").clientWidth;
  const nodes = [...serviceNodes(ring, near, narrow), ...(hidden ? componentNodes(ring, near, narrow) : [])];
  const links = [...callLinks(ring), ...(hidden ? hiddenLinks(ring) : [])];
  return {
    tall: Math.min(width, 880),
    tooltip: tooltip({ formatter: (p) => graphTip(p) }),
    series: [
      {
        type: "graph",
        layout: "none",
        roam: false,
        left: margin,
        right: margin,
        top: margin,
        bottom: margin,
        data: nodes,
        links,
        edgeSymbol: ["none", "arrow"],
        edgeSymbolSize: narrow ? 3 : 5,
        cursor: "pointer",
        emphasis: { focus: "adjacency", lineStyle: { opacity: 1 }, label: { show: true, fontWeight: 700 } },
        blur: { itemStyle: { opacity: 0.15 }, lineStyle: { opacity: 0.04 }, label: { opacity: 0.15 } },
      },
    ],
  };
}

// Text that reads outwards from a node at this angle.
function outward(angle, fontSize, reach) {
  const degrees = ((angle * 180) / Math.PI + 360) % 360;
  const right = degrees < 180;
  return {
    show: true,
    position: "inside",
    fontSize,
    color: paint("ink"),
    align: right ? "left" : "right",
    verticalAlign: "middle",
    rotate: right ? 90 - degrees : 270 - degrees,
    padding: right ? [0, 0, 0, reach] : [0, reach, 0, 0],
  };
}

const point = (angle, radius) => ({ x: radius * Math.sin(angle), y: -radius * Math.cos(angle) });
const faded = (near, id) => (near && !near.has(id) ? 0.15 : 1);

function serviceNodes(ring, near, narrow) {
  const most = Math.max(...data.services.map((service) => service.calls), 1);
  const roomy = data.services.length <= MOST_NAMED;
  return data.services.map((service, i) => {
    const size = (narrow ? 4 : 7) + (narrow ? 6 : 13) * Math.sqrt(service.calls / most);
    const label = outward(ring[i], narrow ? 9 : 12, size / 2 + 4);
    return {
      id: `s${i}`,
      name: serviceName(i),
      ...point(ring[i], RING),
      symbolSize: size,
      itemStyle: { color: stackColour(service.stack), opacity: faded(near, `s${i}`) },
      label: {
        ...label,
        show: roomy || (near?.has(`s${i}`) ?? false),
        opacity: faded(near, `s${i}`),
        formatter: () => (narrow ? service.name : serviceName(i)),
      },
    };
  });
}

function componentNodes(ring, near, narrow) {
  const inner = innerAngles(ring);
  return data.components.map((component, c) => ({
    id: `c${c}`,
    name: component.name,
    ...point(inner[c], INNER),
    symbol: "diamond",
    symbolSize: narrow ? 8 : 12,
    itemStyle: { color: paint("infra"), opacity: faded(near, `c${c}`) },
    label: {
      ...outward(inner[c], narrow ? 9 : 11, narrow ? 7 : 10),
      show: !narrow || (near?.has(`c${c}`) ?? false),
      opacity: faded(near, `c${c}`),
      color: paint("infra"),
      formatter: () => component.name,
      textBorderColor: paint("card"),
      textBorderWidth: 3,
    },
  }));
}

// A line's bend that leads it past the middle of the ring: the control point is the chord's middle, drawn to the centre.
function bend(a, b, share) {
  const half = (b - a) / 2;
  const off = Math.sin(half);
  return Math.abs(off) < 1e-6 ? 0 : (-share * Math.cos(half)) / (2 * off);
}

const touches = (a, b) => !picked || picked === a || picked === b;

function callLinks(ring) {
  const most = Math.max(...data.edges.map((edge) => edge[2]), 1);
  return data.edges.map(([caller, callee, calls, failed]) => ({
    source: `s${caller}`,
    target: `s${callee}`,
    calls,
    failed,
    value: calls,
    lineStyle: {
      color: stackColour(data.services[caller].stack),
      width: 0.8 + 3.2 * Math.sqrt(calls / most),
      opacity: touches(`s${caller}`, `s${callee}`) ? 0.75 : 0.05,
      curveness: bend(ring[caller], ring[callee], 0.55),
    },
  }));
}

function hiddenLinks(ring) {
  return data.components.flatMap((component, c) =>
    component.services.map((s) => ({
      source: `s${s}`,
      target: `c${c}`,
      symbol: ["none", "none"],
      hidden: true,
      lineStyle: {
        color: paint("infra"),
        type: [3, 3],
        width: 1,
        curveness: 0,
        opacity: picked ? (touches(`s${s}`, `c${c}`) ? 0.9 : 0.03) : 0.45,
      },
    })),
  );
}

function graphTip({ dataType, data: at }) {
  if (dataType === "node") {
    if (at.id.startsWith("s")) return serviceTip(data.services[Number(at.id.slice(1))]);
    const component = data.components[Number(at.id.slice(1))];
    return tip(
      component.name,
      [
        ["services", whole(component.services.length)],
        ["errors", component.type],
      ],
      component.description,
    );
  }
  const name = (id) =>
    id.startsWith("s") ? serviceName(Number(id.slice(1))) : data.components[Number(id.slice(1))].name;
  if (at.hidden) return tip(`${name(at.source)} on ${name(at.target)}`, [], "not documented");
  return tip(`${name(at.source)} → ${name(at.target)}`, [
    ["calls", whole(at.calls)],
    ["failed", `${whole(at.failed)} (${percent(at.failed, at.calls)})`],
  ]);
}
