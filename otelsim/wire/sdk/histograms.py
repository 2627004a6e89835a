"""Histogram points, from the columns of `signals.points`."""

from typing import Any

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Histogram,
    HistogramDataPoint,
    MetricsData,
)

from otelsim.draws import Int64s
from otelsim.signals import points as p
from otelsim.signals.conventions import BOUNDS_S, HTTP_DURATION, RPC_DURATION
from otelsim.signals.series import SeriesSets
from otelsim.wire.sdk.facts import Facts
from otelsim.wire.sdk.grouping import metrics_data

Row = list[int]
"""One histogram point, see `signals.points.POINT`."""
_EMPTY = Buckets(0, [])


class Histograms:
    """Makes the histogram points of a run; ``exponential`` says of which kind."""

    def __init__(self, facts: Facts, sets: SeriesSets, temporality: str, exponential: bool) -> None:
        self.facts, self.sets, self.exponential = facts, sets, exponential
        self.temporality = AggregationTemporality[temporality.upper()]

    def of_points(self, points: Int64s) -> MetricsData:
        """Points in the order of their rows: releases and metrics as they first appear."""
        found: dict[int, dict[str, list[Any]]] = {}
        for row in points.tolist():
            metric = HTTP_DURATION if row[p.SET] < self.sets.http else RPC_DURATION
            found.setdefault(row[p.RELEASE], {}).setdefault(metric, []).append(self._point(row))
        return metrics_data(self.facts, found, "s", self._data)

    def _data(self, points: list[Any]) -> Histogram | ExponentialHistogram:
        kind = ExponentialHistogram if self.exponential else Histogram
        return kind(points, self.temporality)

    def _point(self, row: Row) -> HistogramDataPoint | ExponentialHistogramDataPoint:
        times = (row[p.START_MS] * 1_000_000, row[p.TIME_MS] * 1_000_000)
        known = (self.sets.attributes[row[p.SET]], *times, row[p.COUNT], _seconds(row[p.SUM]))
        exemplars = [self._exemplar(row, place) for place in p.exemplar_order(row[p.EXEMPLAR_COUNT])]
        extremes, counts = _extremes(row), row[p.WIDTH :]
        if not self.exponential:
            return HistogramDataPoint(*known, counts, BOUNDS_S, *extremes, exemplars)
        scale, zero_count, no_flags = p.EXPONENTIAL_SCALE, 0, 0
        buckets = (_trimmed(counts), _EMPTY)
        return ExponentialHistogramDataPoint(*known, scale, zero_count, *buckets, no_flags, *extremes, exemplars)

    def _exemplar(self, row: Row, place: int) -> Exemplar:
        first = p.FIRST_EXEMPLAR + place * len(p.EXEMPLAR)
        number, node, start_us, duration, persona = row[first : first + len(p.EXEMPLAR)]
        context = self.facts.context(number, node)
        filtered = {"persona": self.facts.world.personas[persona].name}
        return Exemplar(filtered, _seconds(duration), start_us * 1_000, context.span_id, context.trace_id)


def _extremes(row: Row) -> tuple[Any, Any]:
    """``min`` and ``max``; None, which the SDK's types leave out but not its encoder, where nothing was counted."""
    return (_seconds(row[p.LEAST]), _seconds(row[p.MOST])) if row[p.COUNT] else (None, None)


def _seconds(duration: int) -> float:
    return duration / 100_000


def _trimmed(counts: list[int]) -> Buckets:
    """From the first bucket that is not empty to the last."""
    filled = [i for i, count in enumerate(counts) if count]
    if not filled:
        return _EMPTY
    return Buckets(p.LEAST_INDEX + filled[0], counts[filled[0] : filled[-1] + 1])
