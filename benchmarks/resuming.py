"""``python -m benchmarks.resuming``: what it costs to finish a run that was killed after nine tenths of its slices.

Twice the same run: once undisturbed, once killed and resumed; their files must be the same. The one that is killed is
killed with -9, and resumed at once: what the system still has in memory of its files is not dropped before.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import xxhash

from otelsim.runner.folder import Folder

SHARE = 0.9
WEEK = ("--start", "2025-03-03", "--end", "2025-03-10")
OTELSIM = (sys.executable, "-m", "otelsim")


class Measured(NamedTuple):
    """What it came to."""

    whole_s: float
    resumed_s: float
    slices: int
    killed_after: int
    again: int
    """Slices that were made again."""
    read: str
    """What was said of files that were read back."""

    @property
    def share(self) -> float:
        """Of the undisturbed run's time."""
        return self.resumed_s / self.whole_s


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resuming", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=5_000_000)
    parser.add_argument("--compress", choices=["", "zstd", "gzip"], default="zstd")
    parser.add_argument("--touch", action="store_true", help="touch the killed run's files: all are read back")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the runs lie for a while  [.]")
    asked = parser.parse_args()
    found = measured(asked.requests, asked.compress, asked.directory, asked.touch)
    print(f"{asked.requests:,} requests, compress {asked.compress or 'nothing'}: {found.whole_s:.1f} s undisturbed")
    took = f"resumed in {found.resumed_s:.1f} s: {found.share:.0%} of the time"
    print(f"killed after {found.killed_after} of {found.slices} slices, {took}")
    print(found.read or "nothing was read back")
    print(f"{found.again} slices made again: {found.again / found.slices:.0%}; the files are the same")


def measured(requests: int, compress: str, directory: Path, touch: bool = False) -> Measured:
    """Make both runs in a folder of their own in ``directory``, one after the other."""
    words = (str(requests), *WEEK, *(("--compress", compress) if compress else ()))
    with tempfile.TemporaryDirectory(prefix="otelsim-bench-", dir=directory) as name:
        run = Path(name) / "run"
        command = [*OTELSIM, "generate", *words, "--output", str(run), "--quiet"]
        whole_s = timed(command)[0]
        calm = digests(run)
        shutil.rmtree(run)
        killed_after = kill(command, run)
        if touch:
            touch_all(run)
        resumed_s, told = timed([*OTELSIM, "resume", str(run)])
        if digests(run) != calm:
            sys.exit("the files are not the same")
    of, again = map(int, re.search(r"of (\d+) slices are whole, (\d+) are to be made", told).groups())
    read = "".join(line for line in told.splitlines() if line.startswith("to be read back"))
    return Measured(whole_s, resumed_s, of, killed_after, again, read)


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


def touch_all(folder: Path) -> None:
    """Touch a killed run's files, when its workers have ended."""
    Folder(folder, overwrite=False, resume=True).close()
    for path in folder.glob("*.part"):
        os.utime(path)


def digests(folder: Path) -> dict[str, str]:
    """A digest of every file but the journal, by name."""
    found = {}
    for path in folder.iterdir():
        if path.name != "journal.jsonl":
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()
    return found


if __name__ == "__main__":
    main()
