"""What the options and the standard variables ask for, resolved once for each signal.

Precedence: an option of the signal (``--traces-endpoint``), the general option, the signal's variable
(``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``), the general variable, the specification's default. Headers are joined by name
in that order, but a signal's variable of headers replaces the general one.
Source: opentelemetry.io/docs/specs/otel/protocol/exporter; the variables' time-outs are milliseconds there.
"""

import math
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otelsim.errors import InputError
from otelsim.sinks.otlp import endpoints, headers, tls
from otelsim.sinks.otlp.endpoints import GRPC, HTTP, PROTOCOLS, Endpoint
from otelsim.sinks.otlp.headers import Headers
from otelsim.sinks.otlp.secret import Secret, redacted
from otelsim.sinks.otlp.tls import TlsFiles

SIGNALS = ("traces", "logs", "metrics")
COMPRESSIONS = ("gzip", "none")
TIMEOUT_S = 10.0
"""The specification's default."""
PATIENT_S = 600.0
"""Ours for runs: a Collector whose queue is full answers when there is room, and what is sent anew meanwhile is stored
twice. (Seen: with 10 s, two of 1,200 requests of a run into a busy VictoriaMetrics.)"""
MAX_REQUEST_BYTES = (4 << 20) - (64 << 10)
"""Bytes of a body before compression: under the 4 MiB that gRPC receivers take by default."""
IN_FLIGHT = 4
MOST_IN_FLIGHT = 64
NO_FILES = TlsFiles()
VARIABLES = frozenset({"endpoint", "protocol", "headers", "compression", "timeout", "insecure"}) | frozenset(
    ("certificate", "client_key", "client_certificate")
)
"""Settings that have a variable; the others are ours, and options only."""
TOLD = ("endpoint", "protocol", "compression", "timeout_s", "give_up_after_s", "max_request_bytes", "in_flight")
"""What of settings is told as it is."""


@dataclass(frozen=True)
class OtlpSettings:
    """Where and how one signal is sent; safe to print."""

    signal: str
    endpoint: str
    """URL with its path, without user info and query."""
    protocol: str = HTTP
    query: Secret = field(default_factory=lambda: Secret(""))
    headers: tuple[tuple[str, Secret], ...] = ()
    compression: str = "none"
    timeout_s: float = TIMEOUT_S
    tls_files: TlsFiles = NO_FILES
    insecure: bool = True
    """No TLS."""
    give_up_after_s: float | None = None
    """How long one request is tried; None: for ever."""
    max_request_bytes: int = MAX_REQUEST_BYTES
    in_flight: int = IN_FLIGHT

    def redact(self, text: str) -> str:
        """``text``, as a server or a library wrote it, without our secrets."""
        return redacted(text, [self.query, *(value for _, value in self.headers)])

    def told(self) -> dict[str, Any]:
        """All but what is secret, as `again` takes it: of headers the names, of a query that there was one."""
        values = {name: getattr(self, name) for name in TOLD}
        files = {name: str(path) for name, path in self.tls_files._asdict().items() if path}
        return {**values, **files, "headers": [name for name, _ in self.headers], "query": bool(self.query)}

    def tls_context(self) -> ssl.SSLContext:
        """The TLS context for these certificates."""
        return tls.context(self.tls_files)


def resolve(
    options: Mapping[str, object], environ: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> dict[str, OtlpSettings]:
    """Settings by signal; InputError names the option or variable at fault. ``timeout_s`` holds where none is given.

    ``options`` holds the flags that were given, by name (``endpoint``, ``logs_endpoint``, ``protocol``, ``header`` (a
    sequence of ``name=value``), ``compression``, ``timeout`` (s), ``certificate``, ``client_key``,
    ``client_certificate``, ``insecure``, ``give_up_after`` (s), ``max_request_bytes``, ``in_flight``,
    ``allow_insecure_auth``); None is a flag not given.
    """
    return {signal: _Asked(signal, options, environ, timeout_s).settings() for signal in SIGNALS}


def again(
    told: Mapping[str, Mapping[str, Any]], options: Mapping[str, object], environ: Mapping[str, str]
) -> dict[str, OtlpSettings]:
    """The settings by signal of a run that told them, with ``options`` over them.

    What was not told has to be given again: InputError where that is missing.
    """
    found = {}
    for signal, before in told.items():
        kept = {f"{signal}_{name.removesuffix('_s')}": before.get(name) for name in (*TOLD, *TlsFiles._fields)}
        if "endpoint" in options:
            del kept[f"{signal}_endpoint"]
        elif before["query"] and f"{signal}_endpoint" not in options:
            raise InputError("--endpoint", f"{before['endpoint']} had a query, which is not kept: give it again")
        # A general option counts for more than what one signal had; but a general endpoint lacks the signal's path.
        mine = {f"{signal}_{k}": v for k, v in options.items() if not k.startswith(SIGNALS) and k != "endpoint"}
        one = _Asked(signal, {**kept, **mine, **options}, environ).settings()
        missing = set(before["headers"]) - {name for name, _ in one.headers}
        if missing:
            raise InputError("--header", f"the run was sent with the header {min(missing)}: give it again")
        found[signal] = one
    return found


def warnings(options: Mapping[str, object]) -> list[str]:
    """What a user should know about the options: one line each."""
    header, endpoint = (("header", *_of_signals("header")), ("endpoint", *_of_signals("endpoint")))
    shown = any(headers.plainly_given(_texts(options.get(name))) for name in header)
    text = "--header: a value given as a flag stands in the process list; name=@file or the variable keeps it out"
    urls = [name for name in endpoint if endpoints.holds_secret(str(options.get(name) or ""))]
    more = "what is secret in a URL given as a flag stands in the process list; the variable keeps it out"
    return ([text] if shown else []) + [f"{_flag(name)}: {more}" for name in urls]


def _of_signals(name: str) -> list[str]:
    return [f"{signal}_{name}" for signal in SIGNALS]


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(v) for v in value] if isinstance(value, Sequence) else []


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class _Found:
    """A setting's text, the option or variable it comes from, and whether that is the signal's own or a variable."""

    text: str
    where: str
    own: bool = False
    variable: bool = False


