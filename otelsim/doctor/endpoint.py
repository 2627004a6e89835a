"""An OTLP endpoint: whether it takes what a run sends, signal by signal.

What is sent holds no record, so nothing is stored: an empty Export request, one that compresses, and one as large as a
run's largest.
"""

from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from otelsim.doctor.bodies import EMPTY, padded
from otelsim.doctor.certificates import Place, check_certificate, place_of, unreachable
from otelsim.doctor.findings import OK, PROBLEM, WARNING, Finding
from otelsim.doctor.speaking import attempt, base_url, mistaken, understood, without_tls
from otelsim.sinks.otlp.endpoints import GRPC
from otelsim.sinks.otlp.headers import CREDENTIALS
from otelsim.sinks.otlp.replies import Acknowledged, Outcome, Refused, Retry
from otelsim.sinks.otlp.settings import OtlpSettings

LARGEST_BYTES = 64 << 20
"""Larger requests are not tried: they would only show this machine's patience."""
SMALL_BYTES = 1_024
UNAUTHENTICATED = ("HTTP 401", "gRPC UNAUTHENTICATED")
FORBIDDEN = ("HTTP 403", "gRPC PERMISSION_DENIED")
NOT_HERE = ("HTTP 400", "HTTP 404", "HTTP 405", "gRPC UNIMPLEMENTED")
"""To an empty request, which is valid everywhere, 400 is the answer of something else."""


class Way(NamedTuple):
    """What several signals have in common on their way to an endpoint."""

    protocol: str
    insecure: bool
    place: Place


def check_endpoints(settings: list[OtlpSettings], now_s: float) -> list[Finding]:
    """All checks of the endpoints that these signals go to, each place asked once."""
    ways = sorted(settings, key=way_of)
    return [finding for _, signals in groupby(ways, way_of) for finding in _check_way(list(signals), now_s)]


def way_of(settings: OtlpSettings) -> Way:
    """The way of one signal."""
    return Way(settings.protocol, settings.insecure, place_of(settings))


def silence(settings: OtlpSettings) -> str:
    """Why an endpoint cannot be asked yet, where waiting may help; "" where it answers, or answers wrongly."""
    if reason := unreachable(place_of(settings)):
        return reason
    if not settings.insecure:
        finding = _certificate(settings, 0.0)
        if finding.verdict == PROBLEM:
            return "" if finding.change else finding.text
    outcome = attempt(settings)
    return outcome.reason if isinstance(outcome, Retry) and not mistaken(settings, outcome) else ""


def _check_way(signals: list[OtlpSettings], now_s: float) -> list[Finding]:
    """The checks of one place; what is wrong with the place itself is said once."""
    first = signals[0]
    of = base_url(first, "http" if first.insecure else "https")
    if reason := unreachable(place_of(first)):
        return [Finding(PROBLEM, of, "reachable", f"does not answer ({reason})", "start it, or correct --endpoint")]
    found: list[Finding] = []
    if not first.insecure:
        found = [_certificate(first, now_s)._replace(of=of)]
        if found[0].verdict == PROBLEM:
            return found
    outcome = attempt(first)
    wrong = None if isinstance(outcome, Acknowledged) or _is_about_us(outcome) else mistaken(first, outcome)
    if wrong:
        return [*found, Finding(PROBLEM, of, "protocol", wrong.text, wrong.change)]
    if understood(outcome):
        how = "in the clear" if first.insecure else "over TLS"
        found.append(Finding(OK, of, "protocol", f"speaks {'gRPC' if first.protocol == GRPC else 'HTTP'} {how}"))
    return [*found, *(_check_signal(each) for each in signals)]


def _certificate(settings: OtlpSettings, now_s: float) -> Finding:
    """What TLS shows; where there is none, what is spoken instead. A fault that may pass has nothing to change."""
    finding = check_certificate(settings, now_s)
    wrong = without_tls(settings) if finding.verdict == PROBLEM and not finding.change else None
    return finding._replace(**wrong._asdict()) if wrong else finding


def _is_about_us(outcome: Outcome) -> bool:
    return isinstance(outcome, Refused) and outcome.reason.startswith(UNAUTHENTICATED + FORBIDDEN)


def _check_signal(settings: OtlpSettings) -> Finding:
    """Whether one signal's requests are taken: empty, compressed, large; the first that is not is told."""
    plainly = attempt(replace(settings, compression="none"), EMPTY)
    if not isinstance(plainly, Acknowledged):
        return _finding(settings, PROBLEM, *_refusal(settings, plainly))
    if plainly.message:
        return _finding(settings, *_remark(settings, plainly.message))
    if settings.compression == "gzip":
        packed = attempt(settings, padded(settings.signal, SMALL_BYTES))
        if not isinstance(packed, Acknowledged):
            return _finding(settings, PROBLEM, f"refuses gzip ({packed.reason})", "--compression none")
    return _check_size(settings)


def _check_size(settings: OtlpSettings) -> Finding:
    size = min(settings.max_request_bytes, LARGEST_BYTES)
    outcome = attempt(settings, padded(settings.signal, size))
    if not isinstance(outcome, Acknowledged):
        return _finding(
            settings,
            PROBLEM,
            f"refuses requests of {size:,} bytes ({outcome.reason})",
            "a smaller --max-request-bytes, or a higher limit there",
        )
    packed = " with gzip" if settings.compression == "gzip" else ""
    return _finding(settings, OK, f"takes requests{packed}, tried up to {size:,} bytes")


def _finding(settings: OtlpSettings, verdict: str, text: str, change: str = "") -> Finding:
    return Finding(verdict, settings.endpoint, settings.signal, text, change)


def _remark(settings: OtlpSettings, message: str) -> tuple[str, str, str]:
    """What an accepted request's reply says besides: a page is no reply of a receiver."""
    if message.endswith("no OTLP message"):
        return PROBLEM, "answers as no OTLP receiver does: what is sent there may be lost", "correct the endpoint"
    return WARNING, f"takes requests, and says: {message}", f"see whether that concerns {settings.signal}"


def _refusal(settings: OtlpSettings, outcome: Retry | Refused) -> tuple[str, str]:
    """What is wrong, and what to change."""
    reason, signal = outcome.reason, settings.signal
    if reason.startswith(UNAUTHENTICATED + FORBIDDEN):
        given = any(name in CREDENTIALS for name, _ in settings.headers)
        return f"refuses our credentials ({reason})" if given else f"wants credentials ({reason})", (
            "other ones in --header or its variable" if given else "--header authorization=@FILE"
        )
    if reason.startswith(NOT_HERE):
        where = "" if settings.protocol == GRPC else f", or another path in --{signal}-endpoint"
        return f"takes no {signal} ({reason})", f"a pipeline of {signal} there{where}, or --signals without {signal}"
    if isinstance(outcome, Retry):
        return f"takes no {signal} now ({reason})", "see its log, or try again (--wait)"
    return f"refuses {signal} ({reason})", "see its log"
