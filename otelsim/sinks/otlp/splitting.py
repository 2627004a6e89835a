"""One Export request as two smaller ones, for a receiver to whom it was too large.

This is rare, so it takes the messages apart with the generated classes. What is split is the outermost list that has
more than one element (resources, scopes, records; a metric's data points last), so that a few halvings reach any size.
"""

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LEVELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "traces": (ExportTraceServiceRequest, ("resource_spans", "scope_spans", "spans")),
    "logs": (ExportLogsServiceRequest, ("resource_logs", "scope_logs", "log_records")),
    "metrics": (ExportMetricsServiceRequest, ("resource_metrics", "scope_metrics", "metrics", "data_points")),
}
"""The request's class, and the names of its nested lists; the last holds the records."""


def halves(signal: str, body: bytes) -> list[tuple[bytes, int]]:
    """Two requests with the records of ``body``, in order, and how many each has; none where it cannot be split."""
    kind, names = LEVELS[signal]
    try:
        whole = kind.FromString(body)
    except DecodeError:
        return []
    depth = _widest(whole, names)
    if depth is None:
        return []
    parts = [_half(kind, whole, names[: depth + 1], second) for second in (False, True)]
    return [(part.SerializeToString(), count(part, names)) for part in parts]


def count(message: Any, names: tuple[str, ...]) -> int:
    """Records below ``message``, whose lists have these names."""
    below = _list(message, names[0])
    return len(below) if len(names) == 1 else sum(count(each, names[1:]) for each in below)


def _list(message: Any, name: str) -> Any:
    """The list ``name`` of a message; a metric's data points are one level down, in what kind of metric it is."""
    if name != "data_points":
        return getattr(message, name)
    kind = message.WhichOneof("data")
    return getattr(message, kind).data_points if kind else []


def _widest(message: Any, names: tuple[str, ...]) -> int | None:
    """The outermost level that has more than one element, or None."""
    for depth, name in enumerate(names):
        elements = _list(message, name)
        if len(elements) != 1:
            return depth if len(elements) > 1 else None
        message = elements[0]
    return None


def _half(kind: Any, whole: Any, names: tuple[str, ...], second: bool) -> Any:
    """A copy of ``whole`` that keeps the first or the second half of the list these names lead to."""
    copy = kind()
    copy.CopyFrom(whole)
    message = copy
    for name in names[:-1]:
        message = _list(message, name)[0]
    elements = _list(message, names[-1])
    middle = len(elements) // 2
    del elements[slice(None, middle) if second else slice(middle, None)]
    return copy
