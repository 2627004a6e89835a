"""What a worker process does: slices of the run it was given, one at a time, into the files of their lanes."""

import contextlib
import fcntl
import os
import pickle
import shutil
import signal
import threading
import time
from collections.abc import Mapping
from multiprocessing.connection import wait
from multiprocessing.process import parent_process
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from otelsim.errors import RunError
from otelsim.runner.leaving import leave_word
from otelsim.runner.otlp_output import FILE_REQUEST_BYTES, OtlpOutput, Sent, Written
from otelsim.runner.output import LinesOutput, Output
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Interrupted, Simulator
from otelsim.runner.stopping import Stop, Stopping
from otelsim.runner.target import OTLP, SDK, Target
from otelsim.runner.totals import listed
from otelsim.sinks.buffers import Extent, NullSink, Sink, new_room
from otelsim.sinks.files import Appended, CompressedFile, PlainFile
from otelsim.sinks.ledger import Ledger

PART = ".part"
"""Files that are not complete yet end so."""
JOURNAL = "journal.jsonl"
TABLES, WAITING = "tables", "waiting-"
"""Names in the folder that a run's processes share."""
INTERRUPTED = "interrupted"
_NEWS_S = 0.3
HALT_S = 3.0
"""How long a change of a file that is under way is waited for, where the process is to end."""


class Task(NamedTuple):
    """A slice to make, and how long its lane's files are before it."""

    number: int
    lane: int
    offsets: dict[str, int]


class Done(NamedTuple):
    """A slice made: its counters as lists (see `tallies.Tally`), and where its lines stand.

    Where it could not be made there is a ``failure``, and an account of what was sent of it; ``notes`` are for people.
    """

    number: int
    lane: int
    tally: dict[str, list[int]]
    extents: dict[str, Extent]
    counts: dict[str, int]
    account: dict[str, Any]
    failure: str = ""
    notes: tuple[str, ...] = ()
    files: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - never changed
    """Files of its group by name, where slices stand in no stretches of their own: on the group's last slice."""


class Waiting(Protocol):
    """What may block."""

    def waiting(self) -> list[str]:
        """Whom it waits for, and why; another thread may ask."""

    def stop(self) -> None:
        """End what blocks; another thread may say so."""


class Doer(Protocol):
    """Does tasks in a worker process."""

    @property
    def output(self) -> Waiting | None:
        """Where it sends or writes, once it does."""

    def run(self, task: Any) -> Any:
        """Do one (a `Task`, or a `grouping.GroupTask`), and say what became of it."""

    def leave(self) -> None:
        """The parent is gone, and so will be this process, whatever is under way."""


class Tables(Protocol):
    """What a worker process needs to know; it is pickled."""

    def worker(self, target: Target, stop: Stopping) -> Doer:
        """Who does tasks with it."""


class Simulation(NamedTuple):
    """A run's tables, and those of its notation."""

    prepared: Prepared
    made: Any

    def worker(self, target: Target, stop: Stopping) -> "Worker":
        """Who makes its slices."""
        return Worker(self.prepared, target, stop, self.made)


