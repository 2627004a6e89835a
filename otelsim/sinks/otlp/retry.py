"""What is sent again, and when: the rules of the OTLP specification, for both transports.

Source: opentelemetry.io/docs/specs/otlp, "Failures" (gRPC) and "Failures" (HTTP). Everything here is pure.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

from otelsim.sinks.otlp.replies import Outcome, Refused, Retry, acknowledged, retry_info_s, status_message

RETRIED_STATUSES = frozenset({429, 502, 503, 504})
RETRIED_CODES = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"})
TOO_LARGE = re.compile(
    r"larger than max|exceeds maximum size|(message|request|entity|body)\b.* too large", re.IGNORECASE
)
"""How gRPC for Go and C, for Java and for Rust say that a message is over their limit."""
LONGEST_WAIT_S = 1e9
"""Thirty years; more does not fit the system's timers."""


class HttpReply(NamedTuple):
    """An HTTP reply as far as the rules look at it."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


class GrpcStatus(NamedTuple):
    """How an RPC that failed ended; ``details_bin`` is the trailer ``grpc-status-details-bin``."""

    code: str
    details: str = ""
    details_bin: bytes = b""


def judge_http(signal: str, reply: HttpReply, now_s: float) -> Outcome:
    """The outcome of a request that was answered at ``now_s`` (Unix time)."""
    if 200 <= reply.status < 300:
        return acknowledged(signal, reply.body)
    reason = _http_reason(reply)
    if reply.status in RETRIED_STATUSES:
        return Retry(retry_after_s(reply.retry_after, now_s), reason)
    # The Collector says with a 400 what others say with a 413.
    said = reply.status == HTTPStatus.BAD_REQUEST and TOO_LARGE.search(reason) is not None
    return Refused(reason, too_large=said or reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _http_reason(reply: HttpReply) -> str:
    name = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else ""
    return ": ".join(filter(None, (f"HTTP {reply.status} {name}".rstrip(), status_message(reply.body))))


def judge_grpc(status: GrpcStatus) -> Outcome:
    """The outcome of an RPC that ended with a code other than OK."""
    reason = ": ".join(filter(None, (f"gRPC {status.code}", status.details)))
    after_s = retry_info_s(status.details_bin)
    exhausted = status.code == "RESOURCE_EXHAUSTED"
    # Rust's tonic reports a message over its limit as OUT_OF_RANGE, which would be tried for ever.
    if after_s is None and (exhausted or status.code == "OUT_OF_RANGE") and TOO_LARGE.search(status.details):
        return Refused(reason, too_large=True)
    if status.code in RETRIED_CODES or (exhausted and after_s is not None):
        return Retry(after_s, reason)
    return Refused(reason)


def retry_after_s(value: str | None, now_s: float) -> float | None:
    """Seconds that a Retry-After header asks for, given as such or as a date; None where it says nothing usable."""
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(LONGEST_WAIT_S, max(0.0, date.timestamp() - now_s))


def clock_jitter() -> float:
    """A number in [0, 1) that differs between processes and calls: the clock's last digits, as no data hangs on it."""
    return time.perf_counter_ns() // 7 % 1_000 / 1_000


@dataclass(frozen=True)
class Backoff:
    """How long to wait before attempt after attempt: twice as long each time, half of it left to ``jitter``."""

    first_s: float = 1.0
    longest_s: float = 30.0
    jitter: Callable[[], float] = clock_jitter
    """Gives numbers in [0, 1)."""

    def delay_s(self, failures: int, after_s: float | None) -> float:
        """Seconds to wait after ``failures`` (from 1); never less than ``after_s``, which the receiver asked for."""
        if after_s:
            # Not all workers at the same moment: the receiver was overloaded.
            return min(LONGEST_WAIT_S, after_s + self.jitter() * min(after_s / 10, self.first_s))
        whole = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return whole * (0.5 + self.jitter() / 2)
