"""The real Collector and stores, as the compose stack runs them, and the questions that tests ask of them."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.backends.building import Programs
from tests.backends.processes import Samples, Service, free_ports, samples, wait_until
from tests.backends.receiver import SpanReceiver

COLLECTOR_CONFIG = Path(__file__).parents[2] / "collector" / "config.yaml"
# Two years, since the default drops all but the last weeks (with a warning at best); no cache that would miss what
# arrives for last year; and the names that Prometheus would give, on which the documented queries rely.
METRICS_FLAGS = ["-retentionPeriod=2y", "-search.cacheTimestampOffset=8760h", "-opentelemetry.usePrometheusNaming"]
LOGS_FLAGS = ["-retentionPeriod=2y"]
DAY_S = 86_400
SIGNALS = ("spans", "log_records", "metric_points")


class VictoriaMetrics(Service):
    """Questions to VictoriaMetrics. Times are epoch seconds; ``match`` is a series selector."""

    def flush(self) -> None:
        """Makes what has arrived visible to queries."""
        self.ask("/internal/force_flush")

    def exported(self, match: str, start: float = 0, end: float = 4e9) -> list[dict]:
        """Every series with all its points: ``metric``, ``values``, ``timestamps`` (ms)."""
        self.flush()
        asked = {"match[]": match, "start": start, "end": end, "reduce_mem_usage": 1}
        return [json.loads(line) for line in self.ask("/api/v1/export", **asked).data.splitlines()]

    def points(self, match: str, start: float = 0, end: float = 4e9) -> int:
        """How many points the store holds, by reading them all."""
        return sum(len(series["values"]) for series in self.exported(match, start, end))

    def counted(self, match: str, start: int, end: int) -> int:
        """How many points lie in ``[start, end)`` (ends on a whole day after start), by the store's own counting.

        A window of ``[1d]`` at t covers (t - 1 d, t], so each day is asked for 1 ms before its end.
        """
        self.flush()
        days = (f"{day + DAY_S - 0.001:.3f}" for day in range(start, end, DAY_S))
        answers = [self.instant(f"sum(count_over_time({match}[1d]))", day) for day in days]
        return round(sum(float(one["value"][1]) for answer in answers for one in answer))

    def instant(self, query: str, time: float | str) -> list[dict]:
        """The result of an instant query: ``metric`` and ``value`` of each series. No cache answers for a backfill."""
        return self.data("/api/v1/query", query=query, time=time, nocache=1)["result"]

    def data(self, page: str, **parameters: Any) -> Any:
        """What a page of the Prometheus API answers."""
        return json.loads(self.ask(page, **parameters).data)["data"]

    def labels(self, match: str, start: float, end: float) -> set[str]:
        """The names of the labels that series have which have points in that time."""
        asked = {"match[]": match, "start": start, "end": end}
        return set(json.loads(self.ask("/api/v1/labels", **asked).data)["data"])

    def ignored(self) -> dict[str, float]:
        """Rows that the store took and dropped, by reason; a correct run leaves this empty."""
        found = samples(self.ask("/metrics").data.decode())
        return {labels: value for (name, labels), value in found.items() if name == "vm_rows_ignored_total" and value}


class VictoriaLogs(Service):
    """Questions to VictoriaLogs, in LogsQL."""

    def flush(self) -> None:
        self.ask("/internal/force_flush")

    def rows(self, query: str, **parameters: str | int) -> list[dict[str, str]]:
        """The rows of a query, fields as strings; ``start`` and ``end`` limit the time."""
        self.flush()
        answer = self.ask("/select/logsql/query", query=query, **parameters)
        return [json.loads(line) for line in answer.data.splitlines()]

    def count(self, query: str = "*", **parameters: str | int) -> int:
        return int(self.rows(f"{query} | stats count() n", **parameters)[0]["n"])

    def stats(self, page: str, **parameters: str | int) -> list[dict]:
        """Series of a page of statistics, as Prometheus would write them."""
        self.flush()
        return json.loads(self.ask(page, **parameters).data)["data"]["result"]

    def field_values(self, **parameters: str | int) -> list[str]:
        """The values of a field in the records of a query."""
        self.flush()
        answer = self.ask("/select/logsql/field_values", **parameters)
        return [one["value"] for one in json.loads(answer.data)["values"]]

    def dropped(self) -> dict[str, float]:
        """Rows that the store took and dropped (too old, too long), by reason."""
        found = samples(self.ask("/metrics").data.decode())
        return {labels: value for (name, labels), value in found.items() if name == "vl_rows_dropped_total" and value}


class Collector(Service):
    """The Collector's own account of what passed through it."""

    grpc_endpoint: str
    metrics_url: str

    def counters(self) -> Samples:
        answer = self._http.request("GET", self.metrics_url)
        return samples(answer.data.decode())

    def total(self, pattern: str) -> float:
        """The sum of all series whose name matches as a whole."""
        return sum(value for (name, _), value in self.counters().items() if re.fullmatch(pattern, name))

    def failures(self) -> dict[str, float]:
        """Every refused, dropped or failed count that is not 0."""
        bad = re.compile(r"otelcol_\w*(refused|failed|dropped|errors?)_?\w*")
        return {name: value for (name, _), value in self.counters().items() if value and bad.fullmatch(name)}

    def queued(self) -> float:
        """Spans, records and points that wait in a queue."""
        return self.total("otelcol_exporter_queue_size")

    def in_flight(self) -> float:
        """Requests to a store that are not answered yet."""
        return self.total("otelcol_exporter_in_flight_requests")

    def drain(self, timeout_s: float = 600) -> None:
        """Waits until everything accepted has been delivered or given up. Raises TimeoutError."""
        wait_until(self._empty, timeout_s, "the Collector's queues to drain", every_s=0.2)

    def _empty(self) -> bool:
        """The sizes alone would not do: what a batch is being made of has left the queue already."""
        return self.queued() == self.in_flight() == 0 and all(map(self._settled, SIGNALS))

    def _settled(self, signal: str) -> bool:
        settled = self.total(f"otelcol_exporter_(sent|send_failed)_{signal}_total")
        return settled >= self.total(f"otelcol_receiver_accepted_{signal}_total")


