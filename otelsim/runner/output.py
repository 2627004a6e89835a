"""What becomes of a slice's calls: the interface of outputs, and JSON lines."""

from typing import Any, NamedTuple, Protocol

from otelsim.draws import Int64s
from otelsim.sinks.buffers import Extent, Sink
from otelsim.wire.jsonl import put_logs, put_metrics
from otelsim.wire.line_tables import Lines

SIGNALS = {"logs": put_logs, "metrics": put_metrics}
"""The files of a lane, and what encodes their lines."""


class Made(NamedTuple):
    """What a slice became: where it stands, by file, and what was sent and answered for, by signal."""

    extents: dict[str, Extent]
    counts: dict[str, int]
    """Records by kind (see `wire.otlp.encoder.Request`); empty where the tally says it all."""
    account: dict[str, Any]
    """As `sinks.otlp.account.Account.as_dict`; empty where nothing is sent."""


class Output(Protocol):
    """Takes slices, one after the other."""

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice; its files, where there are some, have these sizes before it."""

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Take the calls of rows ``order``, in time order; rows fresh[0]..fresh[1]-1 are new, in requests' order."""

    def end(self) -> Made:
        """Finish the slice: all of it is written, or answered for."""

    def account(self) -> dict[str, Any]:
        """What the slice's account says so far; empty where nothing is sent."""

    def waiting(self) -> list[str]:
        """Whom it waits for, and why; another thread may ask."""

    def stop(self) -> None:
        """End what blocks: `take` or `end` then raise RunError; another thread may say so."""

    def close(self) -> None:
        """Let go of files and connections."""


class Quiet:
    """What outputs and deliveries share that send nothing: no account, nobody who is waited for, nothing held."""

    def account(self) -> dict[str, Any]:
        """Nothing is sent."""
        return {}

    def waiting(self) -> list[str]:
        """Nobody is waited for."""
        return []

    def stop(self) -> None:
        """Nothing blocks."""

    def close(self) -> None:
        """Nothing is held."""


class IntoSinks(Quiet):
    """What outputs into files share: a sink for each name."""

    def __init__(self, sinks: dict[str, Sink]) -> None:
        self.sinks = sinks

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice in every file."""
        for name, sink in self.sinks.items():
            sink.begin(offsets[name])

    def extents(self) -> dict[str, Extent]:
        """Finish the slice in every file."""
        return {name: sink.end() for name, sink in self.sinks.items()}

    def close(self) -> None:
        """Close the files."""
        for sink in self.sinks.values():
            sink.close()


class LinesOutput(IntoSinks):
    """JSON lines into a sink for each signal."""

    def __init__(self, lines: Lines, sinks: dict[str, Sink]) -> None:
        super().__init__(sinks)
        self.lines = lines

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Write the calls' lines."""
        for name, sink in self.sinks.items():
            done = 0
            while done < len(order):
                done, sink.at = SIGNALS[name](sink.room, sink.at, self.lines, calls, order, done)
                if done < len(order):
                    sink.drain()

    def end(self) -> Made:
        """Finish the slice in every file."""
        return Made(self.extents(), {}, {})
