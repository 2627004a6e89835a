"""Runs as the lines that `generate` writes, and files replayed in the test's process."""

from functools import cache
from pathlib import Path

from otelsim.replay.encoding import Encoder, Style
from otelsim.replay.operations import Known
from otelsim.replay.reading import Stretch
from otelsim.replay.source import LeftOut, Lines, Part, Source
from otelsim.runner.measuring import make_slices
from otelsim.runner.slicing import Simulator
from otelsim.signals.notation import Notation
from otelsim.wire.otlp.encoder import Request
from tests.simulated import LineSink, prepared, world_of
from tests.wire.sdk.runs import RUN_ID, SHAPES

POINTS = Notation(RUN_ID, metrics="points")
STYLE = Style(POINTS, False, 4 << 20)


@cache
def written(shape: str) -> dict[str, bytes]:
    """A run's log lines and metric lines."""
    p = prepared(**SHAPES[shape])
    sinks = {name: LineSink() for name in ("logs", "metrics")}
    make_slices(Simulator(p), range(len(p.slices)), dict(sinks))
    return {name: sink.text for name, sink in sinks.items()}


def part_of(folder: Path, logs: bytes | None, metrics: bytes | None, suffix: str = "") -> Part:
    """Files of those lines as a part of a replay."""
    found = []
    for name, data in (("logs", logs), ("metrics", metrics)):
        path = folder / f"{name}_0.jsonl{suffix}"
        if data is not None:
            path.write_bytes(data)
        found.append(None if data is None else Lines(path, Stretch()))
    return Part(*found)


def replayed(
    part: Part, style: Style = STYLE, world: str = "social_network", stop: bool = True
) -> tuple[list[Request], LeftOut]:
    """What a part becomes, and what is left out of it."""
    left_out = LeftOut(stop)
    source = Source(Encoder(style, Known(world_of(world))))
    return list(source.requests(part, left_out)), left_out