class Worker:
    """A simulator and the output of the lane it worked on last."""

    def __init__(self, prepared: Prepared, target: Target, stop: Stopping | None = None, made: Any = None) -> None:
        self.simulator = Simulator(prepared, stop.is_set if stop else lambda: False)
        self.target, self.made = target, made
        counted = target.sink == OTLP and target.otlp and target.otlp.encoder != SDK
        self.ledger = Ledger(target.directory) if counted and target.directory else None
        self.rooms = {name: new_room() for name in target.signals} if target.sink != OTLP else {}
        self.output: Output | None = None
        self.lane = -1
        self.files: Mapping[str, Appended] = {}
        self.closed: dict[str, int] = {}

    def run(self, task: Task) -> Done:
        """Make a slice."""
        output = self._output(task.lane)
        if self.ledger:
            self.ledger.begin(task.number, task.lane)
        output.begin(task.offsets)
        try:
            tally, made = self.simulator.slice(task.number, output)
        except (RunError, Interrupted) as error:
            account = output.account()
            if not account:
                raise
            return Done(task.number, task.lane, {}, {}, {}, account, str(error) or INTERRUPTED)
        return Done(task.number, task.lane, listed(tally), *made)

    def halt(self) -> dict[str, int]:
        """Let the files alone from now on, though a slice is under way; returns when each, by name, was changed last.

        Another thread may say so; a file that is being opened is left out, and one whose device does not answer.
        """
        changed, until = dict(self.closed), time.monotonic() + HALT_S
        for name, file in self.files.items():
            with contextlib.suppress(OSError):
                changed[name] = file.halt(max(0.0, until - time.monotonic()))
        return changed

    def leave(self) -> None:
        """Tell whoever resumes the run how this process leaves its files."""
        directory = self.target.directory
        if directory is not None and (changed := self.halt()):
            leave_word(directory / JOURNAL, changed)

    def _output(self, lane: int) -> Output:
        """The lane's output; connections serve all lanes."""
        if self.output and (lane == self.lane or self.target.sink == OTLP):
            return self.output
        if self.output:
            self.output.close()
            self.closed |= {name: file.changed for name, file in self.files.items()}
        self.output, self.lane = None, -1
        self.output, self.lane = self._new_output(lane), lane
        return self.output

    def _new_output(self, lane: int) -> Output:
        prepared, otlp = self.simulator.prepared, self.target.otlp
        if otlp is None:
            return LinesOutput(prepared.lines, self._sinks(lane))
        interval_s = prepared.scenario.metric_interval_s
        if otlp.settings is None:
            return OtlpOutput(self.made, interval_s, Written(self._sinks(lane)), FILE_REQUEST_BYTES)
        if otlp.encoder == SDK:
            # Only now: it loads the SDK, which is an extra.
            from otelsim.runner.sdk_output import SdkOutput

            return SdkOutput(prepared, self.made, otlp.settings)
        limit = min(each.max_request_bytes for each in otlp.settings.values())
        return OtlpOutput(self.made, interval_s, Sent(otlp.settings, self.ledger), limit)

    def _sinks(self, lane: int) -> dict[str, Sink]:
        sinks = {name: self._sink(name, lane) for name in self.target.signals}
        files = {self.target.file_name(n, lane): sink for n, sink in sinks.items() if isinstance(sink, Appended)}
        self.files = files
        return sinks

    def _sink(self, name: str, lane: int) -> Sink:
        room, target = self.rooms[name], self.target
        if target.directory is None:
            return NullSink(room)
        path = target.directory / (target.file_name(name, lane) + PART)
        if target.compression:
            return CompressedFile(path, room, target.compression)
        return PlainFile(path, room)


_here: list[Doer] = []
_held: list[int] = []


def begin(shared: Path, target: Target, stop: Stop) -> None:
    """Set a new process up: it leaves ^C and a closed terminal to its parent, and ends when that is gone.

    ``shared`` is a folder with the run's tables, in which workers say whom they wait for.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.umask(os.umask(0o077) | 0o027)
    threading.Thread(target=end_with_parent, args=(shared,), daemon=True).start()
    _hold(target)
    tables: Tables = pickle.loads((shared / TABLES).read_bytes())
    _here[:] = [tables.worker(target, stop)]
    if target.sink == OTLP:
        threading.Thread(target=watch, args=(_here[0], stop, shared / f"{WAITING}{os.getpid()}"), daemon=True).start()


def _hold(target: Target) -> None:
    """Keep a lock on the run's journal as long as the process lives: nobody goes on with the run before that ends."""
    if target.directory is not None:
        with contextlib.suppress(FileNotFoundError):  # what is made for a gap has a folder without one
            _held.append(os.open(target.directory / JOURNAL, os.O_RDONLY | os.O_CLOEXEC))
            fcntl.flock(_held[-1], fcntl.LOCK_SH)


def watch(worker: Doer, stop: Stopping, news: Path) -> None:
    """Keep the file ``news`` saying whom the worker waits for, until ``stop``: then end what blocks it."""
    told = ""
    while not stop.wait(_NEWS_S):
        now = "\n".join(worker.output.waiting()) if worker.output else ""
        if now != told:
            told = now
            with contextlib.suppress(OSError):  # news that cannot be told must not end a run
                news.write_text(now)
    if worker.output:
        worker.output.stop()


def end_with_parent(shared: Path) -> None:
    """Wait until the parent is gone, and then end: a thread's work. ``shared`` is removed."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        for doer in _here:
            doer.leave()
        # A parent that was killed could not tidy up.
        shutil.rmtree(shared, ignore_errors=True)
        os._exit(1)


def work(task: Any) -> Any:
    """Do a task in a process that was set up."""
    return _here[0].run(task)
