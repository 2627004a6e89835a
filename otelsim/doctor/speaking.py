"""What an endpoint speaks: one attempt as it will be made, and if that fails, what would have been understood."""

import contextlib
import re
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from otelsim.doctor.bodies import EMPTY
from otelsim.doctor.certificates import LISTENING_S, after_handshake, place_of, speaks_tls
from otelsim.sinks.otlp.endpoints import GRPC, HTTP
from otelsim.sinks.otlp.replies import Acknowledged, Outcome, Refused, Retry
from otelsim.sinks.otlp.secret import Secret
from otelsim.sinks.otlp.sending import new_exporter
from otelsim.sinks.otlp.settings import OtlpSettings

NO_GRPC = re.compile(r"http1\.x|HTTP/2|ALPN|http2 header with status")
"""How gRPC says that the other side speaks something else."""
SILENT_CODES = ("gRPC UNAVAILABLE", "gRPC DEADLINE_EXCEEDED", "gRPC CANCELLED")
"""Codes that gRPC itself gives where there was no answer."""


class Mistake(NamedTuple):
    """What the endpoint speaks instead, and what to change."""

    text: str
    change: str


def attempt(settings: OtlpSettings, body: bytes = EMPTY) -> Outcome:
    """Send ``body`` once, as a sender would."""
    with contextlib.closing(new_exporter(settings)) as exporter:
        return exporter.export(body, settings.timeout_s)


def mistaken(settings: OtlpSettings, outcome: Retry | Refused) -> Mistake | None:
    """Why an attempt that was not accepted could not have been: TLS or protocol; None where neither is at fault.

    What is sent to find out carries no headers: it goes in another way than the user asked for.
    """
    if settings.insecure and not understood(outcome) and speaks_tls(place_of(settings)):
        return Mistake("it speaks TLS", f"{base_url(settings, 'https')} in --endpoint")
    other = _bare(settings, GRPC if settings.protocol == HTTP else HTTP, settings.insecure)
    if _prefers(other, outcome):
        return _other_protocol(other, "")
    return None if settings.insecure or understood(outcome) else _client_unknown(settings)


def _client_unknown(settings: OtlpSettings) -> Mistake | None:
    """Whether the server wants to know who we are. gRPC's own servers do not say so: they hang up."""
    change, then = "--client-certificate and --client-key", after_handshake(settings)
    if settings.tls_files.client_certificate:
        return Mistake("it refuses our client's certificate", f"another in {change}") if then == "alert" else None
    if then == "alert":
        return Mistake("it wants a client's certificate", change)
    return Mistake("it hangs up after the TLS handshake: it may want a client's certificate", change) if then else None


def without_tls(settings: OtlpSettings) -> Mistake | None:
    """What the endpoint speaks where a TLS handshake has failed: the same or the other protocol in the clear."""
    for protocol in dict.fromkeys((settings.protocol, GRPC, HTTP)):
        each = _bare(settings, protocol, insecure=True)
        if understood(attempt(each)):
            if each.protocol != settings.protocol:
                return _other_protocol(each, " without TLS")
            return Mistake("it speaks no TLS", f"{base_url(settings, 'http')} in --endpoint")
    return None


def understood(outcome: Outcome) -> bool:
    """Whether the other side answered in the protocol that it was spoken to in."""
    if isinstance(outcome, Acknowledged):
        return True
    if outcome.reason.startswith("HTTP "):
        return True
    of_grpc = outcome.reason.startswith("gRPC ") and not outcome.reason.startswith(SILENT_CODES)
    return of_grpc and not NO_GRPC.search(outcome.reason)


def _prefers(other: OtlpSettings, outcome: Retry | Refused) -> bool:
    """Whether the other protocol was accepted, or understood where the first was not."""
    answer = attempt(other)
    if isinstance(answer, Acknowledged):
        # Whoever answers any POST with a page of its own is no receiver of OTLP.
        return not (other.protocol == HTTP and answer.message)
    misunderstood = bool(NO_GRPC.search(outcome.reason)) if other.protocol == HTTP else not understood(outcome)
    return misunderstood and understood(answer)


def _other_protocol(other: OtlpSettings, how: str) -> Mistake:
    spoken, wanted, port = ("gRPC", "HTTP", 4318) if other.protocol == GRPC else ("HTTP", "gRPC", 4317)
    scheme = " and http:// in --endpoint" if how else ""
    change = f"--protocol {other.protocol}{scheme}, or the port where it speaks {wanted} (usually {port})"
    return Mistake(f"it speaks {spoken}{how}", change)


def _bare(settings: OtlpSettings, protocol: str, insecure: bool) -> OtlpSettings:
    """The same place in another way, with nothing secret."""
    url = base_url(settings, "http" if insecure else "https")
    return replace(
        settings,
        endpoint=url if protocol == GRPC else f"{url}/v1/{settings.signal}",
        protocol=protocol,
        insecure=insecure,
        headers=(),
        query=Secret(""),
        compression="none",
        timeout_s=min(settings.timeout_s, 3 * LISTENING_S),
    )


def base_url(settings: OtlpSettings, scheme: str) -> str:
    """An endpoint without its path."""
    return f"{scheme}://{urlsplit(settings.endpoint).netloc}"
