"""Peak memory of a run's processes, sampled from outside."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

EVERY_S = 0.1


@dataclass
class Peak:
    """Bytes: of the largest worker, of the parent, of all together (PSS counts a shared page once)."""

    requests: int
    workers: int = 0
    worker_rss: int = 0
    worker_pss: int = 0
    parent_rss: int = 0
    all_pss: int = 0
    seen: set[int] = field(default_factory=set)


def peak(requests: int, folder: Path) -> Peak:
    """The command line's own run into files, with its default number of workers."""
    output = folder / "memory"
    when = ["--start", "2025-01-01", "--output", str(output), "--quiet"]
    process = subprocess.Popen([sys.executable, "-m", "otelsim", "generate", str(requests), *when])
    found = Peak(requests)
    while True:
        try:
            process.wait(EVERY_S)
            break
        except subprocess.TimeoutExpired:
            _sample(psutil.Process(process.pid), found)
    shutil.rmtree(output, ignore_errors=True)
    if process.returncode:
        sys.exit(f"the run of {requests:,} requests failed")
    found.workers = len(found.seen)
    return found


def _sample(parent: psutil.Process, found: Peak) -> None:
    everything = 0
    try:
        servers = {c.pid for c in parent.children() if "multiprocessing.forkserver" in " ".join(c.cmdline())}
        for process in [parent, *parent.children(recursive=True)]:
            rss, pss = _sizes(process)
            everything += pss
            if process.pid == parent.pid:
                found.parent_rss = max(found.parent_rss, rss)
            elif process.ppid() in servers:
                found.seen.add(process.pid)
                found.worker_rss, found.worker_pss = max(found.worker_rss, rss), max(found.worker_pss, pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return
    found.all_pss = max(found.all_pss, everything)


def _sizes(process: psutil.Process) -> tuple[int, int]:
    sizes = process.memory_full_info()
    return sizes.rss, sizes.pss
