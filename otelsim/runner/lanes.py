"""Tasks through a pool: lanes of slices, each lane in order, one slice at a time, all lanes side by side; or groups."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import Any

from otelsim.runner.grouping import GroupTask
from otelsim.runner.pool import Pool
from otelsim.runner.worker import Done, Task

_TICK_S = 0.5
"""How often somebody who watches hears that nothing has changed."""
STOPPING_S = 5.0
"""How long workers that are told to stop may take to say what they had sent."""


class Lanes:
    """Every slice as it gets done, alone in a tuple; an empty one now and then while nothing does.

    ``offsets`` holds how long each lane's files are, and is kept up to date. A worker's failure is raised here, but for
    one with an account: it comes as a `Done`, and its lane ends. WorkerDied: whatever was under way is to be redone.
    """

    def __init__(self, pool: Pool, lanes: list[list[int]], offsets: list[dict[str, int]]) -> None:
        self.pool, self.offsets = pool, offsets
        self.ahead = [iter(lane) for lane in lanes]
        self.running: dict[Future[Done], int] = {}

    def __iter__(self) -> Iterator[tuple[Done, ...]]:
        for lane in range(len(self.ahead)):
            self._submit(lane)
        for future in _finished(self.running):
            if future is None:
                yield ()
                continue
            lane = self.running.pop(future)
            done: Done = self.pool.result(future)
            if not done.failure:
                self.offsets[lane] = {name: e.offset + e.stored for name, e in done.extents.items()}
            yield (done,)
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
            self.running[self.pool.submit(Task(index, lane, dict(self.offsets[lane])))] = lane


class Groups:
    """Every group of slices as it gets done; an empty tuple now and then while none does.

    One is ahead for each that is done, so that no worker waits for the next; more where workers join.
    """

    def __init__(self, pool: Pool, tasks: Iterable[GroupTask]) -> None:
        self.pool = pool
        self.ahead = iter(tasks)
        self.running: dict[Future[tuple[Done, ...]], None] = {}

    def __iter__(self) -> Iterator[tuple[Done, ...]]:
        self._submit()
        for future in _finished(self.running):
            if future is not None:
                del self.running[future]
            self._submit()
            yield self.pool.result(future) if future is not None else ()

    def left(self) -> list[Done]:
        """A group that is given up leaves nothing."""
        return []

    def _submit(self) -> None:
        for task in islice(self.ahead, max(0, 2 * self.pool.slots - len(self.running))):
            self.running[self.pool.submit(task)] = None


def _finished(running: dict[Future[Any], Any]) -> Iterator[Future[Any] | None]:
    """Futures as they get done, until none is left in ``running``, and None now and then while none does."""
    while running:
        finished, _ = wait(running, timeout=_TICK_S, return_when=FIRST_COMPLETED)
        yield from finished or (None,)
