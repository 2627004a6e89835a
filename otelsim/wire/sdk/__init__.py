"""Calls as the OpenTelemetry SDK's own objects (docs/otlp.md): slow, plain, and the proof of the fast encoder.

``facts``       a call's numbers as the ids, texts and attributes they stand for
``spans``, ``logs``, ``gauges``, ``histograms``   the objects of a signal
``grouping``    metric points by resource, scope and metric
``notation``    all of them for one run

Importing anything here needs the SDK, which is an extra: InputError where it is not installed.
"""

from importlib import import_module

from otelsim.errors import InputError

NEEDED = (
    "opentelemetry.sdk",
    "opentelemetry.exporter.otlp.proto.grpc",
    "opentelemetry.exporter.otlp.proto.http",
    "requests",
)
"""What the extra installs."""


def need(modules: tuple[str, ...] = NEEDED) -> None:
    """InputError in one line where one of ``modules`` is missing."""
    try:
        for name in modules:
            import_module(name)
    except ImportError:
        raise InputError("--encoder", "sdk needs the packages of otelsim[sdk]") from None


need()
