"""Who does a run's tasks: processes of this machine, or another engine in their place."""

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, Self

from otelsim.compiled import marker
from otelsim.errors import RunError
from otelsim.runner.folder import told
from otelsim.runner.forking import start_server
from otelsim.runner.slicing import Interrupted
from otelsim.runner.stopping import Stop
from otelsim.runner.target import Target
from otelsim.runner.worker import TABLES, WAITING, Tables, begin, work

_WARMED = {
    "lines": "otelsim.runner.warmed",
    "otlp": "otelsim.runner.warmed_otlp",
    "replay": "otelsim.replay.warmed",
}
"""Modules that load a kind of kernels when they are imported."""


class WorkerDied(RunError):
    """A worker process ended by itself; the others were ended with it."""


class Pool(Protocol):
    """An executor (`concurrent.futures`) of tasks, and what it takes to talk to those who do them."""

    @property
    def slots(self) -> int:
        """How many tasks are done at a time; there may be more later."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give up what they have in hand, and wait for them."""

    def submit(self, task: Any) -> Future[Any]:
        """Have a task done (see `worker.Doer`)."""

    def result(self, future: Future[Any]) -> Any:
        """What became of a task that is done; WorkerDied where whatever was under way is to be done again."""

    def give_up(self) -> None:
        """Tell the workers to end what they have in hand; they still say what they had sent."""

    def waiting(self) -> set[str]:
        """Whom workers wait for, and why."""


class LocalPool:
    """Processes of this machine, forked from one that has every kernel loaded."""

    def __init__(self, tables: Tables, target: Target, kernels: str, processes: int) -> None:
        self.slots = processes
        self.folder = tempfile.TemporaryDirectory(prefix="otelsim-", ignore_cleanup_errors=True)
        self.shared = Path(self.folder.name)
        path = self.shared / TABLES
        with told(path):
            path.write_bytes(pickle.dumps(tables, protocol=5))
        start_server(_WARMED[kernels])
        self.stop = Stop(self.shared)
        self.executor = ProcessPoolExecutor(
            processes, get_context("forkserver"), begin, (self.shared, target, self.stop)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give their slices up, and wait for them."""
        self.stop.set()
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.folder.cleanup()

    def submit(self, task: Any) -> Future[Any]:
        """Have a task done."""
        with _death_told():
            return self.executor.submit(work, task)

    def result(self, future: Future[Any]) -> Any:
        """What became of it; WorkerDied where a process died, and the others with it."""
        with _death_told():
            try:
                return future.result()
            except Interrupted:
                raise RunError("the workers' folder in the system's temporary folder is gone") from None

    def give_up(self) -> None:
        """Tell the workers to end what they have in hand."""
        self.stop.set()

    def waiting(self) -> set[str]:
        """Whom workers wait for, and why."""
        return {line for path in self.shared.glob(f"{WAITING}*") for line in path.read_text().splitlines()}


Engine = Callable[[Tables, Target, str, int], Pool]
"""Makes a pool of so many workers, which know the tables, for a target; the kernels are named as `kernels_of` does."""


def kernels_of(target: Target) -> str:
    """The name of the kernels that a run needs."""
    return "otlp" if target.otlp else "lines"


def kernels_are_compiled(kernels: str) -> bool:
    """Whether this version's kernels are in their cache."""
    return marker(kernels).exists()


def compile_kernels(kernels: str) -> None:
    """Compile them in a process of their own, so that no worker keeps the compiler's memory."""
    command = [sys.executable, "-m", _WARMED[kernels]]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RunError(f"the kernels could not be compiled: {made.stderr.strip().splitlines()[-1:]}")


@contextmanager
def _death_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise WorkerDied("a worker process died: the machine may be out of memory (try fewer --workers)") from None
