"""The receiver of every measurement: the real Collector, its exporter nop, and its own account of what it accepted."""

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


class Endpoints(NamedTuple):
    """URL for OTLP/HTTP without a path, host:port for OTLP/gRPC."""

    http: str
    grpc: str = ""


@contextmanager
def nop_collector(programs: Programs, **environment: str) -> Iterator[Collector]:
    """A Collector that was just started: none inherits the heap of the sender before."""
    with (
        tempfile.TemporaryDirectory(prefix="otelsim-nop-") as folder,
        stores.collector(programs, Path(folder), environment, CONFIG) as front,
    ):
        yield front


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
