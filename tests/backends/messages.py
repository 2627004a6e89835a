"""Hand-made OTLP messages: one resource with the 20 ids, and spans, log records, gauge points and histograms of it."""

import hashlib
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_ERROR, LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

DAY_S = 86_400
# Half a year back: what a default retention would have dropped without a word.
START_S = (int(time.time()) // DAY_S - 183) * DAY_S
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
WORDS = {
    "environment": "prod", "provider": "aws", "account": "111111111111", "region": "us-east-1", "partition": "platform",
    "target_type": "eks", "target": "main", "application": "social", "stack": "user", "service": "identity",
    "tag": "default", "release": "100",
}  # fmt: skip
COMPOSITES = {
    "provider_id": "prod:aws:111111111111",
    "region_id": "prod:aws:111111111111:us-east-1",
    "partition_id": "prod:aws:111111111111:us-east-1:platform",
    "target_id": "prod:aws:111111111111:us-east-1:platform:eks:main",
    "stack_id": "social:user",
    "service_id": "social:user:identity",
    "deployment_id": "prod:aws:111111111111:us-east-1:platform:eks:main:social:user:identity:default",
    "release_id": "prod:aws:111111111111:us-east-1:platform:eks:main:social:user:identity:default:100",
}
IDS = WORDS | COMPOSITES
SCOPE = InstrumentationScope(name="otelsim", version="0")


def attributes(pairs: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in pairs.items()]


def resource(run: str) -> Resource:
    named = {f"qairon.{name}": value for name, value in IDS.items()}
    return Resource(attributes=attributes({**named, "service.name": "user-identity", "otelsim.run.id": run}))


def time_ns(index: int) -> int:
    """One record a second; only the whole milliseconds of a time survive in VictoriaMetrics."""
    return (START_S + index) * 1_000_000_000 + 123_000_000


def ids_of(run: str, index: int) -> tuple[bytes, bytes]:
    """Trace and span id of a run's record."""
    digest = hashlib.sha256(f"{run} {index}".encode()).digest()
    return digest[:16], digest[16:24]


def spans(run: str, count: int) -> ExportTraceServiceRequest:
    made = [
        Span(
            trace_id=ids_of(run, i)[0],
            span_id=ids_of(run, i)[1],
            name="GET /users/{id}",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=time_ns(i),
            end_time_unix_nano=time_ns(i) + 1_500_000,
        )
        for i in range(count)
    ]
    scoped = ScopeSpans(scope=SCOPE, spans=made)
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource(run), scope_spans=[scoped])])


def logs(run: str, count: int) -> ExportLogsServiceRequest:
    made = [
        LogRecord(
            time_unix_nano=time_ns(i),
            observed_time_unix_nano=time_ns(i),
            severity_number=SEVERITY_NUMBER_ERROR,
            severity_text="ERROR",
            body=AnyValue(string_value="get_user failed: cache timeout"),
            attributes=attributes({"action": "get_user", "error_source": "infrastructure:redis_content"}),
            trace_id=ids_of(run, i)[0],
            span_id=ids_of(run, i)[1],
        )
        for i in range(count)
    ]
    scoped = ScopeLogs(scope=SCOPE, log_records=made)
    return ExportLogsServiceRequest(resource_logs=[ResourceLogs(resource=resource(run), scope_logs=[scoped])])


def metrics(run: str, count: int) -> ExportMetricsServiceRequest:
    """``count`` points of ``request_duration_ms`` and as many of ``http.server.request.duration``."""
    scoped = ScopeMetrics(scope=SCOPE, metrics=[durations(count), histograms(count)])
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(resource=resource(run), scope_metrics=[scoped])]
    )


def durations(count: int) -> Metric:
    """The unit stays empty: the store would append it to the name."""
    points = [
        NumberDataPoint(time_unix_nano=time_ns(i), as_double=1.5 + i, attributes=attributes({"action": "get_user"}))
        for i in range(count)
    ]
    return Metric(name="request_duration_ms", gauge=Gauge(data_points=points))


def histograms(count: int) -> Metric:
    """A cumulative histogram that counts one request a point, each of 2 ms."""
    points = [
        HistogramDataPoint(
            start_time_unix_nano=time_ns(0) - 1_000_000,
            time_unix_nano=time_ns(i),
            count=i + 1,
            sum=0.002 * (i + 1),
            bucket_counts=[i + 1] + [0] * len(BOUNDS),
            explicit_bounds=BOUNDS,
            attributes=attributes({"http.request.method": "GET", "http.route": "/users/{id}"}),
        )
        for i in range(count)
    ]
    data = Histogram(data_points=points, aggregation_temporality=AGGREGATION_TEMPORALITY_CUMULATIVE)
    return Metric(name="http.server.request.duration", unit="s", histogram=data)
