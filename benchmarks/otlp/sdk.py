"""The OpenTelemetry Python SDK as a sender: ``python -m benchmarks.otlp.sdk``.

Spans and log records go through the batch processors; gauge points, as the SDK's metric data, through its exporter:
aggregation would make one point of many. The records are those of a capture, with one resource for all, spans without
parents, points without exemplars: each costs the SDK less than the real thing would.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanKind

from benchmarks.otlp.material import Material, Record, material

EXPORTERS = {
    ("traces", "http"): HttpSpanExporter,
    ("logs", "http"): HttpLogExporter,
    ("metrics", "http"): HttpMetricExporter,
    ("traces", "grpc"): GrpcSpanExporter,
    ("logs", "grpc"): GrpcLogExporter,
    ("metrics", "grpc"): GrpcMetricExporter,
}
RECORDS = 5_000
Emit = Callable[[list[Record]], None]


def main() -> None:
    asked = _arguments()
    # A full queue is told of for every record that is dropped.
    logging.disable()
    made = material(asked.bodies, asked.signal, RECORDS)
    emit, end = SENDERS[asked.signal](made, _exporter(asked), asked)
    chunk = 2 * asked.batch
    records, called = cycle(made.records), 0
    until = time.monotonic() + asked.seconds
    while time.monotonic() < until:
        emit(list(islice(records, chunk)))
        called += chunk
    end()
    print(json.dumps({"made": {asked.signal: called}}))


def _exporter(asked: argparse.Namespace):
    kind = EXPORTERS[asked.signal, asked.protocol]
    if asked.protocol == "http":
        return kind(endpoint=f"{asked.endpoint}/v1/{asked.signal}")
    return kind(endpoint=asked.endpoint, insecure=True)


def spans(made: Material, exporter, asked: argparse.Namespace) -> tuple[Emit, Callable[[], None]]:
    """The queue holds four batches: two are made while others go out."""
    processor = BatchSpanProcessor(exporter, 4 * asked.batch, max_export_batch_size=asked.batch)
    provider = TracerProvider(resource=Resource(made.resource), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("otelsim")

    def emit(records: list[Record]) -> None:
        for r in records:
            span = tracer.start_span(r.text, None, SpanKind.SERVER, r.attributes, start_time=r.start_ns)
            span.end(r.end_ns)
        if asked.pace == "flush":
            processor.force_flush()

    return emit, provider.shutdown


def log_records(made: Material, exporter, asked: argparse.Namespace) -> tuple[Emit, Callable[[], None]]:
    processor = BatchLogRecordProcessor(exporter, max_export_batch_size=asked.batch, max_queue_size=4 * asked.batch)
    provider = LoggerProvider(Resource(made.resource), shutdown_on_exit=False)
    provider.add_log_record_processor(processor)
    logger = provider.get_logger("otelsim")

    def emit(records: list[Record]) -> None:
        for r in records:
            logger.emit(
                timestamp=r.start_ns,
                observed_timestamp=r.end_ns,
                severity_number=SeverityNumber(r.value),
                severity_text="INFO",
                body=r.text,
                attributes=r.attributes,
            )
        if asked.pace == "flush":
            processor.force_flush()

    return emit, provider.shutdown


def points(made: Material, exporter, asked: argparse.Namespace) -> tuple[Emit, Callable[[], None]]:
    """Each batch is exported when it is made: nothing is queued, so nothing is dropped."""
    resource, scope = Resource(made.resource), InstrumentationScope("otelsim")

    def emit(records: list[Record]) -> None:
        for start in range(0, len(records), asked.batch):
            by_name: dict[str, list[NumberDataPoint]] = {}
            for r in records[start : start + asked.batch]:
                by_name.setdefault(r.text, []).append(NumberDataPoint(r.attributes, 0, r.end_ns, r.value))
            metrics = [Metric(name, "", "", Gauge(each)) for name, each in by_name.items()]
            data = MetricsData([ResourceMetrics(resource, [ScopeMetrics(scope, metrics, "")], "")])
            if exporter.export(data) is not MetricExportResult.SUCCESS:
                raise SystemExit("the exporter failed")

    return emit, exporter.shutdown


SENDERS = {"traces": spans, "logs": log_records, "metrics": points}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Send records through the OpenTelemetry SDK.")
    parser.add_argument("--signal", choices=SENDERS, required=True)
    parser.add_argument("--protocol", choices=("http", "grpc"), required=True)
    parser.add_argument("--endpoint", required=True, help="URL for http, host:port for grpc")
    parser.add_argument("--bodies", type=Path, required=True, help="a capture, whose first records are sent")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--batch", type=int, required=True, help="records a request")
    parser.add_argument("--pace", choices=("flush", "free"), default="flush", help="free: what is dropped is dropped")
    return parser.parse_args()


if __name__ == "__main__":
    main()
