// A few requests as waterfalls.

const STORIES = {
  plain: ["A request as most are", () => "Nothing failed, and no incident was near."],
  cascade: ["A cascade: the request fails because a service that it calls has failed", cascadeStory],
  absorbed: [
    "An absorbed failure: a call failed, and the request did not",
    () => "The service fell back on something else; the user saw nothing of it.",
  ],
  slow: ["The slowest request under an incident that failed none of its calls", slowStory],
};

function showTraces() {
  const { traces } = data;
  say(
    "traces-title",
    traces.length
      ? `${["No", "One request", "Two requests", "Three requests", "Four requests"][traces.length]}, call by call`
      : "There is no request to show",
  );
  say(
    "traces-says",
    "A bar is a call, as long as it took. Striped: an incident made it slower. Each is in the run’s logs and spans under its trace id.",
  );
  say("traces-list", ...traces.map(showTrace));
}

function cascadeStory({ calls }) {
  const [root] = calls;
  const cause = calls.find(
    (call) => call.parent_span_id === root.span_id && `${call.stack}:${call.service}` === shortName(root.error_source),
  );
  return cause
    ? `${cause.stack}:${cause.service} failed first (${cause.error_source}), and ${root.stack}:${root.service} with it.`
    : "";
}

function slowStory({ calls }) {
  const slowed = calls.filter((call) => call.slowed);
  const names = [...new Set(slowed.map((call) => call.slowed[0]))];
  return `It took ${milliseconds(calls[0].duration_us / 1000)}: ${names.join(" and ")} slowed ${plural(slowed.length, "call")} of ${whole(calls.length)} down.`;
}

function showTrace(trace) {
  const { calls } = trace;
  const whole_us = Math.max(...calls.map((call) => call.start_us + call.duration_us), 1);
  const depths = new Map([[null, -1]]);
  // A child starts after its parent, so its parent has been seen.
  for (const call of calls) depths.set(call.span_id, (depths.get(call.parent_span_id) ?? -1) + 1);
  const [name, story] = STORIES[trace.kind];
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => element("span", {}, milliseconds((part * whole_us) / 1000)));
  return element(
    "article",
    { class: "trace", "data-kind": trace.kind },
    element("h3", {}, name),
    element("p", {}, story(trace)),
    element(
      "p",
      {},
      element("code", {}, trace.trace_id),
      ` · ${trace.timestamp.replace("T", " ").replace("Z", " UTC")} · ${trace.user_id} (${trace.persona})`,
    ),
    element("div", { class: "rows" }, ...calls.map((call) => showCall(call, whole_us, depths.get(call.span_id)))),
    element("div", { class: "axis" }, element("div"), element("div", {}, ...ticks)),
  );
}

function showCall(call, whole_us, depth) {
  const left = (100 * call.start_us) / whole_us;
  const width = (100 * call.duration_us) / whole_us;
  const kind = { WARN: "warn", ERROR: "error" }[call.level];
  const room = left + width < 82 || left < 18;
  const place =
    left + width < 82
      ? { left: `${left + width}%` }
      : room
        ? { left: `${left}%`, color: "var(--on)" }
        : { right: `${100 - left}%` };
  const who = element(
    "div",
    { class: "who", style: { paddingLeft: `${depth * 1.1}rem` } },
    `${call.stack}:${call.service}`,
    element("small", {}, call.action),
  );
  const bar = element("div", {
    class: ["span", kind, call.slowed && "slowed"].filter(Boolean).join(" "),
    style: { left: `${left}%`, width: `${width}%` },
    title: `${call.message} (${call.request_id}, span ${call.span_id})`,
  });
  const took = element("span", { class: "took", style: place }, milliseconds(call.duration_us / 1000));
  const note = call.error_source
    ? element("div", { class: "note bad-text" }, `${call.message} (${call.error_source})`)
    : "";
  const slowed = call.slowed
    ? element("div", { class: "note" }, `slowed down by ${call.slowed[0]}, × ${call.slowed[1]}`)
    : "";
  return element("div", { class: "call" }, who, element("div", { class: "track" }, bar, took), note, slowed);
}
