"""Which measurements are made, and in what order."""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.otlp import bodies, report, stored
from benchmarks.otlp.building import telemetrygen
from benchmarks.otlp.capturing import capture
from benchmarks.otlp.measuring import measure
from benchmarks.otlp.receiving import SENDERS, endpoints, nop_collector, on
from benchmarks.otlp.report import End, Result, Row
from benchmarks.otlp.senders import ALL, KINDS, LOGS, POINTS, Kind, Limit, Otelsim, Sdk, Sender, Telemetrygen
from benchmarks.otlp.tuning import Setting, best, described, first
from tests.backends.building import BuildError, Programs, missing_go, programs

SDK = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "opentelemetry-exporter-otlp-proto-grpc")
RESULTS = Path(__file__).parent.parent / "results"
DAY_S = 86_400
BEGAN_S = time.monotonic()


@dataclass(frozen=True)
class Size:
    """How much is sent how often. ``trial_s`` 0: every sender has the setting that is expected to be best."""

    requests: int
    trial_s: float
    take_s: float
    takes: int
    loop_bytes: int
    stored_requests: int


SIZES = {
    "quick": Size(200_000, 0.0, 2.0, 1, 60_000_000, 10_000),
    "standard": Size(1_000_000, 3.0, 6.0, 2, 200_000_000, 100_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.otlp", description="Measure sending OTLP.")
    parser.add_argument("--quick", action="store_true", help="some minutes; no setting is tried but the first")
    parser.add_argument("--name", help="of the result's file  [otlp, or otlp-quick]")
    parser.add_argument("--directory", type=Path, default=Path(), help="where captures lie for a while  [.]")
    asked = parser.parse_args()
    if not asked.directory.is_dir():
        parser.error(f"--directory: {asked.directory} is no directory")
    if reason := missing_go() or missing_packages():
        sys.exit(reason)
    # Ended by a signal, it stops what it started all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    size = "quick" if asked.quick else "standard"
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as folder:
        try:
            bench = Bench(SIZES[size], Path(folder).resolve(), programs(), telemetrygen())
        except BuildError as error:
            sys.exit(str(error))
        text = report.markdown(size, bench.result())
    RESULTS.mkdir(exist_ok=True)
    name = asked.name or ("otlp-quick" if asked.quick else "otlp")
    (RESULTS / f"{name}.md").write_text(text)
    print(text)


def missing_packages() -> str | None:
    """Which of the SDK's packages are not installed, told before anything is measured."""
    installed = {each.metadata["Name"] for each in distributions()}
    missing = [name for name in SDK if name not in installed]
    return f"not installed: {', '.join(missing)}" if missing else None


@dataclass(frozen=True)
class Bench:
    """What every measurement needs."""

    size: Size
    folder: Path
    programs: Programs
    telemetrygen: Path

    def result(self) -> Result:
        load = os.getloadavg()[0]
        self.warm()
        rows = {kind: self.kind(kind) for kind in KINDS}
        ends = [self.end(kind, {**_setting(rows[kind]), "workers": os.cpu_count()}) for kind in (LOGS, POINTS, ALL)]
        return Result(rows, ends, (load, os.getloadavg()[0]))

    def warm(self) -> None:
        """Kernels are compiled once a machine; no measurement is to wait for that."""
        say("compiling what is not compiled yet")
        otelsim = Otelsim(self.folder, 2_000)
        capture(self.folder / "warm.bodies", lambda to: otelsim.sending(ALL, first(otelsim.choices(ALL)), to, 0))

    def kind(self, kind: Kind) -> list[Row]:
        """All senders of a kind: their settings found, then each measured in turn."""
        otelsim = Otelsim(self.folder, self.size.requests)
        setting = self.tuned(kind, otelsim)
        path = self.folder / f"{kind.name}.bodies"
        say(f"{kind.name}: keeping otelsim's requests")
        capture(path, lambda to: otelsim.sending(kind, _http(setting), to, 0), self.size.loop_bytes)
        limit = Limit(path)
        settings: list[tuple[Sender, Setting]] = [(otelsim, setting), (limit, self.tuned(kind, limit))]
        packed = (Otelsim(self.folder, self.size.requests, "gzip"), Limit(path, "gzip"))
        settings += [(one, known) for one, (_, known) in zip(packed, settings, strict=True)]
        if kind != ALL:
            others: list[Sender] = [Sdk(path), Telemetrygen(self.telemetrygen), Telemetrygen(self.telemetrygen, path)]
            settings += [(other, self.tuned(kind, other)) for other in others]
        takes = [[self.row(kind, *each) for each in settings] for _ in range(self.size.takes)]
        fastest = [max(each, key=lambda row: row.measured.rate) for each in zip(*takes, strict=True)]
        return [self.weighed(kind, sender, row, path) for (sender, _), row in zip(settings, fastest, strict=True)]

    def tuned(self, kind: Kind, sender: Sender) -> Setting:
        choices = sender.choices(kind)
        if not self.size.trial_s:
            return first(choices)
        return best(choices, lambda setting: self.row(kind, sender, setting, self.size.trial_s).measured.rate)

    def row(self, kind: Kind, sender: Sender, setting: Setting, seconds: float | None = None) -> Row:
        say(f"{kind.name}: {sender.name}, {described(setting)}")
        with nop_collector(self.programs) as front:
            sending = sender.sending(kind, setting, endpoints(front), seconds or self.size.take_s)
            with on(SENDERS):
                found = measure(sending, front, self.folder)
        made, arrived = sender.made(found), sum(found.arrived.values())
        if isinstance(sender, Otelsim | Limit) and made != arrived:
            sys.exit(f"{sender.name} sent {made:,} records, {arrived:,} arrived")
        say(f"    {found.rate:,.0f} records a second")
        return Row(sender.name, setting, found, made)

    def weighed(self, kind: Kind, sender: Sender, row: Row, path: Path) -> Row:
        """With the bytes of a record, before compression, as they come over HTTP."""
        if isinstance(sender, Sdk | Telemetrygen):
            path = self.folder / "weighed.bodies"
            capture(path, lambda to: sender.sending(kind, _http(row.setting), to, 1.0))
        records, content, requests = bodies.sizes(path)
        return row.with_sizes(content / sum(records.values()), sum(records.values()) / requests)

    def end(self, kind: Kind, setting: Setting) -> End:
        """Into fresh stores: as otelsim sends it, and as its requests posted once."""
        week = last_week()
        time_range = ("--scenario", "incidents", "--start", date_of(week[0]))
        otelsim = Otelsim(self.folder, self.size.stored_requests, time=time_range)
        path = self.folder / "stored.bodies"
        say(f"{kind.name}: keeping a run to be stored")
        capture(path, lambda to: otelsim.sending(kind, _http(setting), to, 0))
        limit = Limit(path)
        found: dict[str, list[stored.Stored]] = {otelsim.name: [], limit.name: []}
        for _ in range(self.size.takes):
            for sender, how in ((otelsim, setting), (limit, {"processes": 1, "connections": 4})):
                say(f"{kind.name}, stored: {sender.name}")
                with stored.chain(self.programs) as to:
                    sending = sender.sending(kind, how, endpoints(to.front), 0)
                    found[sender.name].append(stored.store(sending, to, self.folder, week))
                say(f"    {found[sender.name][-1].rate:,.0f} records a second")
        fastest = {name: max(takes, key=lambda one: one.rate) for name, takes in found.items()}
        return End(kind, self.size.stored_requests, fastest[otelsim.name], fastest[limit.name])


def _setting(rows: list[Row]) -> Setting:
    """That of otelsim, which is the first."""
    return rows[0].setting


def _http(setting: Setting) -> Setting:
    """The same, but so that it can be kept."""
    return {**setting, "protocol": "http"}


def last_week() -> tuple[int, int]:
    """A week whose every day is over and lies within all retentions."""
    today = int(time.time()) // DAY_S * DAY_S
    return today - 8 * DAY_S, today - DAY_S


def date_of(epoch_s: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(epoch_s))


def say(text: str) -> None:
    print(f"{time.monotonic() - BEGAN_S:5.0f} s  {text}", file=sys.stderr, flush=True)
