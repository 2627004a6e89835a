"""What the doctor's tests ask: scripted receivers, certificates, and the real programs."""

import socket
import time

import pytest

from otelsim.doctor import asking
from otelsim.doctor.rules import Need
from otelsim.doctor.units import DAY_S
from tests.backends.conftest import backends, programs
from tests.sinks.otlp.conftest import http, pki, protocol, receiver, rpc

__all__ = ["backends", "http", "need", "pki", "programs", "protocol", "receiver", "rpc", "usual"]


OPTIONS = ("--metrics-store", "--logs-store", "--traces-store", "--collector-health", "--collector-metrics")


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def usual(monkeypatch):
    """Where the stores and the Collector are looked for: nobody listens there until a test says so."""
    places = {option: f"http://127.0.0.1:{closed_port()}" for option in OPTIONS}

    def put(**urls):
        places.update({f"--{name.replace('_', '-')}": url for name, url in urls.items()})
        moved = tuple(store._replace(url=places[f"--{store.signal}-store"]) for store in asking.STORES)
        monkeypatch.setattr(asking, "STORES", moved)
        monkeypatch.setattr(asking, "HEALTH_URL", places["--collector-health"])
        monkeypatch.setattr(asking, "METRICS_URL", places["--collector-metrics"])

    put()
    return put


@pytest.fixture
def need() -> Need:
    """A run of the last 365 days, asked for at noon."""
    now_s = time.time()
    return Need(int(now_s - 365.5 * DAY_S), int(now_s - 0.5 * DAY_S), now_s, 4_128_768)
