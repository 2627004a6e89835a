"""What a worker process does: slices of the run it was given, one at a time, into the files of their lanes."""

import os
import pickle
import signal
import threading
from multiprocessing.connection import wait
from multiprocessing.process import parent_process
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import SIGNALS, Simulator
from otelsim.sinks.buffers import Extent, NullSink, Sink, new_room
from otelsim.sinks.files import SUFFIX, CompressedFile, PlainFile

PART = ".part"
"""Files that are not complete yet end so."""


class Target(NamedTuple):
    """Where lines go: files of a folder, or nowhere where it is None."""

    directory: Path | None
    compression: str = ""
    """zstd, gzip or nothing."""

    def file_name(self, signal_name: str, lane: int) -> str:
        """The published name of a lane's file."""
        return f"{signal_name}_{lane}.jsonl{SUFFIX[self.compression]}"


class Task(NamedTuple):
    """A slice to make, and how long its lane's files are before it."""

    number: int
    lane: int
    offsets: dict[str, int]


class Done(NamedTuple):
    """A slice made: its counters as lists (see `tallies.Tally`), and where its lines stand."""

    number: int
    lane: int
    tally: dict[str, list[int]]
    extents: dict[str, Extent]


class Worker:
    """A simulator and the files of the lane it worked on last."""

    def __init__(self, prepared: Prepared, target: Target, stop: Event | None = None) -> None:
        self.simulator = Simulator(prepared, stop.is_set if stop else lambda: False)
        self.target = target
        self.rooms = {name: new_room() for name in SIGNALS}
        self.sinks: dict[str, Sink] = {}
        self.lane = -1

    def run(self, task: Task) -> Done:
        """Make a slice."""
        self._switch(task.lane)
        for name, sink in self.sinks.items():
            sink.begin(task.offsets[name])
        result = self.simulator.slice(task.number, self.sinks)
        tally = {field: counts.tolist() for field, counts in result.tally._asdict().items()}
        return Done(task.number, task.lane, tally, result.extents)

    def _switch(self, lane: int) -> None:
        if lane != self.lane:
            for sink in self.sinks.values():
                sink.close()
            self.sinks, self.lane = {}, -1
            self.sinks = {name: self._sink(name, lane) for name in SIGNALS}
            self.lane = lane

    def _sink(self, name: str, lane: int) -> Sink:
        room, target = self.rooms[name], self.target
        if target.directory is None:
            return NullSink(room)
        path = target.directory / (target.file_name(name, lane) + PART)
        if target.compression:
            return CompressedFile(path, room, target.compression)
        return PlainFile(path, room)


_here: list[Worker] = []


def begin(prepared: Path, target: Target, stop: Event) -> None:
    """Set a new process up: it leaves interruptions to its parent, and ends when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.umask(0o027)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here[:] = [Worker(pickle.loads(prepared.read_bytes()), target, stop)]


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def work(task: Task) -> Done:
    """Make a slice in a process that was set up."""
    return _here[0].run(task)
