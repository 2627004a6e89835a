"""Stored end to end: through the Collector of the compose stack into fresh stores, until nothing waits any more.

Spans end in a second Collector with the nop exporter: VictoriaTraces cannot be built from modules.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.otlp.measuring import EVERY_S, Cpu, Running, Sending
from benchmarks.otlp.receiving import accepted, nop_collector, process_of
from tests.backends import stores
from tests.backends.building import Programs
from tests.backends.stores import COLLECTOR_CONFIG, DAY_S, Collector, VictoriaLogs, VictoriaMetrics

GAUGES = "request_duration_ms|request_size_bytes|response_size_bytes|db_query_count|cache_hit"
HISTOGRAMS = "(http_server_request|rpc_server_call)_duration_seconds_count"
POINTS = f'{{__name__=~"{GAUGES}|{HISTOGRAMS}",service_id!=""}}'
"""One sample for each gauge point and each histogram point; the Collector's own metrics have no such label."""
TRACES_PATH = "/insert/opentelemetry/v1/traces"
DRAIN_S = 900.0


@dataclass(frozen=True)
class Chain:
    """A Collector and fresh stores behind it."""

    front: Collector
    metrics: VictoriaMetrics
    logs: VictoriaLogs
    spans: Collector

    def cpu(self) -> Cpu:
        return Cpu([process_of(each.command) for each in (self.front, self.metrics, self.logs, self.spans)])


@dataclass(frozen=True)
class Stored:
    """From the first record that the Collector accepted until its queues were empty and the stores had answered."""

    records: int
    seconds: float
    sent_s: float
    """Until the sender ended."""
    sender_s: float
    """CPU seconds of the sender, start included, and then of the Collector and the stores."""
    receivers_s: float
    said: list[str]

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


@contextmanager
def chain(programs: Programs) -> Iterator[Chain]:
    """Everything started with no data, and stopped."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otelsim-stored-")))
        metrics = stack.enter_context(stores.victoria_metrics(programs, folder))
        logs = stack.enter_context(stores.victoria_logs(programs, folder))
        spans = stack.enter_context(nop_collector(programs, TRACES_PATH=TRACES_PATH))
        urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
        front = stack.enter_context(stores.collector(programs, folder, urls, COLLECTOR_CONFIG))
        yield Chain(front, metrics, logs, spans)


def store(sending: Sending, to: Chain, folder: Path, days: tuple[int, int]) -> Stored:
    """Run a sending until all of it is stored. Ends everything with a message where something was lost.

    Its records lie between the two ``days``, in epoch seconds.
    """
    receivers, began_s = to.cpu(), None
    with Running(sending, folder) as running:
        sender = running.cpu()
        sender_s = sender.seconds()
        while running.going():
            time.sleep(EVERY_S)
            if began_s is None and any(accepted(to.front).values()):
                began_s = time.monotonic()
            sender_s = sender.seconds()
        said = running.texts("out")
    ended_s = time.monotonic()
    to.front.drain(DRAIN_S)
    stored_s = time.monotonic()
    if began_s is None:
        sys.exit(f"nothing arrived of {sending.commands[0]}")
    records = _whole(to, days)
    return Stored(records, stored_s - began_s, ended_s - began_s, sender_s, receivers.seconds(), said)


def _whole(to: Chain, days: tuple[int, int]) -> int:
    """How many records were accepted, each of which its store must have, once."""
    arrived = accepted(to.front)
    found = {
        "traces": accepted(to.spans)["traces"],
        "logs": to.logs.count(),
        # A histogram's last point stands at the end of the run.
        "metrics": to.metrics.counted(POINTS, days[0], days[1] + DAY_S),
    }
    lost = to.metrics.ignored() | to.logs.dropped()
    if found != arrived or lost:
        sys.exit(f"accepted {arrived}, stored {found}, ignored {lost}")
    return sum(arrived.values())
