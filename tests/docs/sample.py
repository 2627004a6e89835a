"""Calls of small runs with everything that is sent of each, as the SDK's objects name it: what the reference shows."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from otelsim.outcome import tables as o
from otelsim.signals.conventions import Attributes, histogram_attributes, point_attributes
from otelsim.wire.sdk.facts import Call, Facts, call_at
from otelsim.wire.sdk.gauges import Gauges
from otelsim.wire.sdk.logs import log_record
from otelsim.wire.sdk.spans import Spans
from tests.wire.sdk.runs import RUN_ID, Run, Told, run_of

# Two worlds: in one of them every target is a cluster.
WORLDS = ("incidents", "multi_cloud")
EVERY = 4
"""Of so many requests in which nothing failed, one is looked at, for the sake of time."""


class Seen(NamedTuple):
    """A call: what the JSON lines tell of it, and its attributes in each kind of record."""

    told: Told
    resource: Attributes
    span_name: str
    span: Attributes
    client: Attributes | None
    log: Attributes
    point: Attributes
    histogram: Attributes
    metrics: dict[str, Any]
    """Its gauge metrics by name, each with its one point."""
    filtered: Attributes | None
    """The attributes of its exemplar."""


@cache
def sample() -> list[Seen]:
    """Calls of both runs; first a root that serves as the example, then the child that it failed for."""
    found, others = (list(_seen(run_of(name))) for name in WORLDS)
    example = _example(found)
    first = [example["request_id"], example["upstream_request_id"]]
    return sorted(found, key=lambda seen: [seen.log["request_id"] != one for one in first]) + others


def _example(found: list[Seen]) -> Attributes:
    """The log record of a root that failed because a dependency did, and that names an object and a target user."""
    names = {"object_type", "target_user_id", "upstream_request_id"}
    return next(seen.log for seen in found if seen.told.is_root and names <= seen.log.keys())


def _seen(run: Run) -> Iterator[Seen]:
    facts = Facts(run.p.world, run.p.scenario, run.p.calendar, RUN_ID)
    makers = (Spans(facts, client_spans=True), Gauges(facts, persona_attribute=False))
    numbers = run.calls[o.NUMBER]
    failed = np.isin(numbers, numbers[run.calls[o.SOURCE] != 0])
    for row in np.flatnonzero(failed | (numbers % EVERY == 0)).tolist():
        yield _one(facts, makers, call_at(run.calls, row), run.told[row])


def _one(facts: Facts, makers: tuple[Spans, Gauges], call: Call, told: Told) -> Seen:
    spans, gauges = makers
    op, kind = facts.operation(call), facts.kind(call)
    metrics = {metric.name: metric for metric in _metrics(gauges, call)}
    server = spans.server(call)
    exemplars = [e for metric in metrics.values() for point in metric.data.data_points for e in point.exemplars]
    return Seen(
        told,
        dict(facts.resource(call[o.RELEASE]).attributes),
        server.name,
        dict(server.attributes),
        dict(spans.client(call).attributes) if not told.is_root else None,
        dict(log_record(facts, call).log_record.attributes),
        point_attributes(facts.world, op, kind is None, facts.object_type(call)),
        histogram_attributes(facts.world, op, kind),
        metrics,
        dict(exemplars[0].filtered_attributes) if exemplars else None,
    )


def _metrics(gauges: Gauges, call: Call) -> list[Any]:
    columns = [[value] for value in call]
    (resource,) = gauges.of_calls(np.array(columns), [0]).resource_metrics
    return resource.scope_metrics[0].metrics
