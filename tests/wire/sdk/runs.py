"""Small runs: their calls, and what the JSON lines tell of each."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

import numpy as np

from otelsim.outcome import tables as o
from otelsim.runner.preparing import Prepared
from otelsim.scenario import ListedIncident
from otelsim.sinks.buffers import new_room
from otelsim.wire.jsonl import put_logs, put_metrics
from otelsim.wire.sdk.notation import SdkNotation, SdkOptions
from tests.simulated import DAY, calls_of, prepared, world_of

RUN_ID = "run-1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAILING = tuple(
    ListedIncident(component.name, f"+{12 * i}h", 2 * DAY, 0.2, 2.0)
    for i, component in enumerate(world_of("multi_cloud").components)
)
SHAPES: dict[str, dict[str, Any]] = {
    "year": {"total_events": 800, "total_users": 300},
    "incidents": {"scenario": "incidents", "total_events": 600, "call_depth": 3},
    "multi_cloud": {"world": "multi_cloud", "total_events": 900, "call_depth": 0, "incidents": FAILING},
}


@dataclass(frozen=True)
class Told:
    """A call's log line and its metric lines."""

    log: dict[str, Any]
    metrics: list[dict[str, Any]]

    @property
    def is_root(self) -> bool:
        return self.log["parent_span_id"] is None

    @property
    def start_ns(self) -> int:
        return (datetime.fromisoformat(self.log["timestamp"]) - EPOCH) // timedelta(microseconds=1) * 1_000

    @property
    def duration_ns(self) -> int:
        return round(self.metrics[0]["value"] * 100) * 10_000

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    @property
    def persona(self) -> str:
        return self.metrics[0]["tags"]["persona"]

    @property
    def has_exemplar(self) -> bool:
        return "exemplar" in self.metrics[0]


@dataclass(frozen=True)
class Run:
    """All calls of a run, and what is told of them, in the same order."""

    p: Prepared
    calls: np.ndarray

    @cached_property
    def told(self) -> list[Told]:
        groups: list[list[dict[str, Any]]] = []
        for line in self._lines(put_metrics):
            if line["metric"] == "request_duration_ms":
                groups.append([])
            groups[-1].append(line)
        return [Told(log, points) for log, points in zip(self._lines(put_logs), groups, strict=True)]

    def _lines(self, put: Callable[..., tuple[int, int]]) -> list[dict[str, Any]]:
        room, order = new_room(), np.arange(self.calls.shape[1])
        done, text = 0, b""
        while done < len(order):
            done, at = put(room, 0, self.p.lines, self.calls, order, done)
            text += room[:at].tobytes()
        return [json.loads(line) for line in text.splitlines()]

    @cached_property
    def by_span(self) -> dict[str, Told]:
        return {told.log["span_id"]: told for told in self.told}

    @cached_property
    def rows(self) -> list[int]:
        """By release, and within one in time order: as a message has them."""
        return np.lexsort((self.calls[o.START_US], self.calls[o.RELEASE])).tolist()

    def slices(self) -> list[list[int]]:
        """The rows of each slice that has some, request after request."""
        order = np.lexsort((self.calls[o.NODE], self.calls[o.NUMBER]))
        roots = order[self.calls[o.NODE][order] == 0]
        numbers, starts = self.calls[o.NUMBER][roots], self.calls[o.START_US][roots]
        ends = [end * 1_000_000 for _, end in self.p.slices]
        slice_of = dict(zip(numbers.tolist(), np.searchsorted(ends, starts, side="right").tolist(), strict=True))
        found: dict[int, list[int]] = {}
        for row in order.tolist():
            found.setdefault(slice_of[int(self.calls[o.NUMBER, row])], []).append(row)
        return list(found.values())

    def notation(self, **options: Any) -> SdkNotation:
        return SdkNotation(self.p.world, self.p.scenario, self.p.calendar, RUN_ID, SdkOptions(**options))


@cache
def run_of(name: str) -> Run:
    p = prepared(**SHAPES[name])
    return Run(p, calls_of(p))


def placeholders_filled(route: str, log: dict[str, Any]) -> str:
    """``url.path`` by the words of docs/otlp.md."""
    user = log["target_user_id"] or log["user_id"]
    named = log["object_id"] or log["request_id"].removeprefix("req_")
    return re.sub(r"\{(.*?)\}", lambda found: user if found[1] == "user_id" else named, route)
