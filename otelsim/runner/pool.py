"""Lanes of slices through an executor: each lane in order, one slice at a time, all lanes side by side.

All it asks for is a `concurrent.futures.Executor`.
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

from otelsim.compiled import marker
from otelsim.errors import RunError
from otelsim.runner.worker import Done, Target, Task, begin, work

_TICK_S = 0.5
"""How often somebody who watches hears that nothing has changed."""


class LocalPool:
    """Processes of this machine, forked from one that has every kernel loaded."""

    def __init__(self, workers: int, prepared: Path, target: Target) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["otelsim.runner.warmed"])
        self.stop: Event = context.Event()
        self.executor = ProcessPoolExecutor(workers, context, begin, (prepared, target, self.stop))

    def __enter__(self) -> "LocalPool":
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give their slices up, and wait for them."""
        self.stop.set()
        self.executor.shutdown(wait=True, cancel_futures=True)


def kernels_are_compiled() -> bool:
    """Whether this version's kernels are in their cache."""
    return marker().exists()


def compile_kernels() -> None:
    """Compile them in a process of their own, so that no worker keeps the compiler's memory."""
    made = subprocess.run([sys.executable, "-m", "otelsim.runner.warmed"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise RunError(f"the kernels could not be compiled: {made.stderr.strip().splitlines()[-1:]}")


def run_lanes(executor: Executor, lanes: list[list[int]], offsets: list[dict[str, int]]) -> Iterator[Done | None]:
    """Every slice as it gets done, and None now and then while nothing does.

    ``offsets`` holds how long each lane's files are, and is kept up to date. A worker's failure is raised here.
    """
    waiting = [iter(lane) for lane in lanes]
    running: dict[Future[Done], int] = {}

    def submit(lane: int) -> None:
        index = next(waiting[lane], None)
        if index is not None:
            running[executor.submit(work, Task(index, lane, dict(offsets[lane])))] = lane

    for lane in range(len(lanes)):
        submit(lane)
    while running:
        finished, _ = wait(running, timeout=_TICK_S, return_when=FIRST_COMPLETED)
        if not finished:
            yield None
        for future in finished:
            lane = running.pop(future)
            done = _result(future)
            offsets[lane] = {name: e.offset + e.stored for name, e in done.extents.items()}
            submit(lane)
            yield done


def _result(future: Future[Done]) -> Done:
    try:
        return future.result()
    except BrokenProcessPool:
        raise RunError("a worker process died: the machine may be out of memory (try fewer --workers)") from None
