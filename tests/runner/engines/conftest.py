"""Fixtures of tests of engines."""

from tests.sinks.otlp.conftest import protocol, receiver

__all__ = ["protocol", "receiver"]
