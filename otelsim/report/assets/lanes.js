// Incidents in the chart of errors: as bands behind the failed calls, and in a lane for each component under them.

const MOST_LANES = 40;

// The components that have a lane, in the order of their table: those with the largest effects, where there are too many.
function lanesOf(incidents) {
  const found = new Map();
  for (const incident of incidents)
    found.set(incident.component, (found.get(incident.component) ?? 0) + effects(incident));
  return [...found.keys()]
    .sort((a, b) => found.get(b) - found.get(a))
    .slice(0, MOST_LANES)
    .sort((a, b) => a - b);
}

// Incidents behind the failed calls.
function bands(incidents) {
  return {
    type: "custom",
    xAxisIndex: 0,
    yAxisIndex: 0,
    silent: true,
    z: 0,
    clip: true,
    tooltip: { show: false },
    itemStyle: { color: paint("band") },
    encode: { x: [0, 1], y: [] },
    data: incidents.map((i) => [i.start_s * 1000, i.end_s * 1000]),
    renderItem: (params, api) => {
      const area = params.coordSys;
      const [from] = api.coord([api.value(0), 0]);
      const [to] = api.coord([api.value(1), 0]);
      return clipped(area, from, Math.max(to - from, 1), area.y, area.height, { fill: paint("band"), opacity: 0.1 });
    },
  };
}

function laneSeries(incidents, lanes, narrow) {
  const most = Math.max(...incidents.map(effects), 1);
  const shown = incidents.map((_, k) => k).filter((k) => lanes.includes(incidents[k].component));
  return {
    type: "custom",
    xAxisIndex: 1,
    yAxisIndex: 1,
    encode: { x: [0, 1], y: 2 },
    clip: true,
    cursor: "pointer",
    data: shown.map((k) => ({
      value: [incidents[k].start_s * 1000, incidents[k].end_s * 1000, lanes.indexOf(incidents[k].component)],
      incident: k,
    })),
    renderItem: (params, api) => {
      const incident = incidents[shown[params.dataIndex]];
      const [from, y] = api.coord([api.value(0), api.value(2)]);
      const [to] = api.coord([api.value(1), api.value(2)]);
      const tall = narrow ? 10 : 13;
      const opacity = 0.45 + 0.55 * Math.sqrt(effects(incident) / most);
      return clipped(
        params.coordSys,
        from,
        Math.max(to - from, narrow ? 3 : 4),
        narrow ? y + 1 : y - tall / 2,
        tall,
        { fill: paint("infra"), opacity },
        2,
      );
    },
  };
}

// A rectangle as far as it is inside the area.
function clipped(area, x, width, y, height, style, r = 0) {
  const from = Math.max(x, area.x);
  const to = Math.min(x + width, area.x + area.width);
  if (to <= from) return undefined;
  return { type: "rect", shape: { x: from, y, width: to - from, height, r }, style };
}

const effects = (incident) => incident.infrastructure_errors + incident.cascades;

function incidentTip(incident) {
  return tip(data.components[incident.component].name, [
    ["from", moment(incident.start_s)],
    ["for", lasting(incident.end_s - incident.start_s)],
    ["failure rate", percent(incident.failure_rate, 1)],
    ["slower by a factor of", String(incident.latency_factor)],
    ["calls failed by it", whole(incident.infrastructure_errors)],
    ["callers failed with them", whole(incident.cascades)],
  ]);
}
