// What failed when, and why; with the incidents under it, on the same axis of time.

const CAUSES = [
  { key: "self", name: "their own fault", fill: "self" },
  { key: "infrastructure", name: "a hidden component", fill: "infra" },
  { key: "dependency", name: "a failed dependency", fill: "dep" },
];
const MOST_LAYERS = 10;
const causeOf = (name) => name.split(":")[0];
const shortName = (name) => name.slice(name.indexOf(":") + 1);
const serviceName = (i) => `${data.services[i].stack}:${data.services[i].name}`;
let errorsChart;
let errorsBy = "kind";

function showErrors() {
  const { errors, totals } = data;
  const by = Object.fromEntries(
    CAUSES.map(({ key }) => [key, sum(errors.sources.filter((s) => causeOf(s.name) === key).map((s) => s.errors))]),
  );
  const all = by.self + by.infrastructure + by.dependency;
  const hidden = by.infrastructure + by.dependency;
  say(
    "errors-title",
    all
      ? `${percent(totals.failed_requests, totals.requests)} of requests fail; ${percent(hidden, all)} of failed calls lead back to hidden components`
      : "Nothing failed",
  );
  say(
    "errors-says",
    `${plural(all, "call")} failed: ${whole(by.self)} by their own fault, ${whole(by.infrastructure)} because a component ` +
      `that nobody documented failed under them, ${whole(by.dependency)} because a service that they call had failed so.`,
  );
  errorsChart = chart("errors-chart", "Failed calls over time by cause, and the incidents by component.", drawErrors);
  for (const button of byId("errors-by").querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => {
      errorsBy = button.dataset.by;
      press(byId("errors-by").querySelectorAll("[data-by]"), button);
      errorsChart.draw();
    });
  }
  byId("errors-whole").addEventListener("click", () =>
    zoom(errors.first_s, errors.first_s + errors.count * errors.length_s),
  );
  const cause = Object.fromEntries(CAUSES.map(({ key, name, fill }) => [key, { name, fill }]));
  table(
    "errors-table",
    [
      { title: "Source", of: (s) => s.name },
      {
        title: "Cause",
        of: (s) => cause[causeOf(s.name)].name,
        show: (s) => [dot(`var(--${cause[causeOf(s.name)].fill})`), cause[causeOf(s.name)].name],
      },
      { title: "Failed calls", of: (s) => s.errors, number: true },
      { title: "Share", of: (s) => s.errors, show: (s) => percent(s.errors, all), number: true },
    ],
    errors.sources,
    { by: 2, label: "Failed calls by source" },
  );
}

function press(buttons, pressed) {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button === pressed));
}

// The layers of the chart: {name, fill, counts by bin}.
function layers() {
  const { errors } = data;
  const dense = (sources) => {
    const counts = new Array(errors.count).fill(0);
    for (const { bins } of sources) for (let k = 0; k < bins.length; k += 2) counts[bins[k]] += bins[k + 1];
    return counts;
  };
  if (errorsBy === "kind") {
    return CAUSES.map(({ key, name, fill }) => ({
      name,
      fill: paint(fill),
      counts: dense(errors.sources.filter((s) => causeOf(s.name) === key)),
    }));
  }
  const own = errors.sources.filter((s) => causeOf(s.name) === errorsBy).sort((a, b) => b.errors - a.errors);
  const made = own
    .slice(0, MOST_LAYERS)
    .map((s, i) => ({ name: shortName(s.name), fill: colour(i), counts: dense([s]) }));
  const rest = own.slice(MOST_LAYERS);
  return rest.length ? [...made, { name: `${rest.length} others`, fill: paint("self"), counts: dense(rest) }] : made;
}

