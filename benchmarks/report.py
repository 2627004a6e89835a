"""The measurements as a page, and the scaling as a drawing."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import otelsim
from benchmarks.memory import Peak
from benchmarks.rates import Rate

HOW = """\
Rates of otelsim count from the moment when as many slices are done as there are workers, so the start of processes,
loading the world and preparing are left out. One worker's count to the end, with the last fsync; those of several until
as many slices are left as there are workers, so that all are at work. The oracle (`tests/reference`: plain Python and
`json.dumps`, one process) makes the same lines of whole days of the same run, its preparing left out too. The fastest
of several takes counts (of one with `--quick`; of two for the oracle). Records are log and metric lines; bytes are
those of the lines, stored bytes those of the files.
"""


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    made: list[Rate]
    oracle: list[Rate]
    scaling: list[Rate]
    writing: dict[str, float | None]
    memory: list[Peak]
    load: float


def markdown(size: str, results: Results) -> str:
    machine = f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()}"
    machine += f", load average {results.load:.1f} before the start (other work slows everything here)"
    parts = [
        f"# Benchmarks of otelsim {otelsim.__version__}, size `{size}`\n\n{machine}.\n\n{HOW}",
        "## One worker\n\n" + _one_worker(results),
        "## By workers, to `--sink null`\n\n" + _scaling(results.scaling),
        "## The disk itself, 2 MiB blocks, fsync included\n\n" + _disk(results.writing),
        "## Peak memory, sampled every 0.1 s\n\n" + _memory(results.memory),
    ]
    return "\n".join(parts)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table that also reads well as it is."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
    lines = [[cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
             for row in [head, rule, *rows]]  # fmt: skip
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _one_worker(results: Results) -> str:
    plain = {rate.name: rate for rate in results.oracle}
    rows = [_rate_row(f"otelsim to {r.name}", r, plain.get(r.name, plain["files"])) for r in results.made]
    rows += [_rate_row(f"oracle to {r.name}", r, r) for r in results.oracle]
    head = ["", "requests/s", "records/s", "MB/s", "stored MB/s", "measured s", "oracle x"]
    return table(head, rows)


def _rate_row(name: str, r: Rate, plain: Rate) -> list[str]:
    per_s = [f"{n / r.seconds:,.0f}" for n in (r.requests, r.records)]
    sizes = [f"{n / r.seconds / 1e6:,.0f}" if n else "" for n in (r.content, r.stored)]
    return [
        name,
        *per_s,
        *sizes,
        f"{r.seconds:.1f}",
        f"{r.requests / r.seconds / (plain.requests / plain.seconds):.0f}",
    ]


def _scaling(scaling: list[Rate]) -> str:
    one = scaling[0].requests / scaling[0].seconds
    rows = [
        [str(r.workers), f"{r.requests / r.seconds:,.0f}", f"{r.records / r.seconds:,.0f}",
         f"{r.content / r.seconds / 1e6:,.0f}", f"{r.seconds:.1f}", f"{r.requests / r.seconds / one:.2f}"]
        for r in scaling
    ]  # fmt: skip
    return table(["workers", "requests/s", "records/s", "MB/s", "measured s", "one worker x"], rows)


def _disk(writing: dict[str, float | None]) -> str:
    return table(["", "MB/s"], [[name, f"{v / 1e6:,.0f}" if v else "not here"] for name, v in writing.items()])


def _memory(memory: list[Peak]) -> str:
    head = ["requests", "workers", "worker RSS MiB", "worker PSS MiB", "parent RSS MiB", "all PSS MiB"]
    rows = [
        [f"{p.requests:,}", str(p.workers)]
        + [f"{n / 2**20:,.0f}" for n in (p.worker_rss, p.worker_pss, p.parent_rss, p.all_pss)]
        for p in memory
    ]
    return table(head, rows)


def draw(scaling: list[Rate], path: Path) -> None:
    """Requests a second over workers, beside what one worker's rate times the processors would be."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "otelsim"
    from matplotlib import pyplot

    workers = [r.workers for r in scaling]
    rate = [r.requests / r.seconds / 1e3 for r in scaling]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(workers, rate, "o-", label="measured")
    axes.plot(workers, [rate[0] * min(w, os.cpu_count() or 1) for w in workers], ":", label="one worker x processors")
    axes.set_xscale("log", base=2)
    axes.set_xticks(workers, [str(w) for w in workers])
    axes.set(xlabel="workers", ylabel="thousand requests a second", title="otelsim generate --sink null")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
