"""Lanes of slices through an executor: each lane in order, one slice at a time, all lanes side by side.

All it asks for is a `concurrent.futures.Executor`.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, resource_tracker
from pathlib import Path

from otelsim.compiled import marker
from otelsim.errors import RunError
from otelsim.runner.slicing import Interrupted
from otelsim.runner.stopping import Stop
from otelsim.runner.target import Target
from otelsim.runner.worker import Done, Task, begin, work

_WARMED = {
    "lines": "otelsim.runner.warmed",
    "otlp": "otelsim.runner.warmed_otlp",
    "replay": "otelsim.replay.warmed",
}
"""Modules that load a kind of kernels when they are imported."""
_TICK_S = 0.5
"""How often somebody who watches hears that nothing has changed."""
STOPPING_S = 5.0
"""How long workers that are told to stop may take to say what they had sent."""


class WorkerDied(RunError):
    """A worker process ended by itself; the others were ended with it."""


class LocalPool:
    """Processes of this machine, forked from one that has every kernel loaded."""

    def __init__(self, workers: int, shared: Path, target: Target, kernels: str) -> None:
        self.shared = shared
        context = get_context("forkserver")
        context.set_forkserver_preload([_WARMED[kernels]])
        _start_server()
        self.stop = Stop(shared)
        self.executor = ProcessPoolExecutor(workers, context, begin, (shared, target, self.stop))

    def __enter__(self) -> "LocalPool":
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give their slices up, and wait for them."""
        self.stop.set()
        self.executor.shutdown(wait=True, cancel_futures=True)


def _start_server() -> None:
    """Start what workers are forked from, deaf to ^C from its first instruction on: so are they, before `begin` runs.

    The signals of a process outlive fork and exec only where they are blocked or ignored; ours come through afterwards.
    """
    resource_tracker.ensure_running()  # it unblocks the signals of whoever starts it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


class Lanes:
    """Every slice as it gets done, and None now and then while nothing does.

    ``offsets`` holds how long each lane's files are, and is kept up to date. A worker's failure is raised here, but for
    one with an account: it comes as a `Done`, and its lane ends. WorkerDied: whatever was under way is to be redone.
    """

    def __init__(self, executor: Executor, lanes: list[list[int]], offsets: list[dict[str, int]]) -> None:
        self.executor, self.offsets = executor, offsets
        self.ahead = [iter(lane) for lane in lanes]
        self.running: dict[Future[Done], int] = {}

    def __iter__(self) -> Iterator[Done | None]:
        for lane in range(len(self.ahead)):
            self._submit(lane)
        while self.running:
            finished, _ = wait(self.running, timeout=_TICK_S, return_when=FIRST_COMPLETED)
            if not finished:
                yield None
            for future in finished:
                lane = self.running.pop(future)
                done = _result(future)
                if not done.failure:
                    self.offsets[lane] = {name: e.offset + e.stored for name, e in done.extents.items()}
                yield done
                # Only now: the next slice takes the place of this one's answers, which must stand in the journal.
                if not done.failure:
                    self._submit(lane)

    def left(self) -> list[Done]:
        """What workers that were told to stop say of the slices they had in hand."""
        finished, _ = wait(self.running, timeout=STOPPING_S)
        return [f.result() for f in finished if not f.cancelled() and f.exception() is None]

    def _submit(self, lane: int) -> None:
        index = next(self.ahead[lane], None)
        if index is not None:
            with _death_told():
                future = self.executor.submit(work, Task(index, lane, dict(self.offsets[lane])))
            self.running[future] = lane


def _result(future: Future[Done]) -> Done:
    with _death_told():
        try:
            return future.result()
        except Interrupted:
            raise RunError("the workers' folder in the system's temporary folder is gone") from None


@contextmanager
def _death_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise WorkerDied("a worker process died: the machine may be out of memory (try fewer --workers)") from None