@dataclass(frozen=True)
class _Asked:
    """What is asked for one signal."""

    signal: str
    options: Mapping[str, object]
    environ: Mapping[str, str] = field(repr=False)
    default_timeout_s: float = TIMEOUT_S

    def settings(self) -> OtlpSettings:
        protocol = self._choice("protocol", PROTOCOLS, HTTP)
        endpoint, where = self._endpoint(protocol)
        insecure = endpoint.scheme == "http" if endpoint.scheme else self._boolean("insecure")
        return OtlpSettings(
            signal=self.signal,
            endpoint=endpoint.url("http" if insecure else "https"),
            protocol=protocol,
            query=endpoint.query,
            headers=self._headers(protocol, endpoint, insecure, where),
            compression=self._choice("compression", COMPRESSIONS, "none"),
            timeout_s=self._timeout_s(),
            tls_files=self._tls_files(),
            insecure=insecure,
            give_up_after_s=self._seconds("give_up_after", None),
            max_request_bytes=self._whole("max_request_bytes", MAX_REQUEST_BYTES, 1_024, 1 << 30),
            in_flight=self._whole("in_flight", IN_FLIGHT, 1, MOST_IN_FLIGHT),
        )

    def _find(self, name: str) -> _Found | None:
        for key, own in ((f"{self.signal}_{name}", True), (name, False)):
            given = self.options.get(key)
            if given is not None:
                return _Found(str(given), _flag(key), own)
        return self._variable(name) if name in VARIABLES else None

    def _variable(self, name: str) -> _Found | None:
        for key, own in ((f"{self.signal}_{name}", True), (name, False)):
            variable = f"OTEL_EXPORTER_OTLP_{key}".upper()
            # The specification: an empty variable is one that is not set.
            if text := self.environ.get(variable, "").strip():
                return _Found(text, variable, own, variable=True)
        return None

    def _endpoint(self, protocol: str) -> tuple[Endpoint, str]:
        found = self._find("endpoint") or _Found(endpoints.DEFAULT[protocol], "the default endpoint")
        parsed = endpoints.parse(found.where, found.text, protocol)
        if protocol == HTTP:
            path = parsed.path or "/" if found.own else f"{parsed.path.rstrip('/')}/v1/{self.signal}"
            parsed = parsed._replace(path=path)
        return parsed, found.where

    def _headers(self, protocol: str, endpoint: Endpoint, insecure: bool, where: str) -> tuple[tuple[str, Secret], ...]:
        joined, source = self._given_headers()
        if endpoint.authorization and "authorization" not in joined:
            joined["authorization"], source = endpoint.authorization, where
        if protocol == GRPC:
            headers.check_for_grpc(source, joined)
        exposed = insecure and not endpoints.is_loopback(endpoint.host) and joined.keys() & headers.CREDENTIALS
        if exposed and not self._boolean("allow_insecure_auth"):
            name = min(exposed)
            raise InputError(
                source,
                f"the header {name} would go to {endpoint.host} in the clear: use https or --allow-insecure-auth",
            )
        return tuple(joined.items())

    def _given_headers(self) -> tuple[Headers, str]:
        """All headers by name, and where the last of them were found."""
        joined: Headers = {}
        where = "--header"
        if found := self._variable("headers"):
            joined, where = headers.from_variable(found.where, found.text), found.where
        for key in ("header", f"{self.signal}_header"):
            if items := _texts(self.options.get(key)):
                joined |= headers.from_options(_flag(key), items)
                where = _flag(key)
        return joined, where

    def _tls_files(self) -> TlsFiles:
        found = [self._find(name) for name in TlsFiles._fields]
        names = [f.where if f else _flag(name) for f, name in zip(found, TlsFiles._fields, strict=True)]
        files = TlsFiles(*(Path(f.text) if f else None for f in found))
        if any(files):
            tls.check(files, (names[0], names[1], names[2]))
        return files

    def _choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        found = self._find(name)
        if found and found.text not in allowed:
            raise InputError(found.where, f"{found.text!r} is not one of {', '.join(allowed)}")
        return found.text if found else default

    def _boolean(self, name: str) -> bool:
        found = self._find(name)
        if found and found.text.lower() not in ("true", "false"):
            raise InputError(found.where, f"{found.text!r} is neither true nor false")
        return found is not None and found.text.lower() == "true"

    def _timeout_s(self) -> float:
        found = self._find("timeout")
        seconds = self._seconds("timeout", None) or self.default_timeout_s
        return seconds / 1_000 if found and found.variable else seconds

    def _seconds(self, name: str, default: float | None) -> float | None:
        found = self._find(name)
        if found is None:
            return default
        value = _number(found)
        if not 0 < value <= 1e9:
            raise InputError(found.where, f"{found.text!r} is not a time above 0")
        return value

    def _whole(self, name: str, default: int, least: int, most: int) -> int:
        found = self._find(name)
        if found is None:
            return default
        value = _number(found)
        if not (least <= value <= most and value == int(value)):
            raise InputError(found.where, f"{found.text!r} is not a whole number from {least} to {most}")
        return int(value)


def _number(found: _Found) -> float:
    try:
        value = float(found.text)
    except ValueError:
        value = math.nan
    return value
