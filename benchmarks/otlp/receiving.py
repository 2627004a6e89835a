"""The receiver of every measurement: the real Collector, its exporter nop, and its own account of what it accepted."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.backends import stores
from tests.backends.building import Programs
from tests.backends.stores import Collector

CONFIG = Path(__file__).parent / "nop.yaml"
COUNTERS = {"traces": "spans", "logs": "log_records", "metrics": "metric_points"}


ALL_CPUS = frozenset(os.sched_getaffinity(0))
RECEIVERS = frozenset(sorted(ALL_CPUS)[: max(1, len(ALL_CPUS) // 2)])
SENDERS = ALL_CPUS - RECEIVERS or ALL_CPUS
"""Half of the CPUs each, as on two machines: on the same ones a sender would be measured by what it leaves of them."""
COLLECTOR = {"GOGC": "400"}
"""The receiver collects its garbage less often than by default: it is to limit no sender before its time."""


@contextmanager
def on(cpus: frozenset[int]) -> Iterator[None]:
    """What is started meanwhile has those CPUs."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Endpoints(NamedTuple):
    """URL for OTLP/HTTP without a path, host:port for OTLP/gRPC."""

    http: str
    grpc: str = ""


@contextmanager
def nop_collector(programs: Programs, **environment: str) -> Iterator[Collector]:
    """A Collector that was just started, on CPUs of its own: none inherits the heap of the sender before."""
    with tempfile.TemporaryDirectory(prefix="otelsim-nop-") as folder:
        front = stores.collector(programs, Path(folder), {**COLLECTOR, **environment}, CONFIG)
        with on(RECEIVERS):
            front.start()
        try:
            yield front
        finally:
            front.stop()


def endpoints(front: Collector) -> Endpoints:
    return Endpoints(front.url, front.grpc_endpoint)


def accepted(front: Collector) -> dict[str, int]:
    """Records by signal that the receiver took, over both of its transports."""
    found = dict.fromkeys(COUNTERS, 0)
    for (name, _), value in front.counters().items():
        for signal, counter in COUNTERS.items():
            if name == f"otelcol_receiver_accepted_{counter}_total":
                found[signal] += int(value)
    return found


def refused(front: Collector) -> int:
    """Records that the receiver did not take."""
    return int(front.total(r"otelcol_receiver_(refused|failed)_\w+"))


def process_of(command: list[str]) -> psutil.Process:
    """The process that we started by that command."""
    return next(p for p in psutil.Process().children() if p.cmdline() == command)
