// Who asks, for how much, and when.

function showPeople() {
  const rows = data.archetypes.map((archetype, i) => {
    const own = data.personas.filter((persona) => persona.archetype === i);
    const of = (key) => sum(own.map((persona) => persona[key]));
    return {
      ...archetype,
      i,
      personas: own.length,
      users: of("users"),
      requests: of("requests"),
      failed: of("failed"),
    };
  });
  const users = sum(rows.map((row) => row.users));
  const requests = sum(rows.map((row) => row.requests));
  const busy = (row) => (row.users ? row.requests / row.users : 0);
  const first = rows.reduce((a, b) => (busy(b) > busy(a) ? b : a));
  say(
    "people-title",
    `${percent(first.users, users)} of users make ${percent(first.requests, requests)} of requests: those of archetype “${first.name}”`,
  );
  const largest = rows.reduce((a, b) => (b.users > a.users ? b : a));
  say(
    "people-says",
    `Everybody is of one of ${plural(data.personas.length, "persona")}, each with its own hours, tastes, patience and luck. ` +
      `The largest archetype is “${largest.name}”: ${percent(largest.users, users)} of users, ${percent(largest.requests, requests)} of requests.`,
  );
  showShares(rows, users, requests);
  showRhythm(rows);
  showPersonas(rows);
  showPeopleTables(rows);
}

const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function showShares(rows, users, requests) {
  const bar = (name, key, all, fill) => ({
    name,
    type: "bar",
    itemStyle: { color: fill, borderRadius: [0, 3, 3, 0] },
    barGap: "15%",
    barCategoryGap: "35%",
    data: rows.map((row) => (all ? (100 * row[key]) / all : 0)),
  });
  chart("archetype-chart", "Share of users and share of requests of each archetype.", () => ({
    tall: 60 + 34 * rows.length,
    legend: legend(),
    grid: { left: 8, right: 20, top: 30, bottom: 4, containLabel: true },
    tooltip: tooltip({
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (p) => {
        const row = rows[p[0].dataIndex];
        return tip(row.name, [
          ["share of users", percent(row.users, users)],
          ["share of requests", percent(row.requests, requests)],
          ["requests a user", row.users ? rate(row.requests / row.users) : "–"],
        ]);
      },
    }),
    xAxis: axis({ type: "value", axisLabel: { formatter: (v) => `${v} %` } }),
    yAxis: axis({ type: "category", inverse: true, data: rows.map((row) => row.name), splitLine: { show: false } }),
    series: [bar("users", "users", users, paint("self")), bar("requests", "requests", requests, paint("accent"))],
  }));
}

function showRhythm(rows) {
  const points = rows.flatMap((row, y) => {
    const most = Math.max(...row.hours, 1);
    return row.hours.map((n, h) => [h, y, (100 * n) / most]);
  });
  chart("rhythm-chart", "Requests of each archetype by hour of the day.", (narrow) => ({
    tall: 60 + 34 * rows.length,
    grid: { left: 8, right: 8, top: 4, bottom: 44, containLabel: true },
    tooltip: tooltip({
      formatter: (p) =>
        tip(`${rows[p.value[1]].name}, ${pad(p.value[0])}:00 UTC`, [
          ["requests", whole(rows[p.value[1]].hours[p.value[0]])],
          ["of its busiest hour", `${p.value[2].toFixed(0)} %`],
        ]),
    }),
    xAxis: axis({
      type: "category",
      data: hours(),
      axisLabel: { interval: narrow ? 5 : 2 },
      splitLine: { show: false },
    }),
    yAxis: axis({ type: "category", inverse: true, data: rows.map((row) => row.name), splitLine: { show: false } }),
    visualMap: heat(100, { text: ["its busiest hour", "none"] }),
    series: [heatSeries(points)],
  }));
}

// A persona’s name without that of its archetype, in whose field it stands.
function variant(persona) {
  const own = `${data.archetypes[persona.archetype].name}_`;
  return persona.name.startsWith(own) ? persona.name.slice(own.length).replaceAll("_", " ") : persona.name;
}

function showPersonas(rows) {
  const children = (i) =>
    data.personas
      .filter((persona) => persona.archetype === i && persona.requests)
      .map((persona) => ({ name: variant(persona), value: persona.requests, persona }));
  chart("persona-chart", "Requests of each persona.", (narrow) => ({
    tall: narrow ? 420 : 380,
    tooltip: tooltip({
      formatter: ({ data: at, name, value }) =>
        at?.persona
          ? tip(at.persona.name, [
              ["requests", whole(value)],
              ["users", whole(at.persona.users)],
              ["failed", percent(at.persona.failed, at.persona.requests)],
            ])
          : tip(name, [["requests", whole(value)]]),
    }),
    series: [
      {
        type: "treemap",
        left: 0,
        right: 0,
        top: 0,
        bottom: 0,
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        label: { show: true, color: "#fff", fontSize: 11, overflow: "truncate", padding: 3 },
        upperLabel: { show: true, height: 22, color: "#fff", fontWeight: 600, fontSize: 12, padding: [0, 6] },
        itemStyle: { borderColor: paint("card"), borderWidth: 1, gapWidth: 1 },
        levels: [
          { itemStyle: { borderWidth: 0, gapWidth: 3 }, upperLabel: { show: false } },
          { itemStyle: { borderWidth: 2, gapWidth: 1 } },
        ],
        data: rows
          .filter((row) => row.requests)
          .map((row) => ({
            name: row.name,
            value: row.requests,
            children: children(row.i),
            itemStyle: { color: colour(row.i), borderColor: colour(row.i) },
          })),
      },
    ],
  }));
}

function showPeopleTables(rows) {
  const numbers = [
    { title: "Users", of: (row) => row.users, number: true },
    { title: "Requests", of: (row) => row.requests, number: true },
    {
      title: "Requests a user",
      of: (row) => (row.users ? row.requests / row.users : 0),
      number: true,
      show: (row) => (row.users ? rate(row.requests / row.users) : "–"),
    },
    {
      title: "Failed",
      of: (row) => (row.requests ? row.failed / row.requests : 0),
      number: true,
      show: (row) => percent(row.failed, row.requests),
    },
  ];
  const waits = ["Median", "95 %", "99 %"].map((name, q) => ({
    title: name,
    of: (row) => row.quantiles_ms[q] ?? 0,
    show: (row) => milliseconds(row.quantiles_ms[q]),
    number: true,
  }));
  const busiest = {
    title: "Busiest hour",
    of: (row) => row.hours.indexOf(Math.max(...row.hours)),
    show: (row) => (row.requests ? `${pad(row.hours.indexOf(Math.max(...row.hours)))}:00` : "–"),
    number: true,
  };
  const name = { title: "Archetype", of: (row) => row.name, show: (row) => [dot(colour(row.i)), row.name] };
  table(
    "archetype-table",
    [name, { title: "Personas", of: (row) => row.personas, number: true }, ...numbers, ...waits, busiest],
    rows,
    { by: 3, label: "Archetypes", whole: true },
  );
  table(
    "persona-table",
    [
      { title: "Persona", of: (row) => row.name },
      { title: "Archetype", of: (row) => data.archetypes[row.archetype].name },
      ...numbers,
    ],
    data.personas,
    { by: 3, label: "Personas" },
  );
}
