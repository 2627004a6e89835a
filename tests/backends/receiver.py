"""A receiver of spans by OTLP/gRPC and OTLP/HTTP that counts them and keeps their ids."""

import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

MAX_MESSAGE = 64 * 1024 * 1024


class SpanReceiver:
    """Takes spans at ``url`` + any path that ends in ``/v1/traces``, and at ``grpc_endpoint``.

    ``count`` counts spans as they came, ``ids`` holds trace id + span id: a difference is a span that came twice.
    ``requests`` keeps the messages themselves where ``keep`` is set.
    """

    def __init__(self, keep: bool = False) -> None:
        self.count = 0
        self.ids: set[bytes] = set()
        self.keep = keep
        self.requests: list[ExportTraceServiceRequest] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        # A closing server would wait for connections that the Collector keeps open.
        self._http.daemon_threads = True
        self._serving = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._serving.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._grpc = grpc.server(ThreadPoolExecutor(2), options=[("grpc.max_receive_message_length", MAX_MESSAGE)])
        add_TraceServiceServicer_to_server(_Servicer(self), self._grpc)
        self.grpc_endpoint = f"127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        self._grpc.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._grpc.stop(grace=None).wait()
        self._http.shutdown()
        self._http.server_close()
        self._serving.join()

    def take(self, request: ExportTraceServiceRequest) -> None:
        ids = [span.trace_id + span.span_id for span in spans_of(request)]
        with self._lock:
            self.count += len(ids)
            self.ids.update(ids)
            if self.keep:
                self.requests.append(request)

    def clear(self) -> None:
        with self._lock:
            self.count = 0
            self.ids.clear()
            self.requests.clear()


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    return (span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans)


class _Servicer(TraceServiceServicer):
    def __init__(self, receiver: SpanReceiver) -> None:
        self._receiver = receiver

    def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: N802
        self._receiver.take(request)
        return ExportTraceServiceResponse()


def _handler(receiver: SpanReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.path.endswith("/v1/traces"):
                return self._answer(404)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.take(ExportTraceServiceRequest.FromString(body))
            return self._answer(200)

        def _answer(self, status: int) -> None:
            """An empty message says that everything was taken; it has no bytes."""
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    return Handler
