"""``python -m benchmarks.resuming``: what it costs to finish a run that was killed after nine tenths of its slices.

Twice the same run: once undisturbed, once killed and resumed; their files must be the same.
"""

import argparse
import filecmp
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARE = 0.9
WEEK = ("--start", "2025-03-03", "--end", "2025-03-10")
OTELSIM = (sys.executable, "-m", "otelsim")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resuming", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=6_000_000)
    parser.add_argument("--compress", choices=["", "zstd", "gzip"], default="zstd")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the two runs lie for a while  [.]")
    asked = parser.parse_args()
    words = (str(asked.requests), *WEEK, *(("--compress", asked.compress) if asked.compress else ()))
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=asked.directory) as name:
        calm, killed = Path(name) / "calm", Path(name) / "killed"
        whole_s = timed([*OTELSIM, "generate", *words, "--output", str(calm), "--quiet"])[0]
        slices = kill([*OTELSIM, "generate", *words, "--output", str(killed), "--quiet"], killed)
        resumed_s, told = timed([*OTELSIM, "resume", str(killed)])
        same(calm, killed)
    of, again = map(int, re.search(r"of (\d+) slices are whole, (\d+) are to be made", told).groups())
    print(f"{asked.requests:,} requests, compress {asked.compress or 'nothing'}: {whole_s:.1f} s undisturbed")
    print(f"killed after {slices} of {of} slices, resumed in {resumed_s:.1f} s: {resumed_s / whole_s:.0%} of the time")
    print(f"{again} slices made again: {again / of:.0%}; the files are the same")


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds, and what it said."""
    began = time.perf_counter()
    done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    return time.perf_counter() - began, done.stderr


def kill(command: list[str], folder: Path) -> int:
    """Kill a run when enough of it is done; returns how many slices that were."""
    run = subprocess.Popen(command)
    journal = folder / "journal.jsonl"
    while not journal.exists():
        time.sleep(0.01)
    scenario = json.loads(journal.open().readline())["scenario"]
    due = SHARE * max(96, -(-scenario["total_events"] // 20_000))
    while (done := journal.read_bytes().count(b"\n") - 1) < due:
        if run.poll() is not None:
            sys.exit("the run had ended before it could be killed")
        time.sleep(0.01)
    run.kill()
    run.wait()
    return done


def same(one: Path, other: Path) -> None:
    """Ends everything with a message unless all files but the journal are the same."""
    names = [p.name for p in one.iterdir() if p.name != "journal.jsonl"]
    _, different, missing = filecmp.cmpfiles(one, other, names, shallow=False)
    if different or missing:
        sys.exit(f"these files are not the same: {different + missing}")


if __name__ == "__main__":
    main()
