"""``python -m benchmarks.pages``: how long `otelsim report` takes for a run, and how large the page is."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OTELSIM = (sys.executable, "-m", "otelsim")
YEAR = ("--start", "2025-01-01", "--end", "2026-01-01")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3, help="all are told  [3]")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the run lies for a while  [.]")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as name:
        run = Path(name) / "run"
        words = (str(asked.requests), *YEAR, "--compress", "zstd", "--output", str(run), "--quiet")
        subprocess.run([*OTELSIM, "generate", *words], check=True)
        for _ in range(asked.times):
            seconds, cpu_s = timed([*OTELSIM, "report", str(run), "--quiet"])
            size = (run / "report.html").stat().st_size
            print(f"{asked.requests:,} requests: {size / 1e6:.2f} MB in {seconds:.1f} s ({cpu_s:.1f} s of processors)")


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds, and those of all processes together."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - began, used


if __name__ == "__main__":
    main()
