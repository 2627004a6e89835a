"""TLS as an endpoint speaks it: whether it does, whom its certificate is for, and until when."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from otelsim.doctor.findings import OK, PROBLEM, WARNING, Finding
from otelsim.doctor.units import DAY_S
from otelsim.sinks.otlp.endpoints import GRPC
from otelsim.sinks.otlp.http import reason_of
from otelsim.sinks.otlp.replies import plain
from otelsim.sinks.otlp.settings import OtlpSettings

SOON_S = 14 * DAY_S
"""A certificate with less time left is worth a warning."""
LISTENING_S = 2.0
"""How long a server may take to say that it wants a certificate, or that it speaks no TLS."""
EXPIRED, NOT_YET_VALID = 10, 9
WRONG_HOST = (62, 64)
UNTRUSTED = (18, 19, 20, 21)
"""OpenSSL's verify codes (x509_vfy.h)."""


class Place(NamedTuple):
    """Where to connect."""

    host: str
    port: int
    timeout_s: float


def place_of(settings: OtlpSettings) -> Place:
    """The host and port of an endpoint."""
    parts = urlsplit(settings.endpoint)
    return Place(parts.hostname or "", parts.port or 0, settings.timeout_s)


def unreachable(place: Place) -> str:
    """Why no connection can be made, or ""."""
    try:
        socket.create_connection(place[:2], place.timeout_s).close()
    except OSError as error:
        return reason_of(error, place.timeout_s)
    return ""


def check_certificate(settings: OtlpSettings, now_s: float) -> Finding:
    """Whether the endpoint's certificate is good, as this machine sees it; PROBLEM where there is no TLS at all."""
    of = settings.endpoint
    try:
        with _handshake(place_of(settings), settings.tls_context()) as tls:
            return _expiry(of, (tls.getpeercert() or {}).get("notAfter"), now_s)
    except ssl.SSLCertVerificationError as error:
        return Finding(PROBLEM, of, "tls", *_distrust(error, place_of(settings)))
    except OSError as error:
        return Finding(PROBLEM, of, "tls", reason_of(error, settings.timeout_s))


def speaks_tls(place: Place) -> bool:
    """Whether the server answers a TLS handshake, be it by refusing ours."""
    try:
        with _handshake(place._replace(timeout_s=min(place.timeout_s, LISTENING_S)), _trusting()):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False


def after_handshake(settings: OtlpSettings) -> str:
    """What the server does then: ``alert`` (it says that it does not like us), ``end``, or "".

    In TLS 1.3 it sees the client's certificate, or that there is none, only when the client has done.
    """
    context = settings.tls_context()
    if settings.protocol == GRPC:
        context.set_alpn_protocols(["h2"])
    try:
        with _handshake(place_of(settings), context) as tls:
            tls.settimeout(LISTENING_S)
            return "" if tls.recv(1) else "end"
    except TimeoutError:
        return ""
    except ssl.SSLError as error:
        return "alert" if "ALERT" in (error.reason or "") else ""
    except OSError:
        return "end"


@contextlib.contextmanager
def _handshake(place: Place, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(place[:2], place.timeout_s) as connection,
        context.wrap_socket(connection, server_hostname=place.host) as tls,
    ):
        yield tls


def _trusting() -> ssl.SSLContext:
    """A context to look with, never to send with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _expiry(of: str, not_after: object, now_s: float) -> Finding:
    ends_s = ssl.cert_time_to_seconds(str(not_after))
    text = f"its certificate is valid until {datetime.fromtimestamp(ends_s, UTC):%Y-%m-%d %H:%M} UTC"
    if ends_s - now_s < SOON_S:
        return Finding(WARNING, of, "tls", text, "renew it")
    return Finding(OK, of, "tls", text)


def _distrust(error: ssl.SSLCertVerificationError, place: Place) -> tuple[str, str]:
    """What is wrong with a certificate, and what to change."""
    if error.verify_code == EXPIRED:
        return "its certificate has expired", "renew it"
    if error.verify_code == NOT_YET_VALID:
        return "its certificate is not valid yet", "set the clocks right, or make another"
    if error.verify_code in WRONG_HOST:
        return f"its certificate is not for {place.host}", "use a name that it is for in --endpoint"
    if error.verify_code in UNTRUSTED:
        return (
            f"its certificate is not trusted ({plain(error.verify_message)})",
            "--certificate FILE with the certificate of its authority",
        )
    return f"its certificate is refused ({plain(error.verify_message)})", "give it a certificate that verifies"
