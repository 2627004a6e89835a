"""Sending through the SDK's official exporters, as our settings say and not as the environment does.

The exporters try a request a few times within one time-out and then give up, take a redirection for success and never
read what a reply says. So the reply or error of each attempt is looked at on its way to them, and the last one decides
how records are counted. Nothing that they log is let out: receivers repeat headers in their errors.
"""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Self

import grpc

from otelsim.errors import InputError, RunError
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.endpoints import GRPC
from otelsim.sinks.otlp.grpc import DETAILS, OPTIONS
from otelsim.sinks.otlp.http import reason_of
from otelsim.sinks.otlp.replies import Acknowledged, Outcome, Refused, Retry, acknowledged, shown
from otelsim.sinks.otlp.retry import RETRIED_CODES, GrpcStatus, HttpReply, judge_grpc, judge_http
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.wire.sdk.grouping import parts_of  # above all of the SDK: it says in one line where that is missing

# isort: split
import requests
from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
from opentelemetry.exporter.otlp.proto.grpc import metric_exporter as grpc_metrics
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_traces
from opentelemetry.exporter.otlp.proto.http import Compression, metric_exporter, trace_exporter
from opentelemetry.exporter.otlp.proto.http import _log_exporter as log_exporter
from opentelemetry.exporter.otlp.proto.http.version import __version__
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan

Objects = Sequence[ReadableSpan] | Sequence[ReadableLogRecord] | MetricsData
MOST_RECORDS = 512
"""Records of a request: what the SDK's batch processors send together."""
GAVE_UP = "the SDK gave up"
HTTP_EXPORTERS = {
    "traces": trace_exporter.OTLPSpanExporter,
    "logs": log_exporter.OTLPLogExporter,
    "metrics": metric_exporter.OTLPMetricExporter,
}
GRPC_EXPORTERS = {
    "traces": grpc_traces.OTLPSpanExporter,
    "logs": grpc_logs.OTLPLogExporter,
    "metrics": grpc_metrics.OTLPMetricExporter,
}
_LOGGER = logging.getLogger("opentelemetry.exporter")
_THEIRS = {"content-type": "application/x-protobuf", "user-agent": f"OTel-OTLP-Exporter-Python/{__version__}"}
"""The HTTP exporters' own headers, as their documentation has them."""
_CHANNEL_OPTIONS = tuple(option for option in OPTIONS if option[0] != "grpc.primary_user_agent")
_RETRIED = frozenset(grpc.StatusCode[name] for name in (*RETRIED_CODES, "RESOURCE_EXHAUSTED"))
"""As the exporters have it: they retry an exhausted receiver without being asked to."""


class _Last:
    """The outcome of the attempt that was made last, or None."""

    outcome: Outcome | None = None


class SdkSender:
    """Sends one worker's objects, one request after the other; its account is complete at any time."""

    def __init__(self, settings: Mapping[str, OtlpSettings], account: Account) -> None:
        """InputError where a variable that the exporters read for themselves is malformed."""
        self.settings, self.account = dict(settings), account
        self._closed = False
        _LOGGER.handlers, _LOGGER.propagate = [logging.NullHandler()], False
        self._last = {signal: _Last() for signal in self.settings}
        self._exporters = {signal: _exporter(each, self._last[signal]) for signal, each in self.settings.items()}

    def send(self, signal: str, objects: Objects, records: int) -> None:
        """Send ``objects``, which are ``records`` records or points, in requests of at most MOST_RECORDS.

        RunError where the sender is closed meanwhile: what was not answered stays pending.
        """
        self.account.generated(signal, records)
        parts = list(_parts(objects))
        if sum(count for _, count in parts) != records:
            raise RunError(f"{signal}: the objects hold other records than were to be sent")
        for part, count in parts:
            self._count(signal, count, self._export(signal, part))

    def flush(self) -> None:
        """Nothing is waited for: all that was sent is answered for or given up."""

    def close(self) -> None:
        """Close the connections; any thread may end what another one sends."""
        self._closed = True
        for exporter in self._exporters.values():
            exporter.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _export(self, signal: str, part: Any) -> Outcome:
        last = self._last[signal]
        last.outcome = None
        succeeded = self._exporters[signal].export(part).name == "SUCCESS"
        if self._closed and not succeeded:
            raise RunError("sending has ended")
        outcome: Outcome = last.outcome or Retry(None, "it made no request")
        if not isinstance(outcome, Acknowledged):
            outcome = Refused(f"{GAVE_UP}: {outcome.reason}")
        elif not succeeded:
            outcome = Refused(f"{GAVE_UP}: it says that the request failed, which was accepted")
        return shown(outcome, self.settings[signal].redact)

    def _count(self, signal: str, records: int, outcome: Outcome) -> None:
        if isinstance(outcome, Acknowledged):
            self.account.acknowledged(signal, records, min(outcome.rejected, records), outcome.message)
        else:
            self.account.refused(signal, records, outcome.reason)


