"""One attempt over OTLP/gRPC: the unary Export call with the body as it is.

The call takes and gives bytes (no message classes), and nothing of it is left to gRPC's own retries, proxies or
name-service configuration: what is sent, where and how often is for the settings and the sender to say.
"""

from typing import Any
from urllib.parse import urlsplit

import grpc

from otelsim import __version__
from otelsim.sinks.otlp.replies import MAX_REPLY_BYTES, UNREAD, Acknowledged, Outcome, acknowledged, shown
from otelsim.sinks.otlp.retry import GrpcStatus, judge_grpc
from otelsim.sinks.otlp.settings import OtlpSettings

SERVICES = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
DETAILS = "grpc-status-details-bin"
OPTIONS = (
    ("grpc.primary_user_agent", f"otelsim/{__version__}"),
    ("grpc.max_receive_message_length", MAX_REPLY_BYTES),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
    # A channel of its own for each exporter: a shared connection would not be closed with it.
    ("grpc.use_local_subchannel_pool", 1),
    # The sender's backoff decides when to try; the channel must not sit out minutes of its own.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


class GrpcExporter:
    """Calls one signal's service; any number of threads may use it."""

    def __init__(self, settings: OtlpSettings) -> None:
        self.settings = settings
        self._metadata = tuple((name, value.reveal()) for name, value in settings.headers)
        self._channel = _channel(settings)
        self._export = self._channel.unary_unary(SERVICES[settings.signal])

    def export(self, body: bytes, timeout: float) -> Outcome:
        """Send ``body`` once, in ``timeout`` seconds all in all."""
        try:
            reply = self._export(body, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            return self._failed(error)
        except ValueError:
            # grpcio says so where another thread has closed the channel.
            return judge_grpc(GrpcStatus("CANCELLED", "the channel is closed"))
        return shown(acknowledged(self.settings.signal, reply), self.settings.redact)

    def close(self) -> None:
        """Close the channel; calls on it end as cancelled."""
        self._channel.close()

    def _failed(self, error: Any) -> Outcome:
        if self._is_about_the_reply(error.details() or ""):
            return Acknowledged(0, UNREAD)
        trailers = dict(error.trailing_metadata() or ())
        status = GrpcStatus(error.code().name, error.details() or "", trailers.get(DETAILS, b""))
        return shown(judge_grpc(status), self.settings.redact)

    def _is_about_the_reply(self, details: str) -> bool:
        """Whether it was gRPC here that found a message too large: then there was a reply.

        A server's gRPC uses the second text too, but only about a compressed request.
        """
        unpacked = details.startswith("Decompressed message larger than max") and self.settings.compression == "none"
        return unpacked or "CLIENT: Received message larger than max" in details


def _channel(settings: OtlpSettings) -> Any:
    target = urlsplit(settings.endpoint).netloc
    packing = grpc.Compression.Gzip if settings.compression == "gzip" else grpc.Compression.NoCompression
    if settings.insecure:
        return grpc.insecure_channel(target, OPTIONS, packing)
    return grpc.secure_channel(target, _credentials(settings), OPTIONS, packing)


def _credentials(settings: OtlpSettings) -> Any:
    root, key, chain = (path.read_bytes() if path else None for path in settings.tls_files)
    return grpc.ssl_channel_credentials(root, key, chain)
