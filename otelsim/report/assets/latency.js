// How long calls take, by service.

const MOST_SERVICES = 15;
const MANY_FAIL = 0.01;
let allServices = false;
let latencyChart;

function showLatency() {
  const called = data.services.map((service, i) => ({ ...service, i })).filter((service) => service.calls);
  called.sort((a, b) => b.quantiles_ms[2] - a.quantiles_ms[2]);
  const [slowest] = called;
  const worst = called.reduce((a, b) => (b.failed / b.calls > a.failed / a.calls ? b : a));
  say(
    "latency-title",
    `${serviceName(slowest.i)} is slowest: one call in a hundred takes over ${milliseconds(slowest.quantiles_ms[2])}`,
  );
  say(
    "latency-says",
    `Its median is ${milliseconds(slowest.quantiles_ms[0])}. ` +
      (worst.failed
        ? `${serviceName(worst.i)} fails most often: ${percent(worst.failed, worst.calls)} of its calls. Services of which over 1 % of calls fail are marked in red.`
        : "No call failed."),
  );
  latencyChart = chart("latency-chart", "Median, 95 % and 99 % of durations by service.", (narrow) =>
    drawLatency(called, narrow),
  );
  const buttons = [byId("latency-some"), byId("latency-all")];
  buttons.forEach((button) =>
    button.addEventListener("click", () => {
      allServices = button === buttons[1];
      press(buttons, button);
      latencyChart.draw();
    }),
  );
  buttons.forEach((button) => {
    button.hidden = called.length <= MOST_SERVICES;
  });
  showServices();
}

function drawLatency(called, narrow) {
  const rows = allServices ? called : called.slice(0, MOST_SERVICES);
  const many = (row) => row.failed / row.calls >= MANY_FAIL;
  const least = Math.min(...rows.map((row) => row.quantiles_ms[0]));
  return {
    tall: 56 + rows.length * (narrow ? 21 : 22),
    grid: { left: 8, right: 8, top: 26, bottom: 6, containLabel: true },
    tooltip: tooltip({ formatter: (p) => serviceTip(rows[p.dataIndex]) }),
    xAxis: axis({
      type: "log",
      position: "top",
      min: 10 ** Math.floor(Math.log10(Math.max(least, 0.01))),
      axisLabel: { formatter: (v) => (v >= 1000 ? `${v / 1000} s` : `${v} ms`) },
    }),
    yAxis: [
      axis({
        type: "category",
        inverse: true,
        data: rows.map((row) => serviceName(row.i)),
        splitLine: { show: false },
        axisLabel: {
          interval: 0,
          hideOverlap: false,
          fontSize: narrow ? 11 : 12,
          width: narrow ? 124 : 210,
          overflow: "truncate",
          color: paint("ink"),
        },
      }),
      axis({
        type: "category",
        inverse: true,
        position: "right",
        data: rows.map((row) => row.i),
        axisLine: { show: false },
        splitLine: { show: false },
        axisLabel: {
          interval: 0,
          hideOverlap: false,
          fontSize: 11,
          formatter: (i) => percent(data.services[i].failed, data.services[i].calls) + (narrow ? "" : " fail"),
          color: (i) => (many(data.services[i]) ? paint("bad") : paint("soft")),
        },
      }),
    ],
    series: [
      {
        type: "custom",
        encode: { x: [1, 2, 3], y: 0 },
        data: rows.map((row, y) => [y, ...row.quantiles_ms]),
        renderItem: (params, api) =>
          dumbbell(params, api, many(rows[params.dataIndex]) ? paint("bad") : paint("accent")),
      },
    ],
  };
}

// A line from the median to 99 %, with a dot at each quantile.
function dumbbell(params, api, fill) {
  const [p50, p95, p99] = [1, 2, 3].map((q) => api.coord([api.value(q), api.value(0)]));
  const ball = ([cx, cy], r, style) => ({ type: "circle", shape: { cx, cy, r }, style });
  return {
    type: "group",
    children: [
      {
        type: "line",
        shape: { x1: p50[0], y1: p50[1], x2: p99[0], y2: p99[1] },
        style: { stroke: fill, lineWidth: 3, opacity: 0.4 },
      },
      ball(p50, 5, { fill }),
      ball(p95, 4, { fill: paint("card"), stroke: fill, lineWidth: 2 }),
      ball(p99, 3, { fill }),
      // Something to point at between the dots.
      {
        type: "rect",
        shape: { x: p50[0] - 8, y: p50[1] - 9, width: p99[0] - p50[0] + 16, height: 18 },
        style: { fill: "transparent" },
      },
    ],
  };
}

function serviceTip(service) {
  const [p50, p95, p99] = service.quantiles_ms;
  return tip(`${service.stack}:${service.name}`, [
    ["median", milliseconds(p50)],
    ["95 % within", milliseconds(p95)],
    ["99 % within", milliseconds(p99)],
    ["calls", whole(service.calls)],
    ["failed", `${whole(service.failed)} (${percent(service.failed, service.calls)})`],
  ]);
}

const beneath = (i) =>
  data.components.filter((component) => component.services.includes(i)).map((component) => component.name);

function showServices() {
  const rows = data.services.map((service, i) => ({ ...service, i, beneath: beneath(i) }));
  const wait = (q) => ({
    of: (s) => s.quantiles_ms[q] ?? 0,
    show: (s) => milliseconds(s.quantiles_ms[q]),
    number: true,
  });
  table(
    "services-table",
    [
      { title: "Service", of: (s) => serviceName(s.i) },
      { title: "Calls", of: (s) => s.calls, number: true },
      { title: "Failed", of: (s) => s.failed, number: true },
      {
        title: "Share",
        of: (s) => (s.calls ? s.failed / s.calls : 0),
        show: (s) => percent(s.failed, s.calls),
        number: true,
        bad: (s) => s.failed >= MANY_FAIL * s.calls && s.failed > 0,
      },
      { title: "Median", ...wait(0) },
      { title: "95 %", ...wait(1) },
      { title: "99 %", ...wait(2) },
      { title: "Hidden components", of: (s) => s.beneath.length, show: (s) => s.beneath.join(", ") || "–", long: true },
    ],
    rows,
    { by: 1, label: "Services" },
  );
}
