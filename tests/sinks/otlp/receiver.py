"""OTLP receivers that fail as they are told: a list of steps, one a request, then success or whatever a rule says.

Each keeps every body with its time of arrival. ``served`` counts the records of the bodies that were accepted.
"""

import gzip
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otelsim.sinks.otlp.grpc import SERVICES
from otelsim.sinks.otlp.replies import REJECTED

PATHS = {f"/v1/{signal}": signal for signal in SERVICES}
PATHS |= {"/opentelemetry/v1/metrics": "metrics", "/insert/opentelemetry/v1/logs": "logs"}
"""The stores have their own."""


@dataclass(frozen=True)
class Step:
    """How one request is answered."""

    status: int = 200
    code: grpc.StatusCode = grpc.StatusCode.OK
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """The message of a failure, or of a partial success."""
    rejected: int = 0
    delay_s: float = 0
    retry_info_s: float | None = None
    raw: bytes | None = None
    """A body instead of the right one."""
    fault: str = ""
    """HTTP: ``cut`` after the request, ``cut in reply``, ``unread``: the body is not read, ``drip``: a byte at a time,
    ``drip headers``."""


class Coming(NamedTuple):
    """What is known of a request before its body is read: its number from 0, seconds since the first, bytes."""

    number: int
    seconds: float
    size: int


Rule = Callable[[Coming], Step]


@dataclass(frozen=True)
class Arrival:
    """A request as it came: ``at_s`` is when its head did, or with gRPC all of it."""

    signal: str
    body: bytes
    at_s: float
    headers: dict[str, str]
    answered_s: float = 0
    accepted: bool = False
    records: int = 0
    step: Step = Step()


def records_of(signal: str, body: bytes) -> int:
    """Counted by hand, not by the code under test."""
    if signal == "traces":
        resources = ExportTraceServiceRequest.FromString(body).resource_spans
        return sum(len(scope.spans) for each in resources for scope in each.scope_spans)
    if signal == "logs":
        resources = ExportLogsServiceRequest.FromString(body).resource_logs
        return sum(len(scope.log_records) for each in resources for scope in each.scope_logs)
    resources = ExportMetricsServiceRequest.FromString(body).resource_metrics
    metrics = (metric for each in resources for scope in each.scope_metrics for metric in scope.metrics)
    return sum(len(getattr(metric, metric.WhichOneof("data")).data_points) for metric in metrics)


class Receiver:
    """What HTTP and gRPC share: the script and what came."""

    def __init__(self) -> None:
        self.steps: deque[Step] = deque()
        self.otherwise: Step | Rule = Step()
        self.arrivals: list[Arrival] = []
        self.begun = 0
        """Requests that came, answered or not."""
        self.first_s = 0.0
        self.released = threading.Event()
        """Set: no step's delay holds any more."""
        self.keeps_bodies = True
        self._lock = threading.Lock()

    def script(self, *steps: Step, otherwise: Step | Rule | None = None) -> None:
        self.steps.extend(steps)
        self.otherwise = otherwise or self.otherwise

    def next_step(self, size: int) -> Step:
        with self._lock:
            now = time.monotonic()
            self.first_s = self.first_s or now
            coming = Coming(self.begun, now - self.first_s, size)
            self.begun += 1
            if self.steps:
                return self.steps.popleft()
            return self.otherwise(coming) if callable(self.otherwise) else self.otherwise

    def arrived(self, signal: str, body: bytes, headers: dict[str, str], step: Step, at_s: float) -> None:
        self.released.wait(step.delay_s)
        accepted = step.status == 200 and step.code is grpc.StatusCode.OK and step.fault != "cut"
        records, kept = records_of(signal, body), body if self.keeps_bodies else b""
        with self._lock:
            self.arrivals.append(Arrival(signal, kept, at_s, headers, time.time(), accepted, records, step))

    @property
    def served(self) -> int:
        return sum(a.records for a in self.arrivals if a.accepted)

    def reply(self, signal: str, step: Step) -> bytes:
        if step.raw is not None:
            return step.raw
        kind, name = REJECTED[signal]
        response = kind()
        if step.rejected or step.text:
            setattr(response.partial_success, name, step.rejected)
            response.partial_success.error_message = step.text
        return response.SerializeToString()


