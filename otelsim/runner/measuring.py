"""Slices made for measuring only: nothing is written."""

import time
from collections.abc import Callable, Iterable

from otelsim.runner.slicing import SIGNALS, Simulator, SliceResult
from otelsim.sinks.buffers import NullSink, Sink, new_room


def null_sinks() -> dict[str, Sink]:
    """A sink for each signal that counts and forgets."""
    return {name: NullSink(new_room()) for name in SIGNALS}


def make_slices(simulator: Simulator, indices: Iterable[int], sinks: dict[str, Sink]) -> list[SliceResult]:
    """Make some slices into ``sinks``."""
    results = []
    for index in indices:
        for sink in sinks.values():
            sink.begin(0)
        results.append(simulator.slice(index, sinks))
    return results


def seconds_of(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
