"""The first records of a capture as plain Python: the SDK and telemetrygen are given records like them."""

from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.otlp.bodies import read

MESSAGES = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
Attributes = dict[str, Any]


class Record(NamedTuple):
    """A span, a log record or a gauge point. ``text`` is the name of a span or metric, a log record's body."""

    text: str
    attributes: Attributes
    start_ns: int
    end_ns: int
    value: Any = None
    """A point's value, a log record's severity number."""


class Material(NamedTuple):
    """Records of a signal, and the resource of the first."""

    resource: Attributes
    records: list[Record]


def material(bodies: Path, signal: str, count: int) -> Material:
    """The first ``count`` records. Raises StopIteration where a capture has none of the signal."""
    content = next(body.content for body in read(bodies) if body.signal == signal)
    message = MESSAGES[signal].FromString(content)
    resources = getattr(message, f"resource_{'spans' if signal == 'traces' else signal}")
    found = (record for resource in resources for record in RECORDS[signal](resource))
    return Material(_plain(resources[0].resource.attributes), list(islice(found, count)))


def _spans(resource):
    for scope in resource.scope_spans:
        for s in scope.spans:
            yield Record(s.name, _plain(s.attributes), s.start_time_unix_nano, s.end_time_unix_nano)


def _log_records(resource):
    for scope in resource.scope_logs:
        for r in scope.log_records:
            times = r.time_unix_nano, r.observed_time_unix_nano
            yield Record(r.body.string_value, _plain(r.attributes), *times, r.severity_number)


def _points(resource):
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for p in metric.gauge.data_points:
                value = p.as_double if p.WhichOneof("value") == "as_double" else p.as_int
                yield Record(metric.name, _plain(p.attributes), 0, p.time_unix_nano, value)


RECORDS = {"traces": _spans, "logs": _log_records, "metrics": _points}


def _plain(attributes) -> Attributes:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}
