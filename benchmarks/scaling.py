"""``python -m benchmarks.scaling``: what a million requests cost, by where they go, who makes them and how many.

Each run is the command's own, watched from outside: seconds of the whole command, requests a second between 5 and 95 %
of the slices (so without starting), CPU seconds of all of its processes, the largest of them, and bytes stored. The
Collector (its exporter nop) and the S3 server are the tests' own; they share this machine's processors with the run,
and what they cost is not counted in it.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil

import otelsim
from benchmarks.otlp.measuring import Cpu, plain_environment
from benchmarks.otlp.receiving import nop_collector
from benchmarks.report import table
from tests.backends import buckets, building

EVERY_S = 0.1
FIRST, LAST = 0.05, 0.95
RESULT = Path(__file__).parent / "results" / "scaling.md"
WHEN = ("--start", "2025-01-01")


class Case(NamedTuple):
    """A way to make a run: its name, how many workers, the words that ask for it."""

    name: str
    workers: int
    words: tuple[str, ...]
    environment: dict[str, str] = {}  # noqa: RUF012 - nobody changes it


class Cost(NamedTuple):
    """What it came to."""

    case: Case
    requests: int
    seconds: float
    rate: float | None
    """Requests a second in the middle; None where it is not known from outside."""
    cpu_s: float
    largest: int
    """Bytes of the largest process."""
    stored: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2_000_000)
    parser.add_argument("--only", default="", help="cases whose name has this")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the runs lie for a while  [.]")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as name, ExitStack() as held:
        folder = Path(name)
        found = []
        for case in cases(folder, held):
            if asked.only in case.name:
                found.append(measured(case, asked.requests, folder))
                print(*_row(found[-1]), sep=" | ", file=sys.stderr)
    page = markdown(found, asked.requests)
    print(page)
    if not asked.only:
        RESULT.write_text(page)


def cases(folder: Path, held: ExitStack) -> Iterator[Case]:
    """All of them, one after the other: what one needs besides is started when it is due."""
    output, both = ("--output", str(folder / "run")), (1, 2)
    for n in both:
        yield Case("nowhere (`--sink null`)", n, ("--sink", "null"))
        yield Case("JSON lines", n, output)
        yield Case("JSON lines, zstd", n, (*output, "--compress", "zstd"))
        yield Case("Parquet", n, (*output, "--sink", "parquet"))
    yield Case("JSON lines, zstd, by Dask", 2, (*output, "--compress", "zstd", "--engine", "dask"))
    (folder / "gateway").mkdir()
    server = held.enter_context(buckets.running(building.gateway(), folder / "gateway"))
    for n in both:
        bucket = server.bucket()
        yield Case("JSON lines, zstd, into a bucket", n, ("--output", bucket.plain("run")), bucket.environment)
        shutil.rmtree(folder / "gateway" / "objects" / bucket.name)
    front = held.enter_context(nop_collector(building.programs()))
    for n in both:
        yield Case("OTLP to a Collector", n, (*output, "--sink", "otlp", "--endpoint", front.url))


def measured(case: Case, requests: int, folder: Path) -> Cost:
    """Run it, and take its files away."""
    command = [sys.executable, "-m", "otelsim", "generate", str(requests), *WHEN, "--quiet"]
    command += ["--workers", str(case.workers), *case.words]
    began, largest, marks = time.perf_counter(), 0, list[tuple[float, int]]()
    run = subprocess.Popen(command, env={**plain_environment(), **case.environment})
    cpu, me = Cpu([psutil.Process(run.pid)]), psutil.Process(run.pid)
    while run.poll() is None:
        cpu_s = cpu.seconds()
        largest = max(largest, _largest(me))
        marks.append((time.perf_counter(), _slices(folder / "run")))
        time.sleep(EVERY_S)
    seconds = time.perf_counter() - began
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed")
    stored = _bytes(folder)
    shutil.rmtree(folder / "run", ignore_errors=True)
    return Cost(case, requests, seconds, _rate(marks, requests), cpu_s, largest, stored)


def _largest(me: psutil.Process) -> int:
    try:
        return max(p.memory_info().rss for p in [me, *me.children(recursive=True)])
    except psutil.Error:
        return 0


def _slices(run: Path) -> int:
    """How many are done, by the journal."""
    try:
        return (run / "journal.jsonl").read_bytes().count(b"\n") - 1
    except OSError:
        return 0


def _rate(marks: list[tuple[float, int]], requests: int) -> float | None:
    most = max(done for _, done in marks)
    middle = [(at, done) for at, done in marks if FIRST * most <= done <= LAST * most]
    if most < 1 or len(middle) < 3:
        return None
    (begin, first), (end, last) = middle[0], middle[-1]
    return requests * (last - first) / most / (end - begin)


def _bytes(folder: Path) -> int:
    """Of files of records: those of a bucket lie in its server's folder."""
    names = ("logs", "metrics", "traces", "otlp")
    found = (p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).parts[0] != "told")
    return sum(p.stat().st_size for p in found if any(part.startswith(names) for part in p.parts[-3:]))


def markdown(found: list[Cost], requests: int) -> str:
    """The page."""
    head = ["", "workers", "seconds", "requests/s", "CPU s a million", "GB a million", "largest process MiB"]
    rows = [_row(cost) for cost in found]
    machine = f"otelsim {otelsim.__version__}, {os.cpu_count()} CPUs ({platform.machine()})"
    machine += f", Python {platform.python_version()}, {requests:,} requests of `year` each, one take"
    return f"# What a million requests cost\n\n{machine}.\n\n{table(head, rows)}{_engines(found)}"


def _row(cost: Cost) -> list[str]:
    millions = cost.requests / 1e6
    rate = cost.rate or cost.requests / cost.seconds
    return [
        cost.case.name,
        str(cost.case.workers),
        f"{cost.seconds:.1f}",
        f"{rate:,.0f}" + ("" if cost.rate else " (all)"),
        f"{cost.cpu_s / millions:.1f}",
        f"{cost.stored / millions / 1e9:.2f}" if cost.stored > millions else "",
        f"{cost.largest / 2**20:.0f}",
    ]


def _engines(found: list[Cost]) -> str:
    """Dask beside this machine's own pool."""
    by = {(cost.case.name, cost.case.workers): cost for cost in found}
    dask, local = by.get(("JSON lines, zstd, by Dask", 2)), by.get(("JSON lines, zstd", 2))
    if not dask or not local or not dask.rate or not local.rate:
        return ""
    return f"\nDask makes {dask.rate / local.rate:.0%} of the local pool's rate.\n"


if __name__ == "__main__":
    main()
