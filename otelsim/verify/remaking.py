"""A whole run made again, and counted: what the stores should hold, by kind, day and service."""

from collections.abc import Callable
from typing import Any

import numpy as np

from otelsim.draws import Int64s
from otelsim.errors import RunError
from otelsim.outcome import tables as o
from otelsim.runner.output import Made, Quiet
from otelsim.runner.slicing import Simulator
from otelsim.signals import points as p
from otelsim.signals.histograms import Histograms
from otelsim.signals.notation import LOGS, TRACES
from otelsim.verify.counts import DAY_S, GAUGES, HISTOGRAMS, LOG_RECORDS, SPANS, Count, Counts, Key, added
from otelsim.verify.sent import SentRun
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, POINTS

_DAY_US, _DAY_MS = DAY_S * 1_000_000, DAY_S * 1_000
_CLIENT_LEAD_US = 5
"""So much before its child begins a caller's span (docs/otlp.md)."""
_VALUES = (o.DURATION, o.REQUEST_SIZE, o.RESPONSE_SIZE, o.QUERY_COUNT, o.CACHE)
_SCALES = (100.0, 1.0, 1.0, 1.0, 1.0)
"""What the columns' integers are divided by, in the order of GAUGES."""


class Counter(Quiet):
    """An output that counts calls, as the records that they would be sent as."""

    def __init__(self, run: SentRun) -> None:
        self.notation, self.counts = run.notation, Counts()
        names = sorted(set(run.services))
        self.names = names
        self.service = np.array([names.index(name) for name in run.services], np.int64)
        series = run.notated.series
        self.http = series.http
        interval_s = run.prepared.scenario.metric_interval_s
        self.histograms = Histograms(series, run.notation, interval_s) if run.notation.histograms else None

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice."""

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Count calls."""
        if len(order):
            self._records(calls[:, order])
        if self.histograms:
            for points in self.histograms.add(calls, *fresh):
                self._points(points)

    def end(self) -> Made:
        """Count what is left of the slice."""
        if self.histograms:
            self._points(self.histograms.end())
        return Made({}, {}, {})

    def _records(self, calls: Int64s) -> None:
        places = calls[o.START_US] // _DAY_US, self.service[calls[o.RELEASE]]
        if TRACES in self.notation.signals:
            self._add(SPANS, *places)
            if self.notation.client_spans:
                children = calls[:, calls[o.PARENT] >= 0]
                days = (children[o.START_US] - _CLIENT_LEAD_US) // _DAY_US
                self._add(SPANS, days, self.service[children[o.CALLER]])
        if LOGS in self.notation.signals:
            self._add(LOG_RECORDS, *places)
        if self.notation.points:
            for kind, column, scale in zip(GAUGES, _VALUES, _SCALES, strict=True):
                there = calls[column] >= 0
                self._add(kind, places[0][there], places[1][there], calls[column][there] / scale)

    def _points(self, points: Int64s) -> None:
        for kind, rows in zip(HISTOGRAMS, _apart(points, self.http), strict=True):
            places = rows[:, p.TIME_MS] // _DAY_MS, self.service[rows[:, p.RELEASE]]
            self._add(f"{kind}_count", *places, rows[:, p.COUNT] * 1.0)
            self._add(f"{kind}_sum", *places, rows[:, p.SUM] / 1e5)
            if self.notation.histogram == "explicit":
                below = np.cumsum(rows[:, p.WIDTH :], axis=1)
                self._add(f"{kind}_bucket", *places, below.sum(axis=1) * 1.0, below.shape[1])

    def _add(self, kind: str, days: Int64s, services: Int64s, values: Any = None, times: int = 1) -> None:
        """Count records of these days and services, ``times`` for each."""
        groups, which = np.unique(days * len(self.names) + services, return_inverse=True)
        records = np.bincount(which, minlength=len(groups)) * times
        sums = np.zeros(len(groups)) if values is None else np.bincount(which, values, len(groups))
        for group, n, value in zip(groups.tolist(), records.tolist(), sums.tolist(), strict=True):
            day, service = divmod(group, len(self.names))
            key = Key(kind, day, self.names[service])
            self.counts[key] = self.counts.get(key, Count()).plus(Count(n, value))


def _apart(points: Int64s, http: int) -> tuple[Int64s, Int64s]:
    """The points of requests, and those of calls of dependencies."""
    return points[points[:, p.SET] < http], points[points[:, p.SET] >= http]


def remade(run: SentRun, told: Callable[[int, int], None]) -> Counts:
    """All records of a run, counted; ``told(done, all)`` hears of every slice. RunError if the manifest has others."""
    simulator, counter = Simulator(run.prepared), Counter(run)
    slices = len(run.prepared.slices)
    for number in range(slices):
        counter.begin({})
        simulator.slice(number, counter)
        told(number + 1, slices)
    _compare(run, counter.counts)
    return counter.counts


def _compare(run: SentRun, counts: Counts) -> None:
    """The manifest's counts are those of the records that were encoded: these have not been.

    JSON lines' counts have what may not have been sent later.
    """
    total = added({Key(key.kind, 0, ""): count} for key, count in counts.items())
    records = {key.kind: count.records for key, count in total.items()}
    made = {
        "spans": records.get(SPANS, 0),
        "logs": records.get(LOG_RECORDS, 0),
        POINTS: sum(records.get(kind, 0) for kind in GAUGES),
        HISTOGRAM_POINTS: sum(records.get(f"{kind}_count", 0) for kind in HISTOGRAMS),
    }
    for kind, promised in run.counts.items():
        not_sent = run.replayed and not made.get(kind)
        if made.get(kind, promised) != promised and not not_sent:
            raise RunError(f"the manifest has {promised:,} {kind}, and its scenario gives {made[kind]:,}")
