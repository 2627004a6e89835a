"""The measurements as a page."""

import os
import platform
import re
from dataclasses import dataclass, replace
from importlib.metadata import version

import otelsim
from benchmarks.otlp import building
from benchmarks.otlp.measuring import FIRST, LAST, Measured
from benchmarks.otlp.senders import Kind
from benchmarks.otlp.stored import Stored
from benchmarks.otlp.tuning import Setting, described
from benchmarks.report import table
from tests.backends.building import DISTRIBUTION, MODULES

HOW = f"""\
Receiver: the Collector with the nop exporter and GOGC=400, started anew for each measurement, on one half of the
machine's CPUs; the sender has the other half, as if it were another machine's. Records are those that the receiver
counted as accepted, and it refused none. Rates, and the CPU seconds for a million records of the
sender's processes and of the Collector's, are those between the moments when {FIRST:.0%} and {LAST:.0%} of a run's
records had arrived, so starting is left out; of several takes the fastest counts. MB/s are those of the messages
before compression. *Limit* is what `otelsim` sent, kept whole as HTTP requests in memory and posted in a loop on open
sockets.

- `otelsim generate` sends a week of scenario `year`; a request has as many records as fit, or as a batch of calls has.
- The SDK sends records with the attributes of otelsim's: spans (without parents) and log records through its batch
  processors, gauge points (without exemplars) as its metric data through its exporter, all with one resource. With
  `flush` the caller waits for the queue to be sent before it goes on; with `free` it does not, and the processors drop.
- telemetrygen sends spans with 2 attributes, log records with 1 and points with none, or as many as otelsim's, with one
  resource. Its spans pass a queue that drops: *arrived* is what the receiver accepted of what a sender made.
"""
STORED = """\
The Collector of the compose stack, its queue on disk, into fresh VictoriaMetrics and VictoriaLogs; spans into a second
Collector with the nop exporter. A week of scenario `incidents`, from the first record accepted until the Collector's
queues were empty; then every span, log record and point was counted in its store. The limit posts the same requests,
each once.
"""
HEAD = ["", "records/s", "MB/s", "bytes a record", "records a request", "sender CPU s", "Collector CPU s"]


@dataclass(frozen=True)
class Row:
    """A sender at its best setting."""

    name: str
    setting: Setting
    measured: Measured
    made: int
    record_bytes: float = 0.0
    request_records: float = 0.0

    def with_sizes(self, record_bytes: float, request_records: float) -> "Row":
        return replace(self, record_bytes=record_bytes, request_records=request_records)


@dataclass(frozen=True)
class End:
    """Stored end to end."""

    kind: Kind
    requests: int
    otelsim: Stored
    limit: Stored


@dataclass(frozen=True)
class Result:
    """All that was measured; ``load`` averages before the start and at the end."""

    rows: dict[Kind, list[Row]]
    ends: list[End]
    load: tuple[float, float]


def markdown(size: str, result: Result) -> str:
    parts = [f"# OTLP: otelsim {otelsim.__version__}, size `{size}`\n\n{_machine(size, result)}\n{_versions()}\n"]
    parts += [HOW, "## Ratios\n\n" + _ratios(result)]
    parts += [f"## {kind.name.capitalize()}\n\n" + _rows(rows) for kind, rows in result.rows.items()]
    parts.append("## Stored end to end\n\n" + STORED + "\n" + _ends(result.ends))
    return "\n".join(parts)


def _machine(size: str, result: Result) -> str:
    command = "python -m benchmarks.otlp" + (" --quick" if size == "quick" else "")
    machine = f"`{command}`: {os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}."
    load = f"Load average {result.load[0]:.1f} before the start (other work slows everything here), "
    return f"{machine}\n{load}{result.load[1]:.1f} at the end, with its own work."


def _versions() -> str:
    modules = (MODULES / "victoria" / "go.mod").read_text()
    stores = [f"{name} {re.search(rf'/{name} (v[0-9.]+)', modules)[1]}" for name in ("VictoriaMetrics", "VictoriaLogs")]
    collector = re.search(r"^  version: (\S+)", DISTRIBUTION.read_text(), re.MULTILINE)[1]
    sdk = version("opentelemetry-sdk")
    return f"Collector {collector}, opentelemetry-sdk {sdk}, telemetrygen {building.version()}, {', '.join(stores)}."


def _best(rows: list[Row], name: str) -> float | None:
    return max((row.measured.rate for row in rows if row.name.startswith(name)), default=None)


def _ratios(result: Result) -> str:
    head = ["otelsim", "records/s", "SDK x (20 asked)", "telemetrygen x (over 1 asked)", "of the limit (80 % asked)"]
    made = []
    for kind, rows in result.rows.items():
        ours, limit = _best(rows, "otelsim"), _best(rows, "limit")
        others = [_best(rows, name) for name in ("OpenTelemetry SDK", "telemetrygen")]
        made.append(
            [kind.name, f"{ours:,.0f}", *(f"{ours / o:.1f}" if o else "" for o in others), f"{ours / limit:.0%}"]
        )
    for end in result.ends:
        share = f"{end.otelsim.rate / end.limit.rate:.0%}"
        made.append([f"{end.kind.name}, stored", f"{end.otelsim.rate:,.0f}", "", "", share])
    return table(head, made)


def _rows(rows: list[Row]) -> str:
    return table([*HEAD, "arrived", "measured s", "setting"], [_row(row) for row in rows])


def _row(row: Row) -> list[str]:
    m, millions = row.measured, row.measured.records / 1e6
    per_million = [f"{seconds / millions:.1f}" for seconds in (m.sender_s, m.receiver_s)]
    sizes = [f"{m.rate * row.record_bytes / 1e6:,.0f}", f"{row.record_bytes:,.0f}", f"{row.request_records:,.0f}"]
    arrived = f"{sum(m.arrived.values()) / row.made:.0%}"
    return [row.name, f"{m.rate:,.0f}", *sizes, *per_million, arrived, f"{m.seconds:.1f}", described(row.setting)]


def _ends(ends: list[End]) -> str:
    head = [
        "",
        "requests",
        "records",
        "records/s",
        "sent after s",
        "stored after s",
        "sender CPU s",
        "receivers' CPU s",
    ]
    made = []
    for end in ends:
        for name, one in (("otelsim", end.otelsim), ("limit", end.limit)):
            seconds = [f"{s:.1f}" for s in (one.sent_s, one.seconds, one.sender_s, one.receivers_s)]
            made.append(
                [f"{end.kind.name}, {name}", f"{end.requests:,}", f"{one.records:,}", f"{one.rate:,.0f}", *seconds]
            )
    return table(head, made)
