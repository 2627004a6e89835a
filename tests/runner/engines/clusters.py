"""Real Dask clusters: a scheduler and workers, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 30.0


class Cluster:
    """A scheduler, and the workers that were started for it."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self.folder, self.port = folder, _free_port(address)
        self.url = f"tcp://{address}:{self.port}"
        self.workers: list[subprocess.Popen] = []
        words = ["--host", address, "--port", str(self.port), "--no-dashboard"]
        self.scheduler = _started(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", *words], folder / "scheduler"
        )
        _wait_for(self.scheduler, folder / "scheduler", "Scheduler at:")

    def add(self, prefix: Sequence[str] = (), host: str = "", **environment: str) -> subprocess.Popen:
        """One more worker, which has joined; ``prefix`` are words of a command that runs it."""
        log = self.folder / f"worker{len(self.workers)}"
        words = [self.url, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder)]
        words += ["--host", host] if host else []
        command = [*prefix, sys.executable, "-m", "distributed.cli.dask_worker", *words]
        self.workers.append(_started(command, log, **environment))
        _wait_for(self.workers[-1], log, "Registered to:")
        return self.workers[-1]

    def end(self) -> None:
        """Kill all of it."""
        for process in (*self.workers, self.scheduler):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(folder: Path, workers: int = 0, address: str = "127.0.0.1") -> Iterator[Cluster]:
    """A cluster with so many workers of this machine."""
    made = Cluster(folder, address)
    try:
        for _ in range(workers):
            made.add()
        yield made
    finally:
        made.end()


def _free_port(address: str) -> int:
    with socket.socket() as found:
        found.bind((address, 0))
        return found.getsockname()[1]


def _started(command: list[str], log: Path, **environment: str) -> subprocess.Popen:
    with log.open("wb") as file:
        env = {**os.environ, **environment}
        # Not where the tests run: Python would look for packages there first.
        return subprocess.Popen(command, stdout=file, stderr=file, env=env, cwd=log.parent, start_new_session=True)


def _wait_for(process: subprocess.Popen, log: Path, text: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
