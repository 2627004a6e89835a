"""How large the processes of a run become."""

import contextlib
import subprocess
import time

import psutil

SEEN_S = 0.2


def workers_of(parent: int) -> list[psutil.Process]:
    """The processes that make slices: the children of what they are forked from, which holds every kernel itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [worker for child in psutil.Process(parent).children() for worker in child.children()]
    return []


def worker_mib(run: subprocess.Popen) -> float:
    """The largest resident set of the run's workers, in MiB."""
    found = [0.0]
    for worker in workers_of(run.pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(worker.memory_info().rss / 2**20)
    return max(found)


def watched(run: subprocess.Popen, seconds: float) -> float:
    """The most that a worker had in that time, or until the run ends."""
    most, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until and run.poll() is None:
        most = max(most, worker_mib(run))
        time.sleep(SEEN_S)
    return most
