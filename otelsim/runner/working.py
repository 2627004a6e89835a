"""Parts made by workers, whatever they are parts of: what a run and a replay share."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from otelsim.errors import OtelsimError, RunError
from otelsim.runner.accounting import Delivered
from otelsim.runner.journal import ENDED, Record
from otelsim.runner.lanes import Groups, Lanes
from otelsim.runner.pool import Engine, LocalPool, Pool, WorkerDied
from otelsim.runner.resuming import Entry
from otelsim.runner.target import OTLP, Target
from otelsim.runner.worker import INTERRUPTED, Done, Tables

MOST_DEATHS = 3
"""So many workers that died end a run: what kills them is no accident."""


class Progress(NamedTuple):
    """How far a run is."""

    slices: int
    all_slices: int
    counts: dict[str, int]
    content_bytes: int
    seconds: float
    waiting: tuple[str, ...] = ()
    """Whom workers wait for, and why; empty while all goes well."""
    deaths: int = 0
    """Workers that died; what they had in hand is made again."""
    found: int = 0
    """Of the slices, those that an earlier run had made."""


Watcher = Callable[[Progress], None]


class Work(ABC):
    """Numbered parts, those of a lane in order, and what has become of them."""

    kernels: str
    """Which ones workers need: a name that `pool` knows."""
    engine: Engine = LocalPool
    """Makes the pool of those who do it."""

    def __init__(self, target: Target, workers: int, numbers: Sequence[int], watch: Watcher) -> None:
        """``numbers`` are those of its parts: all, or every nth where n do a part each."""
        step = numbers.step if isinstance(numbers, range) else 1
        self.target, self.workers, self.numbers, self.watch = target, workers, numbers, watch
        self.processes = max(1, min(workers, len(numbers)))
        self.lanes = self.processes * step
        """Lane ``number % lanes`` has a part: those of the others who do a part have no lane in common with these."""
        self.offsets = [dict.fromkeys(target.signals, 0) for _ in range(self.lanes)]
        self.delivered = Delivered(target)
        self.entries: list[Entry] = []
        self.deaths = self.found = 0
        self.begin()

    @abstractmethod
    def tables(self) -> Tables:
        """What workers make parts from; pickled once for all."""

    @abstractmethod
    def enter(self, done: Done) -> Entry:
        """Add a part that is done; returns its line in the journal."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Records made so far, by kind."""

    @abstractmethod
    def size(self) -> int:
        """Bytes made so far."""

    def begin(self) -> None:
        """Count time from now on: nothing was made before."""
        self.began = time.monotonic()

    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began

    def _missing(self) -> list[int]:
        """Parts that are to be made."""
        done = {e["slice"] for e in self.entries}
        return [n for n in self.numbers if n not in done]

    def through(self, pool: Pool, missing: list[int]) -> Lanes | Groups:
        """How parts go through a pool."""
        lanes: list[list[int]] = [[] for _ in range(self.lanes)]
        for number in missing:
            lanes[number % self.lanes].append(number)
        return Lanes(pool, lanes, self.offsets)

    def all_parts(self, journal: Record | None) -> None:
        """Make all that is missing."""
        while missing := self._missing():
            with self.deaths_counted(), self.new_pool() as pool:
                self._make(pool, missing, journal)

    def carried_through(self, journal: Record | None, leave: Callable[[], None] = lambda: None) -> None:
        """Make all that is missing, and close the journal, in which it is told why where that ended early.

        ``leave`` is called first then: it may leave word of how files are left.
        """
        try:
            self.all_parts(journal)
        except (OtelsimError, KeyboardInterrupt) as error:
            with suppress(RunError):  # it would hide why the work ended
                leave()
            if journal and self.delivered.told():
                with suppress(RunError):  # a full disk has been told of
                    journal.append({ENDED: str(error) or INTERRUPTED, **self.delivered.told()})
            raise
        finally:
            if journal:
                journal.close()

    def new_pool(self) -> Pool:
        """Those who make parts."""
        return self.engine(self.tables(), self.target, self.kernels, self.processes)

    def _make(self, pool: Pool, missing: list[int], journal: Record | None) -> None:
        """Make parts by a pool."""
        made = self.through(pool, missing)
        try:
            for done in made:
                self._take(done, journal)
                self.watch(self._progress(pool))
        except WorkerDied:
            raise
        except BaseException:
            if self.target.sink == OTLP:
                pool.give_up()
                for each in made.left():
                    self.delivered.add(each.account, {} if each.failure else each.counts)
            raise

    @contextmanager
    def deaths_counted(self) -> Iterator[None]:
        """A worker's death is made up for, but not for ever."""
        try:
            yield
        except WorkerDied:
            self.deaths += 1
            if self.deaths == MOST_DEATHS:
                raise

    def _take(self, made: Iterable[Done], journal: Record | None) -> None:
        """Add what a worker says of parts that it made together."""
        new = [self._entered(done) for done in made]
        if journal and new:
            journal.extend(new)

    def _entered(self, done: Done) -> Entry:
        self.delivered.add(done.account, {} if done.failure else done.counts)
        if done.failure:
            raise RunError(done.failure if done.failure != INTERRUPTED else "a worker was interrupted")
        new = self.enter(done)
        # What was refused as a whole is not done: whoever resumes may have the right header.
        self.delivered.refuse_to_go_on()
        return new

    def _progress(self, pool: Pool) -> Progress:
        made, every, waiting = len(self.entries), len(self.numbers), tuple(sorted(pool.waiting()))
        return Progress(made, every, self.counts(), self.size(), self.seconds(), waiting, self.deaths, self.found)
