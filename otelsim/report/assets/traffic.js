// When requests come, and where they go.

function showTraffic() {
  const { traffic } = data;
  const rates = weeklyRates();
  if (rates.filter((rate) => rate !== null).length < 24) {
    say("traffic-title", `${plural(data.totals.requests, "request")} in ${lasting(sum(data.week.hours) * 3600)}`);
    say("traffic-says", "The run is too short to show the rhythm of a day.");
  } else sayRhythm(rates);
  showCourse(traffic);
  showWeek(rates);
  showPlaces();
  table(
    "traffic-table",
    [
      {
        title: "Time (UTC)",
        of: (i) => i,
        show: (i) => span(traffic.first_s + i * traffic.length_s, traffic.length_s),
      },
      { title: "Requests", of: (i) => traffic.requests[i], number: true },
      { title: "Failed", of: (i) => traffic.failed[i], number: true },
    ],
    traffic.requests.map((_, i) => i),
    { label: "Requests over time" },
  );
}

// Mean requests of each hour of the week; null of an hour that the run has not.
const weeklyRates = () => data.week.requests.map((n, i) => (data.week.hours[i] ? n / data.week.hours[i] : null));

function sayRhythm(rates) {
  const known = rates.map((rate, i) => [rate, i]).filter(([rate]) => rate !== null);
  const [most, busiest] = known.reduce((a, b) => (b[0] > a[0] ? b : a));
  const [least, calmest] = known.reduce((a, b) => (b[0] < a[0] ? b : a));
  const hour = (i) => `${WEEKDAYS[Math.floor(i / 24)]}s at ${pad(i % 24)}:00 UTC`;
  say("traffic-title", `Traffic peaks on ${hour(busiest)}`);
  say(
    "traffic-says",
    `${whole(most)} requests an hour then` +
      (least > 0 ? `, ${(most / least).toFixed(1)} times as many as on ${hour(calmest)}. ` : ". ") +
      "People have hours and weekdays, and traffic comes in bursts of minutes, as it does in life.",
  );
}

function showCourse(traffic) {
  const each = traffic.length_s === 86400 ? "a day" : `every ${lasting(traffic.length_s)}`;
  say("traffic-caption", `Requests ${each}`);
  const last = traffic.requests.length - 1;
  // One time more, at the end of the last step.
  const steps = [...traffic.requests, traffic.requests[last]].map((n, i) => [
    (traffic.first_s + i * traffic.length_s) * 1000,
    n,
  ]);
  chart("traffic-chart", `Requests ${each}, over the whole run: ${whole(sum(traffic.requests))} in all.`, (narrow) => ({
    tall: narrow ? 220 : 260,
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    tooltip: tooltip({
      trigger: "axis",
      formatter: ([p]) => {
        const i = Math.min(p.dataIndex, last);
        return tip(span(steps[i][0] / 1000, traffic.length_s), [
          ["requests", whole(traffic.requests[i])],
          ["failed", whole(traffic.failed[i])],
        ]);
      },
    }),
    xAxis: timeAxis(),
    yAxis: axis({ type: "value", minInterval: 1 }),
    series: [
      {
        type: "line",
        step: "end",
        showSymbol: false,
        data: steps,
        lineStyle: { color: paint("accent"), width: 1.5 },
        itemStyle: { color: paint("accent") },
        areaStyle: { color: paint("accent"), opacity: 0.16 },
      },
    ],
  }));
}

function showWeek(rates) {
  const most = Math.max(...rates.filter((rate) => rate !== null), 0);
  const points = rates.flatMap((rate, i) => (rate === null ? [] : [[i % 24, Math.floor(i / 24), rate]]));
  chart("week-chart", "Mean requests an hour, by weekday and hour of the day.", (narrow) => ({
    tall: narrow ? 250 : 280,
    grid: { left: 8, right: 8, top: 4, bottom: 44, containLabel: true },
    tooltip: tooltip({
      formatter: (p) =>
        tip(`${WEEKDAYS[p.value[1]]}, ${pad(p.value[0])}:00–${pad((p.value[0] + 1) % 24)}:00 UTC`, [
          ["mean requests an hour", rate(p.value[2])],
          ["in all", whole(data.week.requests[p.value[1] * 24 + p.value[0]])],
        ]),
    }),
    xAxis: axis({
      type: "category",
      data: hours(),
      axisLabel: { interval: narrow ? 5 : 2 },
      splitLine: { show: false },
    }),
    yAxis: axis({
      type: "category",
      data: WEEKDAYS.map((d) => d.slice(0, 3)),
      inverse: true,
      splitLine: { show: false },
    }),
    visualMap: heat(most),
    series: [heatSeries(points)],
  }));
  const columns = [{ title: "Hour (UTC)", of: (h) => h, show: (h) => `${pad(h)}:00` }];
  WEEKDAYS.forEach((name, d) => columns.push({ title: name, of: (h) => data.week.requests[d * 24 + h], number: true }));
  table(
    "week-table",
    columns,
    hours().map((_, h) => h),
    { label: "Requests by weekday and hour" },
  );
}

const hours = () => Array.from({ length: 24 }, (_, h) => pad(h));
const rate = (n) => (n < 100 ? n.toFixed(1) : whole(n));

function heat(most, more = {}) {
  return {
    type: "continuous",
    min: 0,
    max: most || 1,
    calculable: false,
    orient: "horizontal",
    left: "center",
    bottom: 0,
    itemWidth: 12,
    itemHeight: 140,
    inRange: { color: ramp() },
    textStyle: { color: paint("soft") },
    text: [rate(most), "0"],
    ...more,
  };
}

// From the card's own colour to one that stands out from it, in either theme.
const ramp = () =>
  paint("card") === "#ffffff"
    ? ["#f1f5fd", "#bcd0f5", "#7ba2e8", "#3f70d1", "#1d3f94"]
    : ["#1b2535", "#22416f", "#2f66b8", "#5f9bf0", "#c4dcff"];

const heatSeries = (points) => ({
  type: "heatmap",
  data: points,
  itemStyle: { borderColor: paint("card"), borderWidth: 1 },
  emphasis: { itemStyle: { borderColor: paint("ink"), borderWidth: 1.5 } },
});

function showPlaces() {
  const all = data.totals.requests;
  table(
    "places-table",
    [
      { title: "Environment", of: (p) => p.environment },
      { title: "Region", of: (p) => p.region },
      { title: "Requests", of: (p) => p.requests, number: true },
      { title: "Share", of: (p) => p.requests, show: (p) => percent(p.requests, all), number: true },
      { title: "Failed", of: (p) => p.failed, show: (p) => percent(p.failed, p.requests), number: true },
    ],
    data.places,
    { by: 2, label: "Requests by environment and region" },
  );
}
