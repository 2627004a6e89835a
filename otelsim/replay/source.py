"""A part of the files as requests, and what was left out of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from otelsim.errors import RunError, at, one_line
from otelsim.replay.encoding import Encoder
from otelsim.replay.lines import Fault, read_logs, read_points
from otelsim.replay.pairing import Durations
from otelsim.replay.reading import Block, Stretch, blocks, room_for
from otelsim.signals.notation import LOGS, METRICS, TRACES
from otelsim.wire.otlp.encoder import Request

LOG_BLOCK_BYTES, METRIC_BLOCK_BYTES = 6 << 20, 12 << 20
"""Some 10,000 log lines, and as many requests' metric lines: the more there are, the less often a resource is told."""
MOST_TOLD = 20
"""Faults told in full, of a part."""


class Lines(NamedTuple):
    """Some of a file's lines."""

    path: Path
    stretch: Stretch


class Part(NamedTuple):
    """What a worker takes at a time: log lines, and the metric lines that go with them."""

    logs: Lines | None
    metrics: Lines | None


class LeftOut:
    """What no record was made of."""

    def __init__(self, stop: bool) -> None:
        self.stop = stop
        self.lines = self.unpaired_logs = self.unpaired_durations = 0
        self.told: list[str] = []

    def add(self, path: Path, faults: list[Fault]) -> None:
        """Bad lines; RunError for the first of them where they are to stop the run."""
        for fault in faults:
            text = one_line(f"{at(path, fault.line)}: {fault.reason}")
            if self.stop:
                raise RunError(text)
            self.lines += 1
            if len(self.told) < MOST_TOLD:
                self.told.append(text)


class Source:
    """Makes the requests of parts."""

    def __init__(self, encoder: Encoder, go_on: Callable[[], None] = lambda: None) -> None:
        """``go_on`` is called before each block; it raises what is to end the work."""
        self.encoder, self.notation, self.go_on = encoder, encoder.style.notation, go_on
        self.rooms: dict[str, bytearray] = {}
        wanted = self.notation.signals
        self.spans, self.logs, self.points = TRACES in wanted, LOGS in wanted, METRICS in wanted

    def requests(self, part: Part, left_out: LeftOut) -> Iterator[Request]:
        """All of a part, block by block."""
        durations = Durations()
        metrics = self._blocks("metrics", part.metrics, METRIC_BLOCK_BYTES) if self.points or self.spans else iter(())
        for block in self._blocks("logs", part.logs, LOG_BLOCK_BYTES) if self.logs or self.spans else iter(()):
            while self.spans and len(durations) < block.lines:
                more = next(metrics, None)
                if more is None:
                    break
                yield from self._of_metrics(more, durations, left_out)
            yield from self._of_logs(block, durations, left_out)
        left_out.unpaired_durations += len(durations)
        for block in metrics:
            yield from self._of_metrics(block, None, left_out)

    def _of_logs(self, block: Block, durations: Durations, left_out: LeftOut) -> Iterator[Request]:
        self._begin(durations)
        read = read_logs(block, self.encoder.coder)
        left_out.add(block.path, read.faults)
        if self.spans:
            pairs, unpaired = durations.take(read)
            left_out.unpaired_durations += unpaired
            left_out.unpaired_logs += int(read.good.sum()) - int(pairs.paired.sum())
            yield from self.encoder.spans(read, pairs)
        if self.logs:
            yield from self.encoder.logs(read)

    def _of_metrics(self, block: Block, durations: Durations | None, left_out: LeftOut) -> Iterator[Request]:
        """Points; durations wait for their log lines, or are counted where there are none left."""
        self._begin(Durations() if durations is None else durations)
        read = read_points(block, self.encoder.coder)
        left_out.add(block.path, read.faults)
        if durations is not None:
            durations.add(read)
        elif self.spans:
            left_out.unpaired_durations += int(read.durations.sum())
        if self.points:
            yield from self.encoder.points(read)

    def _begin(self, waiting: Durations) -> None:
        """Before a block."""
        self.go_on()
        if self.encoder.coder.is_full():
            waiting.recode(self.encoder.coder)

    def _blocks(self, kind: str, lines: Lines | None, size: int) -> Iterator[Block]:
        """A file's blocks; its buffer is used again and again."""
        if not lines:
            return iter(())
        if kind not in self.rooms:
            self.rooms[kind] = room_for(size)
        return blocks(lines.path, lines.stretch, size, self.rooms[kind])