class HttpReceiver(Receiver):
    """OTLP/HTTP on a free loopback port."""

    def __init__(self, tls=None) -> None:
        super().__init__()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self), bind_and_activate=False)
        self.server.daemon_threads = True
        self.server.request_queue_size = 128  # or the system resets connections where many come at once
        self.server.handle_error = lambda *_: None
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        self.server.server_bind()
        self.server.server_activate()
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.socket.close()


def _handler(receiver: HttpReceiver):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            at_s = time.time()
            step = receiver.next_step(int(self.headers["content-length"]))
            signal = PATHS.get(self.path.partition("?")[0], "traces")
            if step.fault == "unread":
                receiver.arrivals.append(Arrival(signal, b"", time.time(), dict(self.headers)))
                receiver.released.wait(30)
                return
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.arrived(signal, body, {**dict(self.headers), ":path": self.path}, step, at_s)
            self.answer(signal, step)

        def answer(self, signal: str, step: Step) -> None:
            good = step.status == 200
            content = (
                receiver.reply(signal, step) if good or step.raw else Status(message=step.text).SerializeToString()
            )
            if step.fault == "cut":
                self.reset()
                return
            if step.fault == "drip headers":
                self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000)
                return
            self.send_response(step.status)
            for name, value in step.headers.items():
                self.send_header(name, value)
            missing = 10 if step.fault == "cut in reply" else 0
            self.send_header("content-length", str(len(content) + missing))
            self.end_headers()
            if step.fault == "drip":
                self.drip(content)
            else:
                self.wfile.write(content)
            self.close_connection = bool(missing)

        def drip(self, content: bytes) -> None:
            for i in range(len(content)):
                self.wfile.write(content[i : i + 1])
                if receiver.released.wait(0.1):
                    break
            self.close_connection = True

        def reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def finish(self) -> None:
            if not self.connection._closed:  # after a reset there is nothing to flush
                super().finish()

    return Handler


class GrpcReceiver(Receiver):
    """OTLP/gRPC on a free loopback port."""

    def __init__(self, credentials=None, max_bytes: int = 4 << 20) -> None:
        super().__init__()
        self.server = grpc.server(
            futures.ThreadPoolExecutor(16),
            options=[("grpc.max_receive_message_length", max_bytes), ("grpc.max_send_message_length", -1)],
        )
        for signal, path in SERVICES.items():
            service, method = path[1:].split("/")
            handler = grpc.unary_unary_rpc_method_handler(self._serve(signal))
            self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
        if credentials:
            port = self.server.add_secure_port("localhost:0", credentials)
        else:
            port = self.server.add_insecure_port("localhost:0")
        self.url = f"{'https' if credentials else 'http'}://localhost:{port}"
        self.server.start()

    def _serve(self, signal: str):
        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            at_s = time.time()
            step = self.next_step(len(body))
            self.arrived(signal, body, dict(context.invocation_metadata()), step, at_s)
            if step.headers.get("compress"):
                context.set_compression(grpc.Compression.Gzip)
            if step.code is not grpc.StatusCode.OK:
                if step.retry_info_s is not None:
                    context.set_trailing_metadata((("grpc-status-details-bin", _details(step)),))
                context.abort(step.code, step.text)
            return self.reply(signal, step)

        return export

    def close(self) -> None:
        self.released.set()
        self.server.stop(0).wait()


def _details(step: Step) -> bytes:
    info = RetryInfo()
    info.retry_delay.FromNanoseconds(int(step.retry_info_s * 1e9))
    packed = Any()
    packed.Pack(info)
    return Status(code=step.code.value[0], message=step.text, details=[packed]).SerializeToString()
