"""Ways to spoil a run, each so that one law alone can catch it: offsets, digests and counts are put right again.

A corruption is a function of an ``Editor``; ``CORRUPTIONS`` names them with the law that must catch each.
"""

import re
from collections import Counter
from collections.abc import Callable

from otelsim.check.files import microseconds
from tests.check.editor import Editor, Part, dump, tag

EXEMPLAR = re.compile(r',"exemplar":\{[^}]*\}')

CORRUPTIONS: dict[str, tuple[str, Callable[[Editor], None]]] = {}


def caught_by(law: str) -> Callable[[Callable[[Editor], None]], Callable[[Editor], None]]:
    """Register a corruption with the law that must catch it, alone."""

    def register(spoil: Callable[[Editor], None]) -> Callable[[Editor], None]:
        CORRUPTIONS[spoil.__name__] = (law, spoil)
        return spoil

    return register


def milliseconds(line: str) -> float:
    return float(re.search('"value":([0-9.]+)', line)[1])


def is_child(log: dict) -> bool:
    return log["parent_span_id"] is not None


def is_cascade(part: Part, k: int, log: dict) -> bool:
    return str(log["error_source"]).startswith("dependency:")


def is_plain_child(part: Part, k: int, log: dict) -> bool:
    """A successful child without children or exemplar."""
    called = any(other["parent_span_id"] == log["span_id"] for other in part.logs)
    return is_child(log) and log["success"] and not called and "exemplar" not in part.points[k][0]


@caught_by("nulls.upstream")
def upstream_dropped(run: Editor) -> None:
    run.find(is_cascade)[2]["upstream_request_id"] = None


@caught_by("causes.upstream")
def upstream_of_another(run: Editor) -> None:
    log = run.find(is_cascade)[2]
    log["upstream_request_id"] = log["request_id"]


@caught_by("causes.inherited")
def cascade_with_its_own_code(run: Editor) -> None:
    log = run.find(is_cascade)[2]
    log["error_code"] = "418"


@caught_by("causes.named")
def cascade_that_names_nobody(run: Editor) -> None:
    log = run.find(is_cascade)[2]
    log |= {"error_message": "broken", "message": f"{log['action']} failed: broken"}


@caught_by("causes.level")
def wrong_level(run: Editor) -> None:
    run.find(lambda p, k, log: log["success"])[2]["level"] = "WARN"


@caught_by("causes.message")
def wrong_message(run: Editor) -> None:
    run.find(lambda p, k, log: log["success"])[2]["message"] += "!"


@caught_by("causes.incident")
def failure_outside_an_incident(run: Editor) -> None:
    """A success becomes an infrastructure failure at a time when its component was well."""
    component, part, k, log = next(found for call in run.calls() if (found := _well(run, *call)))
    code, source = component.error_codes[0], f"infrastructure:{component.name}"
    log |= {
        "success": False,
        "level": "ERROR",
        "error_code": code,
        "error_source": source,
        "error_type": component.error_type,
    }
    log |= {"error_message": "down", "message": f"{log['action']} failed: down"}
    run.change(part, k, '"success":"true"', '"success":"false"')
    part.points[k] = part.points[k][:4]
    ids = dump({key: log[key] for key in ("trace_id", "span_id")})
    part.points[k][0] = EXEMPLAR.sub("", part.points[k][0])[:-1] + f',"exemplar":{ids}}}'


def _well(run: Editor, part: Part, k: int, log: dict) -> tuple | None:
    if not log["success"]:
        return None
    at = microseconds(log["timestamp"])
    for component in run.world.components:
        listed = any(run.world.services[s].key == f"{log['stack']}:{log['service']}" for s in component.services)
        spans = [(i["start"], i["end"]) for i in run.incidents if i["component"] == component.name]
        if listed and not any(microseconds(a) <= at < microseconds(b) for a, b in spans):
            return component, part, k, log
    return None


@caught_by("ids.span")
def span_id_twice(run: Editor) -> None:
    log = run.find(is_plain_child)[2]
    other = next(o for o in run.parts[-1].logs if o["trace_id"] != log["trace_id"])
    log["span_id"] = other["span_id"]


@caught_by("ids.request")
def request_id_twice(run: Editor) -> None:
    log, other = run.parts[0].logs[0], run.find(is_plain_child)[2]
    other["request_id"] = run.parts[-1].logs[-1]["request_id"] if log is other else log["request_id"]


@caught_by("structure.within")
def child_outlives_its_parent(run: Editor) -> None:
    def fits(part: Part, k: int, log: dict) -> bool:
        return is_plain_child(part, k, log) and milliseconds(part.points[parent(part, log)][0]) < 400

    part, k, log = run.find(fits)
    lasting = milliseconds(part.points[parent(part, log)][0])
    part.points[k][0] = re.sub('"value":[0-9.]+', f'"value":{lasting:.2f}', part.points[k][0])


def parent(part: Part, log: dict) -> int:
    return next(k for k, other in enumerate(part.logs) if other["span_id"] == log["parent_span_id"])


@caught_by("structure.inherits")
def child_of_another_user(run: Editor) -> None:
    run.find(is_plain_child)[2]["user_id"] += "9"


@caught_by("structure.child_action")
def child_by_another_name(run: Editor) -> None:
    part, k, log = run.find(is_plain_child)
    old, new = log["action"], "handle_nothing"
    log |= {"action": new, "message": log["message"].replace(old, new)}
    run.change(part, k, f'"action":"{old}"', f'"action":"{new}"')


