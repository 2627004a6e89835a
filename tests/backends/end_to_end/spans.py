"""A receiver of spans that tells runs apart by their resource."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from tests.backends.receiver import SpanReceiver

Received = list[tuple[bytes, int]]


class SpansOfRuns(SpanReceiver):
    """``counts`` counts a run's spans as they came; ``durations_ns`` has them by trace id + span id, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.durations_ns: dict[str, dict[bytes, int]] = {}

    def take(self, request: ExportTraceServiceRequest) -> None:
        found = [(run_of(spans), list(map(_kept, _spans(spans)))) for spans in request.resource_spans]
        with self._lock:
            for run, spans in found:
                self.counts[run] = self.counts.get(run, 0) + len(spans)
                self.durations_ns.setdefault(run, {}).update(spans)


def run_of(spans: ResourceSpans) -> str:
    """The resource's otelsim.run.id, or nothing."""
    found = [a.value.string_value for a in spans.resource.attributes if a.key == "otelsim.run.id"]
    return found[0] if found else ""


def _spans(resource: ResourceSpans) -> list[Span]:
    return [span for scope in resource.scope_spans for span in scope.spans]


def _kept(span: Span) -> tuple[bytes, int]:
    return span.trace_id + span.span_id, span.end_time_unix_nano - span.start_time_unix_nano
