"""What real OTLP messages carry, in the words of the reference: attributes by the section that lists them."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otelsim.signals.notation import Notation
from tests.simulated import calls_of, prepared
from tests.wire.otlp.runs import LISTS, parsed, requests_of
from tests.wire.sdk.runs import RUN_ID, Run

RESOURCE, SPANS, LOGS = "Resource attributes", "Span attributes", "Attributes of log records"
GAUGES, HISTOGRAMS = "Attributes of gauge points", "Attributes of histogram points"
EXEMPLARS, CLIENTS = "Attributes of exemplars", "CLIENT spans"
Names = dict[str, str]
"""Types by name."""


class Record(NamedTuple):
    """A thing that has attributes, and the section of the reference that it belongs to."""

    section: str
    names: Names
    span_id: str = ""


@cache
def run() -> Run:
    """Other calls than those the reference is made from: 2,000 requests of another seed."""
    p = prepared(scenario="incidents", seed=7, total_events=2_000)
    return Run(p, calls_of(p))


@cache
def records() -> list[Record]:
    """Everything with attributes in the run's messages."""
    requests = requests_of(run().p, Notation(RUN_ID, client_spans=True), 4 << 20)
    return [record for request in requests for record in _records(request.signal, parsed(request))]


def _records(signal: str, message: Any) -> Iterator[Record]:
    resources, scopes, lists = LISTS[signal]
    for resource in getattr(message, resources):
        yield Record(RESOURCE, _names(resource.resource.attributes))
        for one in getattr(getattr(resource, scopes)[0], lists):
            yield from {"traces": _of_span, "logs": _of_log, "metrics": _of_metric}[signal](one)


def _of_span(span: Any) -> Iterator[Record]:
    section = CLIENTS if span.kind == Span.SPAN_KIND_CLIENT else SPANS
    yield Record(section, _names(span.attributes), span.span_id.hex())


def _of_log(record: Any) -> Iterator[Record]:
    yield Record(LOGS, _names(record.attributes), record.span_id.hex())


def _of_metric(metric: Any) -> Iterator[Record]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        yield Record(GAUGES if kind == "gauge" else HISTOGRAMS, _names(point.attributes))
        for exemplar in point.exemplars:
            yield Record(EXEMPLARS, _names(exemplar.filtered_attributes))


def _names(attributes: Any) -> Names:
    return {one.key: one.value.WhichOneof("value").removesuffix("_value") for one in attributes}
