"""Receivers of OTLP, as for the tests of faults."""

from tests.faults.conftest import http, receiver

__all__ = ["http", "receiver"]