function drawErrors(narrow) {
  const { errors, incidents } = data;
  const shown = layers();
  const lanes = lanesOf(incidents);
  const start = errors.first_s * 1000;
  const end = start + errors.count * errors.length_s * 1000;
  const middles = Array.from({ length: errors.count }, (_, k) => start + (k + 0.5) * errors.length_s * 1000);
  const legendTall = errorsBy === "kind" ? 30 : narrow ? 30 : 56;
  const top = narrow ? 200 : 250;
  const laneTall = narrow ? 30 : 19; // where there is no room beside a lane, its name stands in it
  const left = narrow ? 30 : 150;
  const below = legendTall + top + 34;
  say(
    "errors-caption",
    `Failed calls every ${errors.length_s === 86400 ? "day" : lasting(errors.length_s)}` +
      (lanes.length ? ", and under them the incidents" : ""),
  );
  return {
    tall: below + lanes.length * laneTall + 70,
    legend: legend({
      type: narrow || errorsBy !== "kind" ? "scroll" : "plain",
      pageTextStyle: { color: paint("soft") },
      pageIconColor: paint("accent"),
    }),
    tooltip: tooltip({
      trigger: "item",
      formatter: (p) => (Array.isArray(p) ? errorsTip(p, shown) : incidentTip(incidents[p.data.incident])),
    }),
    axisPointer: { lineStyle: { color: paint("soft") } },
    grid: [
      // No grid gives way to its labels: both have the same axis of time.
      { left, right: 30, top: legendTall, height: top, outerBoundsMode: "none", tooltip: { trigger: "axis" } },
      { left, right: 30, top: below, height: Math.max(1, lanes.length * laneTall), outerBoundsMode: "none" },
    ],
    xAxis: [0, 1].map((gridIndex) =>
      timeAxis({
        gridIndex,
        min: start,
        max: end,
        containShape: false,
        axisLabel: { show: gridIndex === 0 },
        axisLine: { show: gridIndex === 0, lineStyle: { color: paint("line") } },
      }),
    ),
    yAxis: [
      axis({ type: "value", gridIndex: 0, minInterval: 1 }),
      axis({
        type: "category",
        gridIndex: 1,
        inverse: true,
        data: lanes.map((c) => data.components[c].name),
        axisLine: { show: false },
        z: 5,
        axisLabel: {
          interval: 0,
          hideOverlap: false,
          inside: narrow,
          verticalAlign: narrow ? "bottom" : "middle",
          margin: narrow ? 2 : 8,
          fontSize: 11,
          width: narrow ? 200 : left - 14,
          overflow: "truncate",
        },
        splitLine: { show: true, lineStyle: { color: paint("faint") } },
      }),
    ],
    dataZoom: [
      {
        type: "slider",
        xAxisIndex: [0, 1],
        filterMode: "weakFilter",
        bottom: 4,
        height: 26,
        left,
        right: 30,
        borderColor: paint("line"),
        showDataShadow: false,
        fillerColor: paint("pale"),
        backgroundColor: "transparent",
        handleStyle: { color: paint("accent"), borderColor: paint("accent") },
        moveHandleStyle: { color: paint("line") },
        textStyle: { color: paint("soft") },
        labelFormatter: (t) => (narrow ? "" : moment(t / 1000)),
        brushSelect: false,
      },
    ],
    series: [
      bands(incidents),
      ...shown.map(({ name, fill, counts }) => ({
        name,
        type: "bar",
        stack: "all",
        color: fill,
        barWidth: "96%",
        large: true,
        largeThreshold: 200,
        data: middles.map((t, k) => [t, counts[k]]),
        emphasis: { disabled: true },
      })),
      laneSeries(incidents, lanes, narrow),
    ],
  };
}

function errorsTip(points, shown) {
  const { errors, incidents } = data;
  const k = Math.floor((points[0].value[0] / 1000 - errors.first_s) / errors.length_s);
  const from = errors.first_s + k * errors.length_s;
  const to = from + errors.length_s;
  const pairs = shown.filter(({ counts }) => counts[k]).map(({ name, fill, counts }) => [name, whole(counts[k]), fill]);
  const names = [
    ...new Set(incidents.filter((i) => i.start_s < to && i.end_s > from).map((i) => data.components[i.component].name)),
  ];
  const note = names.length ? element("small", {}, `incidents: ${names.join(", ")}`) : "";
  return tip(span(from, errors.length_s), pairs.length ? pairs : [["nothing failed", ""]], note);
}

// Show a stretch of time, and that there is more.
function zoom(from, to) {
  const { errors } = data;
  const start = errors.first_s;
  const end = start + errors.count * errors.length_s;
  errorsChart.instance.dispatchAction({
    type: "dataZoom",
    startValue: Math.max(start, from) * 1000,
    endValue: Math.min(end, to) * 1000,
  });
  byId("errors-whole").hidden = from <= start && to >= end;
}
