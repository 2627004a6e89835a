"""Calls as points of the five documented metrics."""

from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import Gauge, MetricsData, NumberDataPoint

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.signals.conventions import Attributes, point_attributes
from otelsim.signals.names import METRICS
from otelsim.wire.sdk.facts import Call, Facts, call_at, start_ns
from otelsim.wire.sdk.grouping import metrics_data


class Gauges:
    """Makes the gauge points of a run."""

    def __init__(self, facts: Facts, persona_attribute: bool) -> None:
        self.facts, self.persona_attribute = facts, persona_attribute

    def of_calls(self, calls: Int64s, rows: Sequence[int]) -> MetricsData:
        """The points of some calls: releases and metrics in their own order, points in that of the rows."""
        found: dict[int, dict[str, list[Any]]] = {}
        for row in rows:
            call = call_at(calls, row)
            metrics = found.setdefault(call[o.RELEASE], {name: [] for name in METRICS})
            for name, value in _values(call).items():
                metrics[name].append(self._point(call, name, value))
        ordered = {release: {name: p for name, p in found[release].items() if p} for release in sorted(found)}
        return metrics_data(self.facts, ordered, "", Gauge)

    def _point(self, call: Call, name: str, value: int | float) -> NumberDataPoint:
        exemplars = [self._exemplar(call, value)] if name == METRICS[0] and call[o.EXEMPLAR] else []
        # A gauge's start time is not sent.
        return NumberDataPoint(self._attributes(call), 0, start_ns(call), value, exemplars)

    def _attributes(self, call: Call) -> Attributes:
        op, success = self.facts.operation(call), self.facts.kind(call) is None
        known = point_attributes(self.facts.world, op, success, self.facts.object_type(call))
        return {**known, "persona": self.facts.persona(call)} if self.persona_attribute else known

    def _exemplar(self, call: Call, value: int | float) -> Exemplar:
        context = self.facts.context(call[o.NUMBER], call[o.NODE])
        filtered = {} if self.persona_attribute else {"persona": self.facts.persona(call)}
        return Exemplar(filtered, value, start_ns(call), context.span_id, context.trace_id)


def _values(call: Call) -> dict[str, int | float]:
    """What each metric has of a call; no ``cache_hit`` where no cache was asked."""
    numbers = (call[o.DURATION] / 100, call[o.REQUEST_SIZE], call[o.RESPONSE_SIZE], call[o.QUERY_COUNT])
    values: dict[str, int | float] = dict(zip(METRICS, numbers, strict=False))
    return values | {METRICS[4]: call[o.CACHE]} if call[o.CACHE] >= 0 else values