def _parts(objects: Objects) -> Iterator[tuple[Any, int]]:
    if isinstance(objects, MetricsData):
        yield from parts_of(objects, MOST_RECORDS)
    else:
        for first in range(0, len(objects), MOST_RECORDS):
            part = objects[first : first + MOST_RECORDS]
            yield part, len(part)


def _exporter(settings: OtlpSettings, last: _Last) -> Any:
    make = _grpc_exporter if settings.protocol == GRPC else _http_exporter
    try:
        return make(settings, last)
    except ValueError as error:
        # All that we give them is checked; what they read beside it, though they do not use it, is not.
        text = settings.redact(str(error))
        raise InputError("--encoder", f"sdk: the SDK cannot read one of its variables: {text}") from None


def _http_exporter(settings: OtlpSettings, last: _Last) -> Any:
    packing = Compression.Gzip if settings.compression == "gzip" else Compression.NoCompression
    return HTTP_EXPORTERS[settings.signal](
        endpoint=settings.endpoint + (f"?{settings.query.reveal()}" if settings.query else ""),
        timeout=settings.timeout_s,
        compression=packing,
        session=_Session(settings, last),
    )


class _Session(requests.Session):
    """Sends with our headers and certificates alone: the exporter adds what it finds in the environment."""

    def __init__(self, settings: OtlpSettings, last: _Last) -> None:
        super().__init__()
        self.trust_env = False
        self._signal, self._last = settings.signal, last
        self._own = _THEIRS | {name: value.reveal() for name, value in settings.headers}
        if settings.compression == "gzip":
            self._own["content-encoding"] = "gzip"
        files = settings.tls_files
        self._trusted = str(files.certificate) if files.certificate else _trusted_by_the_system()
        both = files.client_certificate and files.client_key
        self._ours = (str(files.client_certificate), str(files.client_key)) if both else None

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        """One attempt."""
        self.verify, self.cert = self._trusted, self._ours
        try:
            reply = super().request(method, url, *args, **{**more, "headers": self._own})
        except Exception as error:
            self._last.outcome = Retry(None, reason_of(error, more["timeout"]))
            raise
        # What the reply asks to wait is the exporter's matter, so no clock is needed.
        self._last.outcome = judge_http(self._signal, HttpReply(reply.status_code, reply.content), 0.0)
        return reply


def _trusted_by_the_system() -> str | bool:
    """Where the system's certificates are; True takes those that come with requests."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True


class _Given(tuple[tuple[str, str], ...]):
    """Headers that are given even where there are none: the exporters would look for others in the environment."""

    def __bool__(self) -> bool:
        return True


def _grpc_exporter(settings: OtlpSettings, last: _Last) -> Any:
    return _watched(GRPC_EXPORTERS[settings.signal], settings.signal, last)(
        endpoint=settings.endpoint,
        insecure=settings.insecure,
        credentials=None if settings.insecure else _credentials(settings),
        headers=_Given((name, value.reveal()) for name, value in settings.headers),
        timeout=settings.timeout_s,
        compression=grpc.Compression.Gzip if settings.compression == "gzip" else grpc.Compression.NoCompression,
        channel_options=_CHANNEL_OPTIONS,
        retryable_error_codes=_RETRIED,
    )


def _credentials(settings: OtlpSettings) -> Any:
    return grpc.ssl_channel_credentials(*(path.read_bytes() if path else None for path in settings.tls_files))


def _watched(kind: Any, signal: str, last: _Last) -> Any:
    """An exporter of ``kind`` whose attempts are seen; it makes its client anew when a connection is lost."""

    class Watched(kind):  # type: ignore[misc]
        def _initialize_channel_and_stub(self) -> None:
            super()._initialize_channel_and_stub()
            export = self._client.Export
            self._client: Any = SimpleNamespace(Export=partial(_attempt, export, signal, last))

    return Watched


def _attempt(export: Callable[..., Any], signal: str, last: _Last, **call: Any) -> Any:
    try:
        reply = export(**call)
    except grpc.RpcError as error:
        last.outcome = judge_grpc(_status(error))
        raise
    except ValueError:
        # grpcio says so where another thread has closed the channel.
        raise RunError("sending has ended") from None
    last.outcome = acknowledged(signal, reply.SerializeToString())
    return reply


def _status(error: Any) -> GrpcStatus:
    trailers = dict(error.trailing_metadata() or ())
    return GrpcStatus(error.code().name, error.details() or "", trailers.get(DETAILS, b""))
