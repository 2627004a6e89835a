// The run as a whole: what it is, its totals, and whether they are those that its summary has.

function showHead() {
  const { run, totals, levels } = data;
  const wrong = levels.WARN + levels.ERROR;
  say(
    "subtitle",
    `A simulated world of ${plural(data.services.length, "service")} and ${plural(data.personas.length, "persona")} ` +
      `(${run.world}), as scenario “${run.name}” with seed ${run.seed} decides it. The causes of all that went wrong are known.`,
  );
  showVerdict();
  const tiles = [
    ["requests", "Requests", totals.requests, `${percent(totals.failed_requests, totals.requests)} of them failed`],
    ["calls", "Calls", totals.logs, "each a span and a log record"],
    ["points", "Metric points", totals.points, "four or five a call"],
    [
      "users",
      "Users",
      run.total_users,
      `${plural(data.personas.length, "persona")} in ${plural(data.archetypes.length, "archetype")}`,
    ],
    [
      "WARN",
      "WARN",
      levels.WARN,
      `${percent(levels.WARN, totals.logs)} of calls: clients’ errors`,
      levels.WARN ? "warn" : "",
    ],
    [
      "ERROR",
      "ERROR",
      levels.ERROR,
      `${percent(levels.ERROR, totals.logs)} of calls: all other errors`,
      levels.ERROR ? "bad" : "",
    ],
    ["incidents", "Incidents", data.incidents.length, `of ${plural(data.components.length, "hidden component")}`],
    ["INFO", "Successful calls", levels.INFO, `${percent(levels.INFO, levels.INFO + wrong)} of all`],
  ];
  say(
    "totals",
    ...tiles.map(([key, name, n, note, kind]) =>
      element(
        "div",
        {},
        element("dt", {}, name),
        element(
          "dd",
          { "data-key": key, "data-value": String(n), class: kind || undefined },
          whole(n),
          element("small", {}, note),
        ),
      ),
    ),
  );
  showIdentity();
}

function showVerdict() {
  const found = data.differences;
  if (!found.length) {
    say(
      "verdict",
      element(
        "p",
        { class: "verdict" },
        "The run was made again from its manifest: all totals are those that its summary has.",
      ),
    );
    return;
  }
  say(
    "verdict",
    element(
      "div",
      { class: "verdict bad" },
      element(
        "strong",
        {},
        `The run’s own files say something else than the run made again, in ${plural(found.length, "place")}.`,
      ),
      " What this page shows is the run made again.",
      element("div", { id: "differences" }),
    ),
  );
  table(
    "differences",
    [
      { title: "What", of: (d) => d.what, long: true },
      { title: "The files say", of: (d) => d.said, long: true },
      { title: "Made again", of: (d) => d.made, long: true },
    ],
    found,
    { label: "Differences" },
  );
}

function showIdentity() {
  const { run } = data;
  const code = (text) => element("code", {}, text);
  const sink = { jsonl: "JSON lines", otlp: "sent by OTLP", "otlp-file": "OTLP/JSON files" }[run.sink] ?? run.sink;
  const pairs = [
    ["Time range", `${run.start} to ${run.end}`],
    ["Scenario", run.name],
    ["Seed", code(run.seed)],
    ["World", run.world],
    ["Call depth", run.call_depth === 0 ? "to the end" : plural(run.call_depth, "level")],
    ["Cascade factor", String(run.cascade_factor)],
    ["Run id", code(run.run_id)],
    ["otelsim", run.otelsim],
    ["Went to", sink + (run.compress ? ` (${run.compress})` : "")],
    [
      "Records",
      Object.entries(run.counts)
        .map(([kind, n]) => `${whole(n)} ${kind.replaceAll("_", " ")}`)
        .join(", "),
    ],
    ...Object.entries(run.content_digest).map(([signal, digest]) => [`Content digest, ${signal}`, code(digest)]),
    ...Object.entries(run.account).map(([signal, t]) => [
      `Account, ${signal}`,
      `${whole(t.generated)} generated = ${whole(t.acknowledged)} acknowledged + ${whole(t.rejected)} rejected + ${whole(t.pending)} pending`,
    ]),
  ];
  say("identity", ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}
