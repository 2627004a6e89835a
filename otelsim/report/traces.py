"""The chosen requests, call by call, with the lines that the run has of them."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.report.examples import KINDS, Example
from otelsim.report.lookup import Lookup
from otelsim.runner.output import Made, Quiet
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Simulator
from otelsim.sinks.buffers import new_room
from otelsim.wire.jsonl import put_logs

KEPT = ("level", "service", "stack", "action", "message", "span_id", "parent_span_id", "request_id", "error_source")
"""Of a call's log line; the rest of what is shown all calls of a request share."""
SHARED = ("trace_id", "timestamp", "user_id")


class _Watched(Quiet):
    """An output that keeps some requests' calls."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = np.array(list(numbers), np.int64)
        self.seen: list[Int64s] = []

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice."""

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Keep what is looked for."""
        c = calls[:, fresh[0] : fresh[1]]
        self.seen.append(c[:, np.isin(c[o.NUMBER], self.numbers)])

    def end(self) -> Made:
        """Nothing is left."""
        return Made({}, {}, {})


def traces(p: Prepared, t: Lookup, examples: dict[str, Example]) -> list[dict[str, Any]]:
    """The examples as JSON values, in the order of KINDS, each with its calls in the order of their start."""
    simulator = Simulator(p)
    return [_trace(simulator, t, kind, examples[kind]) for kind in KINDS if kind in examples]


def _trace(simulator: Simulator, t: Lookup, kind: str, example: Example) -> dict[str, Any]:
    watched = _Watched([example.number])
    simulator.slice(example.slice, watched)
    found = np.concatenate(watched.seen, axis=1)
    calls = np.ascontiguousarray(found[:, np.argsort(found[o.START_US], kind="stable")])
    lines = log_lines(simulator.prepared, calls)
    persona = simulator.prepared.world.personas[int(calls[o.PERSONA, 0])].name
    first, rows = int(calls[o.START_US, 0]), []
    for k, line in enumerate(lines):
        times = {"start_us": int(calls[o.START_US, k]) - first, "duration_us": int(calls[o.DURATION, k]) * 10}
        rows.append(
            {**times, **{key: line[key] for key in KEPT}, "slowed": _slowed(simulator.prepared, t, calls[:, k])}
        )
    return {"kind": kind, **{key: lines[0][key] for key in SHARED}, "persona": persona, "calls": rows}


def log_lines(p: Prepared, calls: Int64s) -> list[dict[str, Any]]:
    """The log lines of some calls, as the run has them."""
    room, order = new_room(), np.arange(calls.shape[1])
    lines, done = list[bytes](), 0
    while done < len(order):
        done, end = put_logs(room, 0, p.lines, calls, order, done)
        lines += room[:end].tobytes().splitlines()
    return [json.loads(line) for line in lines]


def _slowed(p: Prepared, t: Lookup, call: Int64s) -> list[Any] | None:
    """The component that made a call slower, and how much: of several the slowest."""
    at, service = call[o.START_US], call[o.SERVICE]
    under = (t.start_us <= at) & (at < t.end_us) & (t.slowing != 0)
    found = [p.incidents[k] for k in np.flatnonzero(under) if t.listed[t.component[k], service]]
    worst = max(found, key=lambda i: i.latency_factor, default=None)
    return [p.world.components[worst.component].name, worst.latency_factor] if worst else None
