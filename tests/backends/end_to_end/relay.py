"""What stands between the program and the Collector where a test looks at messages, or spoils them."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import urllib3
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGES = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}
Watcher = Callable[[Message], None]
Records = Any  # a repeated field


class Relay:
    """Passes uncompressed OTLP/HTTP on to ``target``; ``watch`` sees each message first and may change it."""

    def __init__(self, target: str, watch: Watcher) -> None:
        self.target, self.watch = target, watch
        self.lock = threading.Lock()
        self._onward = urllib3.PoolManager(retries=False, timeout=600, maxsize=16, block=True)

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._serving.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._serving.join()
        self._onward.clear()

    def passed_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        """The target's answer to what became of a message."""
        message = MESSAGES[path].FromString(body)
        with self.lock:
            self.watch(message)
        headers = {"Content-Type": "application/x-protobuf"}
        answer = self._onward.request("POST", self.target + path, body=message.SerializeToString(), headers=headers)
        return answer.status, answer.data


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = relay.passed_on(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    return Handler


def records(message: Message) -> Iterator[tuple[str, Records]]:
    """Every list of records in a message, with what they are: of metrics, gauge points or histogram points."""
    if isinstance(message, ExportTraceServiceRequest):
        yield from (("span", s.spans) for r in message.resource_spans for s in r.scope_spans)
    elif isinstance(message, ExportLogsServiceRequest):
        yield from (("log record", s.log_records) for r in message.resource_logs for s in r.scope_logs)
    elif isinstance(message, ExportMetricsServiceRequest):
        metrics = (m for r in message.resource_metrics for s in r.scope_metrics for m in s.metrics)
        for metric in metrics:
            kind = metric.WhichOneof("data")
            yield f"{metric.name} {kind}", getattr(metric, kind).data_points


class Spoiler:
    """Drops, or doubles, one record of each kind that a run sends; ``spoilt`` names them."""

    def __init__(self, double: bool) -> None:
        self.double = double
        self.spoilt: set[str] = set()

    def __call__(self, message: Message) -> None:
        for kind, found in records(message):
            if kind not in self.spoilt and found:
                self.spoilt.add(kind)
                self._spoil(found)

    def _spoil(self, found: Records) -> None:
        if self.double:
            found.add().CopyFrom(found[0])
        else:
            del found[0]
