"""Runs encoded as a worker does it, with everything that was made kept."""

from collections import Counter
from functools import cache
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otelsim.runner.otlp_output import OtlpOutput, notated
from otelsim.runner.output import Quiet
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Simulator
from otelsim.signals.notation import Notation
from otelsim.sinks.buffers import Extent
from otelsim.wire.otlp.encoder import Request
from tests.simulated import prepared
from tests.wire.sdk.runs import RUN_ID, SHAPES

MESSAGES: dict[str, Any] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
LISTS = {
    "traces": ("resource_spans", "scope_spans", "spans"),
    "logs": ("resource_logs", "scope_logs", "log_records"),
    "metrics": ("resource_metrics", "scope_metrics", "metrics"),
}
NOTATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "delta": {"temporality": "delta", "persona_attribute": True},
    "exponential": {"histogram": "exponential", "client_spans": True},
}


class Kept(Quiet):
    """A delivery that keeps requests, slice by slice."""

    def __init__(self) -> None:
        self.slices: list[list[Request]] = []

    def begin(self, offsets: dict[str, int]) -> None:
        self.slices.append([])

    def put(self, request: Request) -> None:
        self.slices[-1].append(request)

    def end(self) -> dict[str, Extent]:
        return {}


@cache
def encoded(shape: str, notation: str = "default", limit: int = 4 << 20) -> list[Request]:
    """All requests of a run."""
    return requests_of(prepared(**SHAPES[shape]), Notation(RUN_ID, **NOTATIONS[notation]), limit)


def requests_of(p: Prepared, notation: Notation, limit: int) -> list[Request]:
    """The same of any run."""
    kept = Kept()
    made = notated(p, notation)
    output = OtlpOutput(made, p.scenario.metric_interval_s, kept, limit)
    simulator = Simulator(p)
    for index in range(len(p.slices)):
        output.begin({})
        simulator.slice(index, output)
    return [request for requests in kept.slices for request in requests]


def parsed(request: Request) -> Any:
    return MESSAGES[request.signal].FromString(request.body)


def records(signal: str, message: Any) -> list[tuple[bytes, bytes]]:
    """(resource with scope and schemas, record) for each record; of metrics a record is a metric with one point."""
    resources, scopes, lists = LISTS[signal]
    found = []
    for resource in getattr(message, resources):
        assert len(getattr(resource, scopes)) == 1
        scope = getattr(resource, scopes)[0]
        head = (resource.resource.SerializeToString(), scope.scope.SerializeToString())
        name = b"\0".join((*head, resource.schema_url.encode(), scope.schema_url.encode()))
        for record in getattr(scope, lists):
            found += [(name, one) for one in (single_points(record) if signal == "metrics" else [whole(record)])]
    return found


def whole(message: Any) -> bytes:
    return message.SerializeToString(deterministic=True)


def single_points(metric: Any) -> list[bytes]:
    """The metric with each of its points alone."""
    kind = metric.WhichOneof("data")
    points = list(getattr(metric, kind).data_points)
    del getattr(metric, kind).data_points[:]
    bare = whole(metric)
    return [bare + b"\0" + whole(point) for point in points]


def all_records(requests: list[Request], signal: str) -> Counter[tuple[bytes, bytes]]:
    return Counter(record for r in requests if r.signal == signal for record in records(signal, parsed(r)))
