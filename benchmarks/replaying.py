"""How fast JSON lines come into real stores again: ``python -m benchmarks.replaying``.

A week of scenario ``incidents`` is written as JSON lines. Then, each into fresh stores and in one run:

- through the Collector into both stores: the run itself (``generate --sink otlp --metrics points``) and its replay;
- straight into a store: ``otelsim import``, the plain importer of `plain_importer`, and the requests of otelsim ready
  made and posted from 4 connections, which is what the store takes.

A rate is records by the time from the command's start until the store has answered for all of them, and all of them are
counted there; through the Collector the time begins with the first record.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.otlp import stored
from benchmarks.otlp.capturing import capture
from benchmarks.otlp.measuring import Sending, plain_environment
from benchmarks.otlp.suite import RESULTS, date_of, last_week, say
from benchmarks.report import table
from tests.backends import stores
from tests.backends.building import Programs, programs

OTELSIM = [sys.executable, "-m", "otelsim"]
STORES: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "metrics": ("victoriametrics", "/opentelemetry/v1/metrics", stores.victoria_metrics),
    "logs": ("victorialogs", "/insert/opentelemetry/v1/logs", stores.victoria_logs),
}
DIRECT, REPLAY = "the run itself, sent", "its JSON lines, replayed"


@dataclass(frozen=True)
class Rate:
    """Records that a store has, and the seconds that it took."""

    records: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.records / self.seconds


class Bench:
    """What every measurement needs."""

    def __init__(self, built: Programs, folder: Path, requests: int) -> None:
        self.programs, self.folder, self.requests = built, folder, requests
        self.days = last_week()
        self.run = folder / "run"
        self.scenario = [str(requests), "--scenario", "incidents", "--start", date_of(self.days[0])]

    def write(self) -> None:
        say(f"writing {self.requests:,} requests")
        words = ["--output", str(self.run), "--workers", "2", "--quiet"]
        subprocess.run([*OTELSIM, "generate", *self.scenario, *words], check=True)

    def through_collector(self, name: str) -> stored.Stored:
        say(f"through the Collector: {name}")
        with stored.chain(self.programs) as to:
            where = ["--endpoint", to.front.url, "--workers", "2", "--quiet", "--overwrite"]
            if name == DIRECT:
                command = ["generate", *self.scenario, "--sink", "otlp", "--metrics", "points"]
            else:
                command = ["replay", str(self.run)]
            words = [*where, "--output", str(self.folder / ("sent" if name == DIRECT else "state"))]
            found = stored.store(Sending([[*OTELSIM, *command, *words]], limit_s=3_600), to, self.folder, self.days)
        say(f"    {found.rate:,.0f} records a second")
        return found

    def straight(self, signal: str, command: list[str]) -> Rate:
        """A command whose ``{url}`` is the store's, into a fresh one."""
        with ExitStack() as stack:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder)))
            store = stack.enter_context(STORES[signal][2](self.programs, place))
            words = [word.replace("{url}", store.url) for word in command]
            began = time.monotonic()
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env=plain_environment())
            seconds = time.monotonic() - began
            store.flush()
            records = store.count() if signal == "logs" else store.counted('{service_id!=""}', *self.days)
        say(f"    {records:,} {signal}, {records / seconds:,.0f} a second")
        return Rate(records, seconds)

    def importers(self, signal: str) -> dict[str, Rate]:
        files = [str(path) for path in sorted(self.run.glob(f"{signal}_*"))]
        store, path, _ = STORES[signal]
        state = ["--output", str(self.folder / "state"), "--workers", "2", "--quiet", "--overwrite"]
        ours = [*OTELSIM, "import", store, *files, *state, "--url"]
        bodies = self.folder / f"{signal}.bodies"
        say(f"{store}: keeping otelsim's requests")
        capture(bodies, lambda to: Sending([[*ours, to.http]], limit_s=3_600))
        commands = {
            "otelsim import": [*ours, "{url}"],
            "plain importer": [sys.executable, "-m", "benchmarks.plain_importer", signal, "{url}", *files],
            "ready requests": [sys.executable, "-m", "benchmarks.otlp.posting", "--url", "{url}", "--path", path,
                               "--bodies", str(bodies), "--connections", "4"],
        }  # fmt: skip
        found = {}
        for name, command in commands.items():
            say(f"{store}: {name}")
            found[name] = self.straight(signal, command)
        bodies.unlink()
        whole = {rate.records for rate in found.values()}
        if len(whole) != 1:
            sys.exit(f"not all {signal} are in the store each time: {found}")
        return found


def markdown(requests: int, chained: dict[str, stored.Stored], straight: dict[str, dict[str, Rate]]) -> str:
    lines = [f"# Replaying {requests:,} requests of a week of `incidents`", "", "Through the Collector, stored:", ""]
    rows = [[name, f"{one.rate:,.0f}", f"{one.rate / chained[DIRECT].rate:.0%}"] for name, one in chained.items()]
    lines += [table(["", "records/s", "of the run itself"], rows), "", "Straight into a store:", ""]
    rows = []
    for signal, found in straight.items():
        plain, ready = found["plain importer"].rate, found["ready requests"].rate
        for name, one in found.items():
            share = f"{one.rate / ready:.0%}"
            rows.append([signal, name, f"{one.records:,}", f"{one.rate:,.0f}", f"{one.rate / plain:.1f}", share])
    head = ["", "by", "records", "records/s", "times the plain importer", "of ready requests"]
    return "\n".join([*lines, table(head, rows), ""])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replaying", description="Measure replaying.")
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--takes", type=int, default=2, help="of each way through the Collector; the best is told")
    parser.add_argument("--directory", type=Path, default=Path(), help="where files lie for a while  [.]")
    parser.add_argument("--name", default="replay", help="of the result's file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as folder:
        bench = Bench(programs(), Path(folder).resolve(), asked.requests)
        bench.write()
        takes = [{name: bench.through_collector(name) for name in (DIRECT, REPLAY)} for _ in range(asked.takes)]
        chained = {name: max((take[name] for take in takes), key=lambda one: one.rate) for name in (DIRECT, REPLAY)}
        straight = {signal: bench.importers(signal) for signal in STORES}
    text = markdown(asked.requests, chained, straight)
    (RESULTS / f"{asked.name}.md").write_text(text)
    print(text)
    print(json.dumps({name: one.sender_s for name, one in chained.items()}), file=sys.stderr)


if __name__ == "__main__":
    main()
