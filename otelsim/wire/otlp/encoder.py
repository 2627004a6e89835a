"""Columns into Export requests: batch by batch, each signal's records sorted into resources."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.signals.histograms import Histograms
from otelsim.signals.notation import LOGS, METRICS, TRACES, Notation
from otelsim.signals.points import RELEASE, SET, TIME_MS
from otelsim.signals.series import SeriesSets
from otelsim.wire.otlp import layout, requests
from otelsim.wire.otlp.gauges import put_gauges
from otelsim.wire.otlp.groups import by_day_and_resource
from otelsim.wire.otlp.histograms import DAY_MS, put_histograms
from otelsim.wire.otlp.tables import Tables
from otelsim.wire.protobuf import ROOM_BEHIND

SPANS, LOG_RECORDS, POINTS, HISTOGRAM_POINTS = "spans", "logs", "points", "histogram_points"
"""What a run's counts call the records."""


class Request(NamedTuple):
    """An Export request of one signal."""

    signal: str
    body: bytes
    kind: str
    """What it holds: SPANS, LOG_RECORDS, POINTS or HISTOGRAM_POINTS."""
    records: int


class Encoder:
    """Makes the requests of one worker; its buffer is used again and again.

    ``limit`` is the most bytes of a request; one record and its resource may be larger.
    """

    def __init__(self, tables: Tables, series: SeriesSets, notation: Notation, interval_s: int, limit: int) -> None:
        self.series, self.notation = series, notation
        self.of_spans, self.of_logs = (tables.spans, tables.pool), (tables.logs, tables.pool)
        self.resources = _entries(tables.spans, layout.RESOURCE)
        bound = int(get(tables.spans, layout.RECORD_BOUND, 0))
        self.room = np.zeros(max(limit, bound + 1) + ROOM_BEHIND, np.uint8)
        self.out = self.room[:-ROOM_BEHIND]
        self.histograms = Histograms(series, notation, interval_s) if notation.histograms else None

    def batch(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> Iterator[Request]:
        """The requests of the calls in rows ``order``, which are in time order.

        ``fresh`` are the rows (first, end) that are new, in the order of their requests: histograms count those.
        """
        if len(order):
            yield from self._records(calls, order)
        if self.histograms:
            for points in self.histograms.add(calls, *fresh):
                yield from self._histogram_points(points)

    def end(self) -> Iterator[Request]:
        """The requests that end a slice."""
        if self.histograms:
            yield from self._histogram_points(self.histograms.end())

    def _records(self, calls: Int64s, order: Int64s) -> Iterator[Request]:
        rows = by_day_and_resource(calls[o.START_US], calls[o.RELEASE], order, self.resources)
        wanted, clients = self.notation.signals, self.notation.client_spans
        if TRACES in wanted:
            yield from self._filled(calls, rows, requests.SPANS)
            if clients:
                yield from self._client_spans(calls, order)
        if LOGS in wanted:
            yield from self._filled(calls, rows, requests.LOGS)
        if self.notation.points:
            yield from self._gauges(calls, rows)

    def _client_spans(self, calls: Int64s, order: Int64s) -> Iterator[Request]:
        children = order[calls[o.PARENT, order] >= 0]
        if len(children):
            rows = by_day_and_resource(calls[o.START_US], calls[o.CALLER], children, self.resources)
            yield from self._filled(calls, rows, requests.CLIENT_SPANS)

    def _filled(self, calls: Int64s, rows: Int64s, what: int) -> Iterator[Request]:
        logs = what == requests.LOGS
        signal, kind, tables = (LOGS, LOG_RECORDS, self.of_logs) if logs else (TRACES, SPANS, self.of_spans)

        def fill(first: int) -> tuple[int, int]:
            filled: tuple[int, int] = requests.put_records(self.out, tables, what, calls, rows, first)
            return filled

        for body, first, end in self._bodies(len(rows), fill):
            yield Request(signal, body, kind, end - first)

    def _gauges(self, calls: Int64s, rows: Int64s) -> Iterator[Request]:
        reads = np.concatenate([[0], np.cumsum(calls[o.CACHE, rows] >= 0)])

        def fill(first: int) -> tuple[int, int]:
            filled: tuple[int, int] = put_gauges(self.out, self.of_spans, calls, rows, first)
            return filled

        for body, first, end in self._bodies(len(rows), fill):
            yield Request(METRICS, body, POINTS, 4 * (end - first) + int(reads[end] - reads[first]))

    def _histogram_points(self, points: Int64s) -> Iterator[Request]:
        keys = (points[:, TIME_MS], points[:, SET], points[:, RELEASE], points[:, TIME_MS] // DAY_MS)
        rows = points[np.lexsort(keys)]
        kind = (self.series.http, self.notation.histogram == "explicit")

        def fill(first: int) -> tuple[int, int]:
            filled: tuple[int, int] = put_histograms(self.out, self.of_spans, rows, first, kind)
            return filled

        for body, first, end in self._bodies(len(rows), fill):
            yield Request(METRICS, body, HISTOGRAM_POINTS, end - first)

    def _bodies(self, rows: int, fill: Callable[[int], tuple[int, int]]) -> Iterator[tuple[bytes, int, int]]:
        """(body, first row, end row) until all rows are written."""
        first = 0
        while first < rows:
            end, size = fill(first)
            yield self.out[:size].tobytes(), first, end
            first = end


def _entries(t: Int64s, table: int) -> int:
    """How many texts a table of a packed layout has."""
    return int(t[table + 1] - t[table]) - 1
