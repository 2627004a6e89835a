"""A sample of a run: what a request becomes, how well that compresses, and how long it takes."""

from dataclasses import dataclass, replace

from otelsim.runner.measuring import make_slices, null_sinks, seconds_of
from otelsim.runner.output import SIGNALS
from otelsim.runner.preparing import Prepared
from otelsim.runner.slices import slice_bounds
from otelsim.runner.slicing import Simulator
from otelsim.sinks.buffers import ROOM, NullSink, new_room
from otelsim.sinks.files import COMPRESSORS, Compressor
from otelsim.wire.fragments import Bytes

SAMPLE_REQUESTS = 20_000
"""Means of that many requests err by less than 1 %; a run of no more is simulated whole, so its numbers are exact."""


@dataclass(frozen=True)
class Sample:
    """What a sample became; ``content_bytes`` by signal."""

    requests: int
    calls: int
    points: int
    content_bytes: dict[str, int]


@dataclass(frozen=True)
class Pace:
    """Whole slices of the run itself: seconds of one process, and bytes of a signal before and after compression."""

    requests: int
    seconds: float
    ratio: dict[str, dict[str, float]]
    """By compression and signal, how many times smaller."""


def sample(prepared: Prepared) -> Sample:
    """The run with fewer requests, spread over its time as all of them are."""
    requests = min(prepared.scenario.total_events, SAMPLE_REQUESTS)
    scenario = replace(prepared.scenario, total_events=requests)
    intensity = replace(prepared.intensity, total_events=requests)
    smaller = replace(prepared, scenario=scenario, intensity=intensity, slices=slice_bounds(scenario))
    results = make_slices(Simulator(smaller), range(len(smaller.slices)), null_sinks())
    calls, points = (sum(int(r.tally.totals[k]) for r in results) for k in (1, 2))
    content = {name: sum(r.extents[name].content for r in results) for name in SIGNALS}
    return Sample(requests, calls, points, content)


def pace(prepared: Prepared) -> Pace:
    """Measured on slices at even distances, of about SAMPLE_REQUESTS requests together; kernels are to be warm."""
    few = replace(prepared, slices=_few(prepared))
    simulator, sinks, indices = Simulator(few), null_sinks(), range(len(few.slices))
    seconds = seconds_of(lambda: make_slices(simulator, indices, sinks))
    pressed = {name: _PressedSink(new_room(ROOM)) for name in SIGNALS}
    results = make_slices(simulator, indices, dict(pressed))
    requests = sum(int(r.tally.totals[0]) for r in results)
    return Pace(requests, seconds, {c: {n: s.ratio(c) for n, s in pressed.items()} for c in COMPRESSORS})


def _few(prepared: Prepared) -> list[tuple[int, int]]:
    """Slices of the run; where one holds far too many requests, its beginning."""
    count, requests = len(prepared.slices), prepared.scenario.total_events
    n = min(count, max(1, SAMPLE_REQUESTS * count // requests))
    chosen = [prepared.slices[count * (2 * i + 1) // (2 * n)] for i in range(n)]
    most = 2 * SAMPLE_REQUESTS * count
    return [(a, min(b, a + max(1, (b - a) * most // requests))) for a, b in chosen]


class _PressedSink(NullSink):
    """Compresses each slice as a file would, and keeps the sizes only."""

    def __init__(self, room: Bytes) -> None:
        super().__init__(room)
        self.frames: dict[str, Compressor] = {}
        self.sizes = dict.fromkeys(COMPRESSORS, 0)
        self.all = 0

    def begin(self, offset: int) -> None:
        """Begin a frame of each kind."""
        super().begin(offset)
        self._finish()
        self.frames = {name: new() for name, new in COMPRESSORS.items()}

    def drain(self) -> None:
        """Compress what is there."""
        self.all += self.at
        for name, frame in self.frames.items():
            self.sizes[name] += len(frame.compress(self.room[: self.at].data))
        super().drain()

    def ratio(self, compression: str) -> float:
        """Bytes of the lines beside bytes compressed."""
        self._finish()
        return self.all / max(1, self.sizes[compression])

    def _finish(self) -> None:
        for name, frame in self.frames.items():
            self.sizes[name] += len(frame.flush())
        self.frames = {}
