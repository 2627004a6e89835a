"""Options that say what of a run is told as OTLP, and the target they make."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from otelsim.cli.otlp_options import named_signals, otlp_options, otlp_settings, taken
from otelsim.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
HISTOGRAM = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
_TEMPORALITIES = {"": "cumulative", "cumulative": "cumulative", "delta": "delta", "lowmemory": "delta"}
_HISTOGRAMS = {
    "": "explicit",
    "explicit_bucket_histogram": "explicit",
    "base2_exponential_bucket_histogram": "exponential",
}
OTLP_SINKS = ("otlp", "otlp-file")
_LONGEST_ID = 128

NOTATION_OPTIONS = (
    click.option("--signals", metavar="LIST", help="Of traces,logs,metrics.  [all]"),
    click.option("--metrics", type=click.Choice(["points", "histograms", "both"]), help="What metrics are.  [both]"),
    click.option("--metric-attribute", type=click.Choice(["persona"]), help="Also an attribute of points."),
    click.option("--client-spans", is_flag=True, default=None, help="Callers' spans of kind CLIENT as well."),
    click.option("--run-id", metavar="TEXT", help="otelsim.run.id.  [a digest of the scenario]"),
    click.option("--encoder", type=click.Choice(["fast", "sdk"]), help="sdk: by OpenTelemetry's own.  [fast]"),
)
SENDING_OPTIONS = (
    click.option("--give-up-after", metavar="SECONDS", help="How long one request is tried.  [for ever]"),
    click.option("--max-request-bytes", metavar="BYTES", help="Of one request, uncompressed.  [4128768]"),
    click.option("--in-flight", metavar="N", help="Requests under way, for each worker.  [4]"),
)
_NOTATION = ("signals", "metrics", "metric_attribute", "client_spans", "run_id", "encoder")


def otlp_target_options(command: F) -> F:
    """All options of the sinks otlp and otlp-file."""
    for decorate in reversed((*NOTATION_OPTIONS, *SENDING_OPTIONS)):
        command = decorate(command)
    return otlp_options(command)


def otlp_target(sink: str, options: dict[str, Any], default_run_id: Callable[[Any], str]) -> "Callable[[Any], Any]":
    """What makes the target of a prepared run; takes its options out of ``options`` and checks them now.

    The result gives None for a sink that is not OTLP.
    """
    given = taken(options)
    asked = {name: options.pop(name) for name in _NOTATION}
    if sink not in OTLP_SINKS:
        _refuse([*given, *(name for name, value in asked.items() if value is not None)], "--sink otlp")
        return lambda _: None
    if sink == "otlp-file":
        _refuse(list(given), "--sink otlp")
    return _target(sink, given, asked, default_run_id)


def _target(
    sink: str, given: dict[str, object], asked: dict[str, Any], default_run_id: Callable[[Any], str]
) -> Callable[[Any], Any]:
    from otelsim.runner.target import FAST, SDK, OtlpTarget
    from otelsim.signals.notation import SIGNALS, Notation

    encoder = asked["encoder"] or FAST
    if encoder == SDK:
        from otelsim.wire.sdk import need

        if sink != "otlp":
            raise InputError("--encoder", "sdk goes with --sink otlp")
        need()
    signals = SIGNALS if asked["signals"] is None else named_signals(asked["signals"], SIGNALS)
    notation = Notation(
        run_id=checked_run_id(asked["run_id"]),
        signals=signals,
        metrics=asked["metrics"] or "both",
        temporality=_of_variable(TEMPORALITY, _TEMPORALITIES),
        histogram=_of_variable(HISTOGRAM, _HISTOGRAMS),
        persona_attribute=asked["metric_attribute"] == "persona",
        client_spans=bool(asked["client_spans"]),
    )
    found = otlp_settings(given, patient=True) if sink == "otlp" else None
    settings = {signal: found[signal] for signal in signals} if found else None
    if encoder == SDK and settings:
        _try_exporters(settings)

    def made(prepared: Any) -> OtlpTarget:
        return OtlpTarget(notation._replace(run_id=notation.run_id or default_run_id(prepared)), settings, encoder)

    return made


def _try_exporters(settings: Any) -> None:
    """InputError where the SDK's exporters cannot be made; they read variables of their own."""
    from otelsim.sinks.otlp.account import Account
    from otelsim.sinks.otlp.sdk import SdkSender

    SdkSender(settings, Account()).close()


def _refuse(names: list[str], wanted: str) -> None:
    if names:
        raise InputError(f"--{names[0].replace('_', '-')}", f"goes with {wanted}")


def checked_run_id(text: str | None) -> str:
    """An option's ``otelsim.run.id``, empty where there is none; InputError where it cannot be one."""
    if text is None:
        return ""
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_ID:
        raise InputError("--run-id", f"must be 1 to {_LONGEST_ID} printable characters")
    return text


def _of_variable(name: str, meanings: dict[str, str]) -> str:
    """What a standard variable asks for; InputError names it where that is unknown."""
    text = os.environ.get(name, "").strip().lower()
    if text not in meanings:
        raise InputError(name, f"{text!r} is not one of {', '.join(known for known in meanings if known)}")
    return meanings[text]
