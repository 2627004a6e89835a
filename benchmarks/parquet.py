"""Parquet beside JSON lines: ``python -m benchmarks.parquet``.

The same week is written as JSON lines, plain and compressed, and as Parquet; each then answers the same question, asked
by DuckDB: the error rate by service and day. Its answers must be the same.

A rate is requests by the time from the command's start to its end, start-up and the last fsync included, so it is lower
than the rates of `benchmarks/run.py`; for each number of workers the better of two runs counts. A query's time is the
best of three, files being in memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import duckdb
import pyarrow

from benchmarks.report import table
from benchmarks.suite import RESULTS, say

T = TypeVar("T")
OTELSIM = (sys.executable, "-m", "otelsim")
WEEK = ("--start", "2025-03-03", "--end", "2025-03-10")
KINDS = {
    "JSON lines": (),
    "JSON lines, zstd": ("--compress", "zstd"),
    "JSON lines, gzip": ("--compress", "gzip"),
    "Parquet": ("--sink", "parquet"),
}
QUERY = "SELECT service, day, avg(failed::INT) AS rate, count(*) AS calls FROM ({}) GROUP BY ALL ORDER BY ALL"
LINES = (
    "SELECT service, timestamp[:10] AS day, NOT success AS failed FROM read_json('{}/logs_*',"
    " columns={{timestamp: 'VARCHAR', service: 'VARCHAR', success: 'BOOLEAN'}}, format='newline_delimited')"
)
TABLES = (
    "SELECT service, date::VARCHAR AS day, NOT success AS failed"
    " FROM read_parquet('{}/logs/*/*.parquet', hive_partitioning=true)"
)
QUERIES, RUNS = 3, 2


class Measured(NamedTuple):
    """What a notation came to."""

    bytes: int
    files: int
    rates: dict[int, float]
    """Requests a second by number of workers."""
    query_s: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parquet", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--directory", type=Path, default=Path(), help="where the runs lie for a while  [.]")
    asked = parser.parse_args()
    found, answers = {}, []
    for name, words in KINDS.items():
        say(name)
        with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as folder:
            measured, answer = _measured(Path(folder), asked.requests, words)
            found[name] = measured
            answers.append(answer)
    assert all(answer == answers[0] for answer in answers), "the answers differ"
    text = markdown(asked.requests, found, len(answers[0]))
    (RESULTS / "parquet.md").write_text(text)
    print(text)


def _measured(folder: Path, requests: int, words: tuple[str, ...]) -> tuple[Measured, list[tuple]]:
    rates = {}
    for workers in range(1, (os.cpu_count() or 1) + 1):
        took = min(_generated(folder / "run", requests, (*words, "--workers", str(workers))) for _ in range(RUNS))
        rates[workers] = requests / took
    stored = json.loads((folder / "run" / "manifest.json").read_text())["files"]
    query = QUERY.format((TABLES if "parquet" in words else LINES).format(folder / "run"))
    answer, seconds = _best(lambda: duckdb.sql(query).fetchall())
    return Measured(sum(file["bytes"] for file in stored.values()), len(stored), rates, seconds), answer


def _generated(output: Path, requests: int, words: tuple[str, ...]) -> float:
    began = time.perf_counter()
    command = [*OTELSIM, "generate", str(requests), *WEEK, "--output", str(output), "--overwrite", "--quiet", *words]
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def _best(work: Callable[[], T]) -> tuple[T, float]:
    """What it returns, and the shortest time it took."""
    times = []
    for _ in range(QUERIES):
        began = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - began)
    return made, min(times)


def markdown(requests: int, found: dict[str, Measured], rows: int) -> str:
    plain = found["JSON lines"]
    workers = list(plain.rates)
    head = ["", "MB", "of plain", "files", *(f"requests/s, {n} worker{'s' * (n > 1)}" for n in workers), "query"]
    lines = [
        [
            name,
            f"{m.bytes / 1e6:,.0f}",
            f"{m.bytes / plain.bytes:.1%}",
            f"{m.files:,}",
            *(f"{m.rates[n]:,.0f}" for n in workers),
            f"{m.query_s * 1_000:,.0f} ms",
        ]
        for name, m in found.items()
    ]
    versions = f"pyarrow {pyarrow.__version__}, DuckDB {duckdb.__version__}, {os.cpu_count()} cores"
    return "\n".join(
        [
            "# Parquet beside JSON lines",
            "",
            f"A week of {requests:,} requests, by `python -m benchmarks.parquet`: {versions}.",
            "Rates are of whole commands, start-up and fsync included. Parquet holds spans as well,",
            "which JSON lines have not, and every attribute of OpenTelemetry.",
            "",
            table(head, lines),
            "",
            f"The query is the error rate by service and day, by DuckDB with all cores ({rows:,} rows, the same",
            "of all):",
            "",
            "```sql",
            QUERY.format(TABLES.format("run")),
            "```",
            "",
        ]
    )


if __name__ == "__main__":
    main()