@dataclass(frozen=True)
class Backends:
    """A Collector with fresh stores behind it."""

    collector: Collector
    metrics: VictoriaMetrics
    logs: VictoriaLogs
    spans: SpanReceiver


def victoria_metrics(programs: Programs, directory: Path, *more: str) -> VictoriaMetrics:
    """VictoriaMetrics, not started yet, with its data below ``directory``; ``more`` are flags that override others."""
    return VictoriaMetrics(*_store(programs.victoria_metrics, directory, [*METRICS_FLAGS, *more]))


def victoria_logs(programs: Programs, directory: Path, *more: str) -> VictoriaLogs:
    return VictoriaLogs(*_store(programs.victoria_logs, directory, [*LOGS_FLAGS, *more]))


def _store(program: Path, directory: Path, flags: list[str]) -> tuple[list[str], Path, str, str]:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    data = directory / program.name
    command = [str(program), f"-httpListenAddr={address}", f"-storageDataPath={data}", *flags]
    return command, directory / f"{program.name}.log", f"http://{address}", f"http://{address}/health"


def collector(programs: Programs, directory: Path, urls: dict[str, str], config: Path) -> Collector:
    """The Collector, not started yet.

    ``urls`` are VICTORIAMETRICS_URL, VICTORIALOGS_URL and VICTORIATRACES_URL.
    """
    grpc, http, health, metrics = free_ports(4)
    queue = directory / "queue"
    queue.mkdir(exist_ok=True)
    environment = urls | {
        "COLLECTOR_GRPC_ENDPOINT": f"127.0.0.1:{grpc}",
        "COLLECTOR_HTTP_ENDPOINT": f"127.0.0.1:{http}",
        "COLLECTOR_HEALTH_ENDPOINT": f"127.0.0.1:{health}",
        "COLLECTOR_METRICS_HOST": "127.0.0.1",
        "COLLECTOR_METRICS_PORT": str(metrics),
        "COLLECTOR_QUEUE_DIRECTORY": str(queue),
    }
    command = [str(programs.otelcol), f"--config={config}"]
    log, health_url = directory / "otelcol.log", f"http://127.0.0.1:{health}"
    made = Collector(command, log, f"http://127.0.0.1:{http}", health_url, environment)
    made.grpc_endpoint = f"127.0.0.1:{grpc}"
    made.metrics_url = f"http://127.0.0.1:{metrics}/metrics"
    return made


@contextmanager
def running(programs: Programs, directory: Path, config: Path = COLLECTOR_CONFIG) -> Iterator[Backends]:
    """Everything started, with fresh data, and stopped at the end: the senders' side first.

    The Collector has the compose stack's configuration unless a test gives another.
    """
    with ExitStack() as stack:
        metrics = stack.enter_context(victoria_metrics(programs, directory))
        logs = stack.enter_context(victoria_logs(programs, directory))
        spans = stack.enter_context(SpanReceiver())
        urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
        front = stack.enter_context(collector(programs, directory, urls, config))
        yield Backends(front, metrics, logs, spans)
