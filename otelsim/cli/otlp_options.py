"""Options that say where OTLP goes, shared by the commands that send or ask; what is left out falls to its variable."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from otelsim.errors import InputError

if TYPE_CHECKING:
    from otelsim.sinks.otlp.settings import OtlpSettings

F = TypeVar("F", bound=Callable[..., Any])

OTLP_OPTIONS = (
    click.option("--endpoint", metavar="URL", help="Where OTLP goes.  [http://localhost:4318, :4317 for grpc]"),
    click.option("--traces-endpoint", metavar="URL", help="The same for one signal, taken as it is."),
    click.option("--logs-endpoint", metavar="URL"),
    click.option("--metrics-endpoint", metavar="URL"),
    click.option("--protocol", metavar="NAME", help="grpc or http/protobuf.  [http/protobuf]"),
    click.option("--header", multiple=True, metavar="NAME=VALUE", help="A header; NAME=@FILE reads its value."),
    click.option("--compression", metavar="NAME", help="gzip or none.  [none]"),
    click.option("--timeout", metavar="SECONDS", help="Of one attempt.  [600 for a run, 10 for doctor]"),
    click.option("--certificate", metavar="FILE", help="PEM of those to trust.  [the system's]"),
    click.option("--client-key", metavar="FILE", help="PEM of our key, for mutual TLS."),
    click.option("--client-certificate", metavar="FILE", help="PEM of our certificate."),
    click.option("--insecure", is_flag=True, default=None, help="No TLS where a gRPC endpoint has no scheme."),
    click.option("--allow-insecure-auth", is_flag=True, default=None, help="Send credentials in the clear."),
)
"""Options of every command that reaches an OTLP endpoint."""
OPTION_NAMES = (
    "endpoint", "traces_endpoint", "logs_endpoint", "metrics_endpoint", "protocol", "header", "compression", "timeout",
    "certificate", "client_key", "client_certificate", "insecure", "allow_insecure_auth", "give_up_after",
    "max_request_bytes", "in_flight",
)  # fmt: skip
"""Their parameters' names, and those that only senders have."""


def otlp_options(command: F) -> F:
    """All of `OTLP_OPTIONS`."""
    for decorate in reversed(OTLP_OPTIONS):
        command = decorate(command)
    return command


def taken(options: dict[str, Any]) -> dict[str, object]:
    """The OTLP options that were given, removed from ``options``."""
    found = {name: options.pop(name, None) for name in OPTION_NAMES}
    return {name: value for name, value in found.items() if value is not None and value != ()}


def otlp_settings(given: dict[str, object], patient: bool = False) -> "dict[str, OtlpSettings]":
    """Settings by signal; InputError names the option or variable at fault. Says what a user should know, on stderr.

    ``patient``: where no time-out is given, a busy receiver is waited for (see `settings.PATIENT_S`).
    """
    from otelsim.sinks.otlp.settings import PATIENT_S, TIMEOUT_S, resolve, warnings

    timeout_s = PATIENT_S if patient else TIMEOUT_S
    found = resolve({name: _text(value) for name, value in given.items()}, os.environ, timeout_s)
    for line in warnings(given):
        click.echo(f"otelsim: {line}", err=True)
    return found


def otlp_settings_again(told: dict[str, Any], given: dict[str, object]) -> "dict[str, OtlpSettings]":
    """Settings by signal of a run that told them (see `OtlpSettings.told`), with what is ``given`` over them."""
    from otelsim.sinks.otlp.settings import again, warnings

    found = again(told, {name: _text(value) for name, value in given.items()}, os.environ)
    for line in warnings(given):
        click.echo(f"otelsim: {line}", err=True)
    return found


def named_signals(text: str, known: tuple[str, ...], which: str = "") -> tuple[str, ...]:
    """The signals of a list, in the order of those ``known``; InputError names one that is not, and ``which`` are."""
    named = [part.strip() for part in text.split(",")]
    for name in named:
        if name not in known:
            raise InputError("--signals", f"{name!r} is not one of {', '.join(known)}{which}")
    return tuple(signal for signal in known if signal in named)


def _text(value: object) -> object:
    """Flags as the variables have them."""
    return str(value).lower() if isinstance(value, bool) else value
