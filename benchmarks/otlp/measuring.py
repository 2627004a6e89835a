"""Commands that send, watched from outside: what the receiver counted, when, and what it cost both sides."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.otlp.receiving import accepted, process_of, refused
from tests.backends.stores import Collector

EVERY_S, STOP_S = 0.2, 10.0
FIRST, LAST = 0.05, 0.95
"""The part of all records between which rates are taken: without starting, and without the last worker's end."""


@dataclass(frozen=True)
class Sending:
    """Commands that run at the same time and send to one receiver; ended after ``limit_s``."""

    commands: list[list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    limit_s: float = 180.0


@dataclass(frozen=True)
class Sample:
    """``at_s`` on the monotonic clock; records accepted since the receiver started; CPU seconds since the start."""

    at_s: float
    accepted: dict[str, int]
    sender_s: float
    receiver_s: float

    @property
    def records(self) -> int:
        return sum(self.accepted.values())


@dataclass(frozen=True)
class Measured:
    """A run of a sender. Records, seconds and CPU seconds are those between ``FIRST`` and ``LAST``."""

    records: int
    seconds: float
    sender_s: float
    receiver_s: float
    arrived: dict[str, int]
    """All that was accepted, by signal."""
    said: list[str]
    """What the commands wrote to stdout."""
    told: list[str]
    """And to stderr."""

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


class Cpu:
    """CPU seconds of processes and all that they started; those of the ended ones stay counted."""

    def __init__(self, roots: list[psutil.Process]) -> None:
        self._roots = roots
        self._known: dict[int, psutil.Process] = {}
        self._seconds: dict[int, float] = {}

    def seconds(self) -> float:
        for root in self._roots:
            self._look_for_children(root)
        for pid, process in self._known.items():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            self._seconds[pid] = max(self._seconds.get(pid, 0.0), times.user + times.system)
        return sum(self._seconds.values())

    def _look_for_children(self, root: psutil.Process) -> None:
        self._known.setdefault(root.pid, root)
        try:
            for child in root.children(recursive=True):
                self._known.setdefault(child.pid, child)
        except psutil.Error:
            return


class Running:
    """The commands of a sending, started; a context manager that leaves none of them."""

    def __init__(self, sending: Sending, folder: Path) -> None:
        self._sending, self._folder = sending, folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._until = time.monotonic() + sending.limit_s

    def __enter__(self) -> "Running":
        for i, command in enumerate(self._sending.commands):
            with self._file(i, "out").open("wb") as out, self._file(i, "err").open("wb") as err:
                environment = plain_environment() | self._sending.environment
                # A session of its own, so that its children can be ended with it.
                process = subprocess.Popen(command, stdout=out, stderr=err, env=environment, start_new_session=True)
            self._started.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Interrupt what still runs, as a user would, so that it tidies up; kill it if it does not end."""
        going = [process for process in self._started if process.poll() is None]
        for process in going:
            os.killpg(process.pid, signal.SIGINT)
        for process in going:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def cpu(self) -> Cpu:
        return Cpu([psutil.Process(process.pid) for process in self._started])

    def going(self) -> bool:
        """Whether one still runs. Ends everything with a message where one failed or the time is over."""
        codes = [process.poll() for process in self._started]
        for i, code in enumerate(codes):
            if code:
                sys.exit(f"{self._sending.commands[i]} ended with {code}:\n{self.texts('err')[i][-2000:]}")
        if None in codes and time.monotonic() > self._until:
            sys.exit(f"{self._sending.commands[0]} took longer than {self._sending.limit_s:.0f} s")
        return None in codes

    def texts(self, stream: str) -> list[str]:
        files = [self._file(i, stream) for i in range(len(self._sending.commands))]
        return [file.read_text(errors="replace") for file in files]

    def _file(self, i: int, stream: str) -> Path:
        return self._folder / f"sender_{i}.{stream}"


def plain_environment() -> dict[str, str]:
    """Ours without the variables that would set an exporter up."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}


def measure(sending: Sending, front: Collector, folder: Path) -> Measured:
    """Run a sending to its end. Ends everything with a message where records were refused."""
    receiver = Cpu([process_of(front.command)])
    with Running(sending, folder) as running:
        sender = running.cpu()
        samples = [_sample(front, sender, receiver)]
        while running.going():
            time.sleep(EVERY_S)
            samples.append(_sample(front, sender, receiver))
        time.sleep(EVERY_S)
        samples.append(_sample(front, sender, receiver))
        texts = running.texts("out"), running.texts("err")
    if count := refused(front):
        sys.exit(f"the receiver refused {count:,} records of {sending.commands[0]}")
    return _between(samples, *texts)


def _sample(front: Collector, sender: Cpu, receiver: Cpu) -> Sample:
    return Sample(time.monotonic(), accepted(front), sender.seconds(), receiver.seconds())


def _between(samples: list[Sample], said: list[str], told: list[str]) -> Measured:
    """Rates over the middle of the run; over all of it where it was too short to have one."""
    total = samples[-1].records
    if not total:
        sys.exit(f"nothing arrived: {told}")
    first = next(s for s in samples if s.records >= FIRST * total)
    last = next(s for s in reversed(samples) if s.records <= LAST * total)
    if last.records <= first.records:
        first = next(s for s in reversed(samples) if not s.records)
        last = next(s for s in samples if s.records == total)
    return Measured(
        last.records - first.records,
        last.at_s - first.at_s,
        last.sender_s - first.sender_s,
        last.receiver_s - first.receiver_s,
        samples[-1].accepted,
        said,
        told,
    )
