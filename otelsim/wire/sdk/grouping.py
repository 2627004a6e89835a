"""Metric points by resource, scope and metric, as the SDK's MetricsData holds them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from opentelemetry.sdk.metrics.export import Metric, MetricsData, ResourceMetrics, ScopeMetrics

from otelsim.signals.conventions import DESCRIPTIONS, SCHEMA_URL
from otelsim.wire.sdk.facts import SCOPE, Facts

Points = Mapping[int, Mapping[str, list[Any]]]
"""Data points by release and name of the metric, in the order in which they shall stand."""
_Path = tuple[Any, ...]
"""A data point behind its ResourceMetrics, ScopeMetrics and Metric."""
_LISTS = ("scope_metrics", "metrics")


def metrics_data(facts: Facts, points: Points, unit: str, data: Callable[[list[Any]], Any]) -> MetricsData:
    """One ResourceMetrics a release; ``data`` makes a metric's Gauge or histogram of its points."""
    return MetricsData(
        [
            ResourceMetrics(
                facts.resource(release),
                [ScopeMetrics(SCOPE, [_metric(name, unit, data(made)) for name, made in found.items()], SCHEMA_URL)],
                SCHEMA_URL,
            )
            for release, found in points.items()
        ]
    )


def _metric(name: str, unit: str, data: Any) -> Metric:
    return Metric(name, DESCRIPTIONS[name], unit, data)


def parts_of(data: MetricsData, most: int) -> Iterator[tuple[MetricsData, int]]:
    """``data`` in parts of at most ``most`` points, in order, and how many points each has."""
    paths: list[_Path] = [
        (resource, scope, metric, point)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]
    for first in range(0, len(paths), most):
        part = paths[first : first + most]
        yield MetricsData(_nested(part, 0)), len(part)


def _nested(paths: Sequence[_Path], level: int) -> list[Any]:
    """What the paths lead through at ``level``, each with those of its contents that they lead to."""
    made = []
    for _, group in groupby(paths, key=lambda path: id(path[level])):
        inside = list(group)
        whole = inside[0][level]
        if level < len(_LISTS):
            made.append(replace(whole, **{_LISTS[level]: _nested(inside, level + 1)}))
        else:
            made.append(replace(whole, data=replace(whole.data, data_points=[path[-1] for path in inside])))
    return made
