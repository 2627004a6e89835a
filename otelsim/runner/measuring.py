"""Slices made for measuring only: nothing is written."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from otelsim.runner.output import SIGNALS, LinesOutput
from otelsim.runner.slicing import Simulator
from otelsim.runner.tallies import Tally
from otelsim.sinks.buffers import Extent, NullSink, Sink, new_room


class SliceLines(NamedTuple):
    """What one slice became as lines."""

    tally: Tally
    extents: dict[str, Extent]


def null_sinks() -> dict[str, Sink]:
    """A sink for each signal that counts and forgets."""
    return {name: NullSink(new_room()) for name in SIGNALS}


def make_slices(simulator: Simulator, indices: Iterable[int], sinks: dict[str, Sink]) -> list[SliceLines]:
    """Make some slices into ``sinks``."""
    results, output = [], LinesOutput(simulator.prepared.lines, sinks)
    for index in indices:
        output.begin(dict.fromkeys(sinks, 0))
        tally, made = simulator.slice(index, output)
        results.append(SliceLines(tally, made.extents))
    return results


def seconds_of(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
