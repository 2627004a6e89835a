"""Where to send: a URL taken apart, so that what is secret in it is never shown.

No error here repeats the text it is about: it may hold a password.
"""

import ipaddress
import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from otelsim.errors import InputError
from otelsim.sinks.otlp.secret import Secret

GRPC, HTTP = "grpc", "http/protobuf"
PROTOCOLS = (GRPC, HTTP)
DEFAULT = {GRPC: "http://localhost:4317", HTTP: "http://localhost:4318"}
"""What the specification says where nothing is said."""
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.|\Z))+\Z", re.IGNORECASE)


class Endpoint(NamedTuple):
    """A URL without user info and query; ``scheme`` is empty where a gRPC endpoint has none."""

    scheme: str
    host: str
    port: int
    path: str
    query: Secret
    authorization: Secret | None
    """The header that the URL's user info asks for."""

    def url(self, scheme: str = "") -> str:
        """What is shown, and sent to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme or scheme}://{host}:{self.port}{self.path}"


def parse(where: str, text: str, protocol: str) -> Endpoint:
    """The endpoint that option or variable ``where`` gives; InputError tells what is wrong with it."""
    if not re.fullmatch(r"[!-~]+", text):
        raise InputError(where, "the endpoint is not a URL: it is empty or has blanks or characters beyond ASCII")
    if "://" not in text and protocol == GRPC:
        text = f"//{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError(where, "the endpoint is not a URL: its host or port is malformed") from None
    _check(where, parts, protocol)
    if not port:
        port = _usual_port(where, parts, port)
    path = "" if protocol == GRPC else parts.path
    return Endpoint(parts.scheme, parts.hostname or "", port, path, Secret(parts.query), _authorization(parts))


def holds_secret(text: str) -> bool:
    """Whether an endpoint that `parse` takes has user info or a query."""
    return "@" in text or "?" in text


def _check(where: str, parts: SplitResult, protocol: str) -> None:
    allowed = ("http", "https", "") if protocol == GRPC else ("http", "https")
    if parts.scheme not in allowed:
        raise InputError(where, "the endpoint must be a URL that begins with http:// or https://")
    if not _is_host(parts.hostname or ""):
        raise InputError(where, "the endpoint has no valid host")
    if parts.fragment:
        raise InputError(where, "the endpoint must have no fragment (#)")
    if "@" in parts.path:  # most likely a password with a slash: what follows it would be shown as a path
        raise InputError(where, "an @ in the endpoint's path, or a / in its password, must be percent-encoded")
    if protocol == GRPC and (parts.path not in ("", "/") or parts.query):
        raise InputError(where, "a gRPC endpoint has no path or query: is http/protobuf meant?")


def _is_host(host: str) -> bool:
    return _address(host) is not None or bool(HOST.match(host))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _usual_port(where: str, parts: SplitResult, port: int | None) -> int:
    if port == 0 or not parts.scheme:
        raise InputError(where, "the endpoint needs a port from 1 to 65535, or http:// or https:// before it")
    return PORTS[parts.scheme]


def _authorization(parts: SplitResult) -> Secret | None:
    if parts.username is None and parts.password is None:
        return None
    user, password = unquote_to_bytes(parts.username or ""), unquote_to_bytes(parts.password or "")
    return Secret("Basic " + b64encode(user + b":" + password).decode())


def is_loopback(host: str) -> bool:
    """Whether what is sent to ``host`` stays on this machine."""
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost"
