"""A small world written out by hand, and a run in it that keeps every law."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash

from otelsim.check import laws_coverage, laws_run  # noqa: F401 (registers)
from otelsim.check.files import open_run
from otelsim.check.ids import duplicates
from otelsim.check.laws import RUN
from otelsim.check.report import Report, merge
from otelsim.check.run import scenario_of
from otelsim.check.slices import SliceChecker
from otelsim.check.tally import RunTally, Tally
from otelsim.check.truth import tell_truth
from otelsim.times import rfc3339, rfc3339_us
from otelsim.world import model

START_S = 1_741_000_000 // 86_400 * 86_400
HOUR_US = 3_600_000_000
REGIONS = ("east", "west")


def make_world() -> model.World:
    """Timeline calls posts and connections; posts stands on a database."""
    services = tuple(
        model.Service("social", stack, name, name, 26, 0.3)
        for stack, name in (("feed", "timeline"), ("content", "posts"), ("social", "connections"))
    )
    placements = tuple(
        model.Placement("prod", "aws", "1", r, "platform", "eks", "main", 0.5, i) for i, r in enumerate(REGIONS)
    )
    deployments = tuple(
        model.Deployment(f"prod:aws:1:{p.region}:platform:eks:main:{s.service_id}:default", i, j, "default", 1.0)
        for j, p in enumerate(placements)
        for i, s in enumerate(services)
    )
    settings = model.Settings(0.3, 10.0, 0.4, 0.7, 0.1, ("504",), (0.1, 0.5), (1.5, 3.0), 100)
    return model.World(
        "tiny",
        Path("tiny"),
        settings,
        services,
        placements,
        deployments,
        (),
        tuple(
            _action(*row)
            for row in (
                (0, "get_feed", False, None, False),
                (1, "get_post", False, "post", False),
                (2, "follow", True, None, True),
            )
        ),
        ("all",),
        tuple(_persona(name) for name in ("lurker_1", "creator_1")),
        (model.Component("db", "database", ("503", "504"), 0.1, 2.0, "Pool exhausted", "", (1,)),),
        (model.ObjectType("post", 10, 1.1, ()),),
        (model.SelfError("404", "client", 1.0, "Not found"), model.SelfError("500", "server", 1.0, "Crashed")),
        ((1, 2), (), ()),
    )


def _action(service: int, name: str, targets: bool, kind: str | None, writes: bool) -> model.Action:
    return model.Action(
        service, name, "all", 50, 5, 100, 10, 100, 10, 1, 0.5, targets, kind, writes, writes, 1, "GET", "/"
    )


def _persona(name: str) -> model.Persona:
    return model.Persona(name, name[:-2], "", 0.5, 0.5, 1, (1,), (1.0,) * 24, (1.0,) * 7, 0.99, 1.0)


@dataclass
class TinyCalendar:
    """Build 100, and 101 from the sixth hour on."""

    deployment: np.ndarray
    since_us: np.ndarray
    release_id: list[str]


def make_calendar(world: model.World) -> TinyCalendar:
    rows = [
        (d, since, 100 + i)
        for d in range(len(world.deployments))
        for i, since in enumerate((0, START_S * 10**6 + 6 * HOUR_US))
    ]
    ids = [f"{world.deployments[d].deployment_id}:{build}" for d, _, build in rows]
    return TinyCalendar(np.array([r[0] for r in rows]), np.array([r[1] for r in rows]), ids)


@dataclass
class Call:
    """One log line and its points, before they are written."""

    log: dict
    tags: dict
    ms: float
    start_us: int


class Writer:
    """Makes the calls of requests, one every ``step_us``."""

    def __init__(self, world: model.World, step_us: int) -> None:
        self.world, self.step_us, self.calls, self.number = world, step_us, [], 0

    def request(self, g: int) -> None:
        """The g-th request; every 10th fails by itself, every 7th of the first 4 hours by the database."""
        action = self.world.actions[g % 3]
        at = START_S * 10**6 + g * self.step_us + 1000
        down = at < START_S * 10**6 + 4 * HOUR_US and g % 7 < 2
        error = self._error(g, action, down)
        root = self._call(g, action.service, at, 100.0, None, error, action)
        for i, service in enumerate(self.world.dependencies[action.service]):
            forced = bool(error) and error["error_source"] == "dependency:content:posts" and service == 1
            broken = self._infrastructure() if forced else {}
            child = self._call(g, service, at + 10_000 * (i + 1), 20.0, root.log["span_id"], broken, action)
            if forced:
                root.log["upstream_request_id"] = child.log["request_id"]

    def _error(self, g: int, action: model.Action, down: bool) -> dict:
        if down and action.service == 0:
            told = {"error_source": "dependency:content:posts", "error_message": "upstream content:posts: Pool"}
            return self._infrastructure() | told
        if down and action.service == 1:
            return self._infrastructure()
        if g % 10 == 9:
            client = g % 20 == 9
            kind, code = ("client", "404") if client else ("server", "500")
            return {"error_code": code, "error_message": 'Not "it" é', "error_source": "self", "error_type": kind}
        return {}

    def _infrastructure(self) -> dict:
        return {
            "error_code": "503",
            "error_message": "Pool",
            "error_source": "infrastructure:db",
            "error_type": "database",
        }

    def _call(
        self, g: int, service: int, at: int, ms: float, parent: str | None, error: dict, action: model.Action
    ) -> Call:
        self.number += 1
        s, region = self.world.services[service], REGIONS[g % 2]
        build = 101 if at >= START_S * 10**6 + 6 * HOUR_US else 100
        release = f"prod:aws:1:{region}:platform:eks:main:{s.service_id}:default:{build}"
        name = action.name if parent is None else f"handle_{action.name}"
        done = "completed successfully" if action.is_write else "returned data"
        level = "INFO" if not error else "WARN" if error["error_type"] == "client" else "ERROR"
        log = {
            "timestamp": rfc3339_us(at), "level": level, "service": s.name, "stack": s.stack, "action": name,
            "user_id": f"user_{g % 4}", "request_id": f"req_{self.number:016x}", "success": not error,
            "message": f"{name} failed: {error['error_message']}" if error else f"{name} {done}", "release_id": release,
            "trace_id": f"{g + 1:032x}", "span_id": f"{self.number + (1 << 60):016x}", "parent_span_id": parent,
            "target_user_id": "user_9" if action.targets_user else None, "object_type": action.object_type,
            "object_id": f"{action.object_type}_{g}" if action.object_type else None,
            "error_code": None, "error_message": None, "error_source": None, "error_type": None,
            "upstream_request_id": None,
        }  # fmt: skip
        tags = {
            "service": s.name, "stack": s.stack, "action": name, "success": str(not error).lower(),
            "is_write": str(action.is_write).lower(), "persona": self.world.personas[g % 2].name, "release_id": release,
        }  # fmt: skip
        if action.object_type:
            tags["object_type"] = action.object_type
        self.calls.append(Call(log | error, tags, ms, at))
        return self.calls[-1]


def points(call: Call, marked: bool) -> str:
    """The metric lines of a call."""
    values = {
        "request_duration_ms": call.ms,
        "request_size_bytes": 200,
        "response_size_bytes": 300.5,
        "db_query_count": 1,
    }
    if call.tags["success"] == "true" and call.tags["is_write"] == "false":
        values["cache_hit"] = 1
    ts, tags = f"{call.start_us // 10**6}.{call.start_us % 10**6:06d}", dump(call.tags)
    ids = dump({key: call.log[key] for key in ("trace_id", "span_id")})
    lines = []
    for name, value in values.items():
        mark = f',"exemplar":{ids}' if name == "request_duration_ms" and (marked or not call.log["success"]) else ""
        lines.append(f'{{"metric":"{name}","ts":{ts},"value":{value},"tags":{tags}{mark}}}\n')
    return "".join(lines)


def dump(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write_run(directory: Path, requests: int = 288, compress: str | None = None, pack=lambda data: data) -> Path:
    """A run of a day in four slices and two lanes; ``pack`` compresses a slice."""
    suffix = {None: "", "zstd": ".zst", "gzip": ".gz"}[compress]
    writer = Writer(make_world(), 86_400_000_000 // requests)
    for g in range(requests):
        writer.request(g)
    files: dict[str, bytes] = {}
    slices, records = [], Counter()
    for number in range(4):
        begin, end = START_S + number * 21_600, START_S + (number + 1) * 21_600
        mine = sorted((c for c in writer.calls if begin * 10**6 <= c.start_us < end * 10**6), key=lambda c: c.start_us)
        logs = "".join(dump(c.log) + "\n" for c in mine).encode()
        metrics = "".join(points(c, i % 100 == 50) for i, c in enumerate(mine)).encode()
        entry = {"slice": number, "lane": number % 2, "start": rfc3339(begin), "end": rfc3339(end)}
        entry |= {
            "requests": sum(c.log["parent_span_id"] is None for c in mine),
            "calls": len(mine),
            "points": metrics.count(b"\n"),
        }
        for signal, data in (("logs", logs), ("metrics", metrics)):
            name = f"{signal}_{number % 2}.jsonl{suffix}"
            packed = pack(data)
            entry[signal] = {
                "offset": len(files.get(name, b"")),
                "bytes": len(packed),
                "digest": xxhash.xxh3_128_hexdigest(data),
            }
            files[name] = files.get(name, b"") + packed
            records[name] += data.count(b"\n")
        slices.append(entry)
    _write(directory, files, records, slices, writer.calls, compress)
    return directory


def _write(directory, files, records, slices, calls, compress) -> None:
    roots = [c for c in calls if c.log["parent_span_id"] is None]
    counts = {
        "requests": len(roots),
        "spans": len(calls),
        "logs": len(calls),
        "points": sum(s["points"] for s in slices),
    }
    scenario = {
        "name": "tiny", "total_events": len(roots), "total_users": 10, "seed": 1, "start": rfc3339(START_S),
        "end": rfc3339(START_S + 86_400), "world": "tiny", "call_depth": 1, "min_errors": 0, "draw_incidents": False,
        "cascade_factor": 10.0, "propagation": 0.4, "burst_cv": 0.3, "metric_interval_s": 60, "incidents": [],
    }  # fmt: skip
    sizes = {name: {"bytes": len(data), "records": records[name], "digest": ""} for name, data in files.items()}
    manifest = {"format": 1, "run_id": "0", "scenario": scenario, "workers": 2, "compress": compress, "counts": counts}
    manifest |= {"content_digest": {}, "files": sizes, "slices": slices}
    incident = {
        "component": "db",
        "start": rfc3339_us(START_S * 10**6),
        "end": rfc3339_us(START_S * 10**6 + 4 * HOUR_US),
    }
    summary = {
        "counts": counts,
        "personas": Counter(c.tags["persona"] for c in roots),
        "stacks": Counter(c.log["stack"] for c in calls),
        "levels": Counter(c.log["level"] for c in calls),
        "error_sources": Counter(c.log["error_source"] for c in calls if c.log["error_source"]),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    (directory / "manifest.json").write_text(json.dumps(manifest))
    (directory / "summary.json").write_text(json.dumps(summary))
    (directory / "incidents.jsonl").write_text(json.dumps(incident) + "\n")


def check_here(directory: Path, world: model.World, calendar, folder: Path) -> Report:
    """What ``run_check`` does, in this process and with this world."""
    run = open_run(directory)
    folder.mkdir(exist_ok=True)
    scenario = scenario_of(run)
    one = SliceChecker(run, tell_truth(world, calendar, run.incidents, scenario.call_depth), folder)
    results = [one.check(number) for number in range(len(run.slices))]
    tally = Tally()
    for result in results:
        tally.add(result.tally)
    whole = RunTally(run, scenario, world, tally, lambda kind: duplicates(folder, kind))
    return Report(merge(r.laws for r in results) + RUN.results(whole))


def broken(report: Report) -> set[str]:
    return {law.name for law in report.laws if law.violations}
