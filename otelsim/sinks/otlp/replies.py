"""The outcomes of an attempt, and what the replies to accepted and refused requests tell.

From collector/trace/v1/trace_service.proto, and alike for logs and metrics::

    message ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }
    message ExportTracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

MAX_REPLY_BYTES = 4 << 20
UNREAD = "accepted with a reply of more than 4 MiB, which was not read"
MAX_TEXT = 300
REJECTED: dict[str, tuple[Any, str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
}
"""The reply's class, and the name of what counts the rejected records in it."""


class Acknowledged(NamedTuple):
    """The receiver took all but ``rejected`` records; ``message`` is its warning, or ours about its reply."""

    rejected: int = 0
    message: str = ""


class Retry(NamedTuple):
    """To be sent again, not before ``after_s`` seconds where the receiver said so."""

    after_s: float | None
    reason: str


class Refused(NamedTuple):
    """Never to be sent again as it is; ``too_large``: in parts it may be taken."""

    reason: str
    too_large: bool = False


Outcome = Acknowledged | Retry | Refused


def acknowledged(signal: str, body: bytes) -> Acknowledged:
    """What the reply to an accepted request says; one that cannot be read is a warning, as the request was taken."""
    response, name = REJECTED[signal]
    try:
        partial = response.FromString(body).partial_success
    except DecodeError:
        return Acknowledged(0, "accepted with a reply that is no OTLP message")
    return Acknowledged(max(0, getattr(partial, name)), partial.error_message)


def status_message(body: bytes) -> str:
    """The message of the google.rpc.Status that a failure's reply holds, or "" where it holds none."""
    try:
        return str(Status.FromString(body).message)
    except DecodeError:
        return ""


def retry_info_s(details: bytes) -> float | None:
    """The delay of the RetryInfo among a google.rpc.Status' details, or None."""
    info = RetryInfo()
    try:
        for detail in Status.FromString(details).details:
            if detail.Unpack(info):
                return max(0.0, float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9))
    except DecodeError:
        pass
    return None


def shown(outcome: Outcome, redact: Callable[[str], str]) -> Outcome:
    """The outcome with its text made safe to show; receivers repeat headers in their errors.

    Secrets go first: a shortened one would no longer be found.
    """
    if isinstance(outcome, Acknowledged):
        return outcome._replace(message=plain(redact(outcome.message)))
    if isinstance(outcome, Retry):
        return outcome._replace(reason=plain(redact(outcome.reason)))
    return outcome._replace(reason=plain(redact(outcome.reason)))


def plain(text: str) -> str:
    """A receiver's text as one short line that is safe on a terminal."""
    line = re.sub(r"\s+", " ", text[: 4 * MAX_TEXT]).strip()
    line = "".join(c if c.isprintable() else "?" for c in line)
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"