@caught_by("structure.children")
def child_missing(run: Editor) -> None:
    part, k, _ = run.find(is_plain_child)
    del part.logs[k], part.points[k]


@caught_by("structure.place")
def child_in_another_region(run: Editor) -> None:
    part, k, _, release = next(
        (*call, r) for call in run.calls() if is_plain_child(*call) and (r := _elsewhere(run, call[2]))
    )
    run.release(part, k, release)


def _elsewhere(run: Editor, log: dict) -> str | None:
    """What the same service ran at that moment in another region of the same environment."""
    words, at = log["release_id"].split(":"), microseconds(log["timestamp"])
    running = None
    for since, release in zip(run.calendar.since_us, run.calendar.release_id, strict=True):
        other = release.split(":")
        if other[0] == words[0] and other[3] != words[3] and other[7:11] == words[7:11] and since <= at:
            # Rows are sorted by deployment, then time: the last of one deployment is what it ran.
            running = (
                release if running is None or running.rpartition(":")[0] == release.rpartition(":")[0] else running
            )
    return running


@caught_by("releases.current")
def release_of_another_time(run: Editor) -> None:
    run.release(run.parts[0], 0, run.parts[0].logs[0]["release_id"] + "9")


@caught_by("releases.deployment")
def deployment_that_never_was(run: Editor) -> None:
    part, k, log = run.find(lambda p, k, log: True)
    words = log["release_id"].split(":")
    run.release(part, k, ":".join([*words[:6], "nowhere", *words[7:]]))


@caught_by("pairing.log")
def metric_lines_swapped(run: Editor) -> None:
    """Two children of one request trade the tags of their points."""
    seen: dict[str, tuple[Part, int]] = {}
    for part, k, log in run.calls():
        if not is_plain_child(part, k, log):
            continue
        if log["parent_span_id"] in seen:
            break
        seen[log["parent_span_id"]] = part, k
    part, j = seen[log["parent_span_id"]]
    mine, other = ([re.search(r'"tags":\{.*?\}', line)[0] for line in part.points[n]] for n in (k, j))
    part.points[k] = [line.replace(mine[0], other[0]) for line in part.points[k]]
    part.points[j] = [line.replace(other[0], mine[0]) for line in part.points[j]]


@caught_by("pairing.same")
def point_a_microsecond_late(run: Editor) -> None:
    part = run.parts[0]
    k = next(
        k
        for k, (a, b) in enumerate(zip(part.logs, part.logs[1:], strict=False))
        if a["timestamp"][:25] < b["timestamp"][:25]
    )
    line = part.points[k][-1]
    ts = re.search(r'"ts":([0-9]+)\.([0-9]+)', line)
    part.points[k][-1] = line.replace(ts[0], f'"ts":{ts[1]}.{int(ts[2]) + 1:06d}')


@caught_by("pairing.points")
def cache_hit_of_two(run: Editor) -> None:
    part, k, _ = run.find(lambda p, k, log: len(p.points[k]) == 5)
    part.points[k][4] = re.sub('"value":[01](?:.0+)?', '"value":2', part.points[k][4])


@caught_by("pairing.tags")
def a_write_called_a_read(run: Editor) -> None:
    part, k, _ = run.find(lambda p, k, log: not log["success"] and '"is_write":"true"' in p.points[k][0])
    run.change(part, k, '"is_write":"true"', '"is_write":"false"')


@caught_by("persona.user")
def user_of_two_personas(run: Editor) -> None:
    users = Counter(log["user_id"] for _, _, log in run.calls() if not is_child(log))
    part, k, log = run.find(lambda p, k, log: users[log["user_id"]] > 1 and not is_child(log))
    mine = tag(part.points[k][0], "persona")
    other = next(p.name for p in run.world.personas if p.name != mine)
    for member in run.family(part, log):
        run.change(part, member, f'"persona":"{mine}"', f'"persona":"{other}"')


@caught_by("exemplar.due")
def failure_without_exemplar(run: Editor) -> None:
    part, k, _ = run.find(lambda p, k, log: not log["success"])
    part.points[k][0] = EXEMPLAR.sub("", part.points[k][0])


@caught_by("exemplar.ids")
def exemplar_of_another(run: Editor) -> None:
    part, k, log = run.find(lambda p, k, log: not log["success"])
    part.points[k][0] = part.points[k][0].replace(log["span_id"], f"{1:016x}")


@caught_by("nulls.failure")
def failure_without_message(run: Editor) -> None:
    run.find(lambda p, k, log: not log["success"])[2]["error_message"] = None


@caught_by("nulls.target")
def target_missing(run: Editor) -> None:
    part, _, log = run.find(lambda p, k, log: log["target_user_id"] is not None)
    for member in run.family(part, log):
        part.logs[member]["target_user_id"] = None


@caught_by("format.object")
def object_of_no_type(run: Editor) -> None:
    part, _, log = run.find(lambda p, k, log: log["object_type"] is not None)
    for member in run.family(part, log):
        part.logs[member] |= {"object_type": "gizmo", "object_id": "gizmo_1"}


@caught_by("format.metric_line")
def three_decimals(run: Editor) -> None:
    points = run.parts[0].points[0]
    points[1] = re.sub('"value":[0-9.]+', '"value":100.125', points[1])


@caught_by("format.log_line")
def a_space_too_many(run: Editor) -> None:
    run.parts[0].raw[0] = lambda line: line.replace('","level"', '", "level"')


@caught_by("format.log_line")
def keys_out_of_order(run: Editor) -> None:
    log = run.parts[0].logs[0]
    run.parts[0].logs[0] = {"level": log["level"], **log}
