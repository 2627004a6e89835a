"""Which measurements are made, and in what order."""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import disk, memory, rates, report
from otelsim.runner.pool import compile_kernels, kernels_are_compiled

RESULTS = Path(__file__).parent / "results"
BYTES_A_REQUEST = 6_000
WORKERS = (1, 2, 4, 8, 48)
SINKS = {"null": "", "files": "", "zstd files": "zstd", "gzip files": "gzip"}


@dataclass(frozen=True)
class Size:
    """Requests of each measurement, bytes of the disk's own, and how often rates are taken (the best counts)."""

    requests: int
    scaling: int
    oracle: int
    memory: tuple[int, ...]
    disk_bytes: int
    repeats: int


SIZES = {
    "quick": Size(200_000, 600_000, 2_000, (50_000, 150_000), 256 << 20, 1),
    "standard": Size(1_000_000, 2_000_000, 10_000, (200_000, 1_000_000), 1 << 30, 2),
    "big": Size(2_000_000, 6_000_000, 20_000, (1_000_000, 5_000_000), 4 << 30, 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure otelsim on this machine.")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", dest="size", action="store_const", const="quick", help="about a minute")
    sizes.add_argument("--big", dest="size", action="store_const", const="big", help="needs 30 GB for a while")
    parser.add_argument("--name", help="of the results' files  [quick, standard or big]")
    parser.add_argument("--directory", type=Path, default=Path(), help="where files are written, then removed  [.]")
    parser.set_defaults(size="standard")
    asked = parser.parse_args()
    size = SIZES[asked.size]
    refuse_lack_of_space(asked.directory, size)
    if not kernels_are_compiled("lines"):
        say("compiling kernels")
        compile_kernels("lines")
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as folder:
        results = measured(size, Path(folder))
    RESULTS.mkdir(exist_ok=True)
    text = report.markdown(asked.size, results)
    name = asked.name or asked.size
    (RESULTS / f"{name}.md").write_text(text)
    report.draw(results.scaling, RESULTS / f"{name}.svg")
    print(text)


def refuse_lack_of_space(directory: Path, size: Size) -> None:
    needed = max(size.requests, *size.memory) * BYTES_A_REQUEST + size.disk_bytes
    free = shutil.disk_usage(directory).free
    if free < needed * 1.1:
        sys.exit(f"{directory}: {needed / 1e9:.0f} GB are needed for a while, {free / 1e9:.0f} GB are free")


def measured(size: Size, folder: Path) -> report.Results:
    say("the disk's own speed")
    load = os.getloadavg()[0]
    writing = disk.speeds(folder, size.disk_bytes)
    prepared = rates.prepared(size.requests)
    made = []
    for name, compression in SINKS.items():
        say(f"one worker to {name}")
        place = folder if name != "null" else None
        made.append(rates.best([rates.run(prepared, name, place, compression, 1) for _ in range(size.repeats)]))
    say("the oracle")
    plain = rates.oracle(prepared, size.oracle, folder)
    many = rates.finer(rates.prepared(size.scaling), 4)
    scaling = []
    for workers in WORKERS:
        say(f"{workers} workers to null")
        scaling.append(rates.best([rates.run(many, "null", None, "", workers) for _ in range(size.repeats)]))
    peaks = []
    for requests in size.memory:
        say(f"memory of a run of {requests:,} requests")
        peaks.append(memory.peak(requests, folder))
    return report.Results(made, plain, scaling, writing, peaks, load)


def say(text: str) -> None:
    print(f"measuring: {text}", file=sys.stderr, flush=True)
