"""Parts made by workers, whatever they are parts of: what a run and a replay share."""

import pickle
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from otelsim.errors import RunError
from otelsim.runner.accounting import Delivered
from otelsim.runner.folder import told
from otelsim.runner.journal import Journal
from otelsim.runner.pool import Lanes, LocalPool, WorkerDied
from otelsim.runner.resuming import Entry
from otelsim.runner.target import OTLP, Target
from otelsim.runner.worker import INTERRUPTED, TABLES, WAITING, Done, Tables

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

    def __init__(self, target: Target, workers: int, parts: int, watch: Watcher) -> None:
        self.target, self.workers, self.parts, self.watch = target, workers, parts, watch
        self.lanes = min(workers, parts)
        self.processes = self.lanes
        self.offsets = [dict.fromkeys(target.signals, 0) for _ in range(self.lanes)]
        self.delivered = Delivered(target)
        self.entries: list[Entry] = []
        self.deaths = self.found = 0
        self.began = time.monotonic()

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

    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began

    def _todo(self) -> list[list[int]]:
        """What is missing, by lane."""
        done = {e["slice"] for e in self.entries}
        every = range(self.parts)
        return [[n for n in every[lane :: self.lanes] if n not in done] for lane in range(self.lanes)]

    def all_parts(self, journal: Journal | None) -> None:
        """Make all that is missing."""
        with tempfile.TemporaryDirectory(prefix="otelsim-") as name:
            shared = Path(name)
            self.share(shared)
            while any(todo := self._todo()):
                for news in shared.glob(f"{WAITING}*"):
                    news.unlink()
                with self.deaths_counted():
                    self._through(LocalPool(self.processes, shared, self.target, self.kernels), todo, journal)

    def _through(self, local: LocalPool, todo: list[list[int]], journal: Journal | None) -> None:
        """Make parts by the processes of a pool."""
        with local as pool:
            made = Lanes(pool.executor, todo, self.offsets)
            try:
                for done in made:
                    if done is not None:
                        self._take(done, journal)
                    self.watch(self._progress(pool.shared))
            except WorkerDied:
                raise
            except BaseException:
                if self.target.sink == OTLP:
                    pool.stop.set()
                    for done in made.left():
                        self.delivered.add(done.account, {} if done.failure else done.counts)
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

    def share(self, shared: Path) -> None:
        """Write the tables where workers look for them."""
        path = shared / TABLES
        with told(path):
            path.write_bytes(pickle.dumps(self.tables(), protocol=5))

    def _take(self, done: Done, journal: Journal | None) -> None:
        """Add what a worker says of a part."""
        self.delivered.add(done.account, {} if done.failure else done.counts)
        if done.failure:
            raise RunError(done.failure if done.failure != INTERRUPTED else "a worker was interrupted")
        new = self.enter(done)
        # What was refused as a whole is not done: whoever resumes may have the right header.
        self.delivered.refuse_to_go_on()
        if journal:
            journal.append(new)

    def _progress(self, shared: Path) -> Progress:
        news = {line for path in shared.glob(f"{WAITING}*") for line in path.read_text().splitlines()}
        done, waiting = len(self.entries), tuple(sorted(news))
        return Progress(done, self.parts, self.counts(), self.size(), self.seconds(), waiting, self.deaths, self.found)
