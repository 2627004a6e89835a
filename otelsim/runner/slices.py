"""The run cut into slices of time: fixed by the scenario, whatever the workers."""

from otelsim.scenario import Scenario
from otelsim.traffic.intensity import BIN_S

LEAST_SLICES = 96
SLICE_REQUESTS = 20_000
"""Requests of a slice, about: a fraction of a second's work, and what an interruption may cost."""


def slice_bounds(scenario: Scenario) -> list[tuple[int, int]]:
    """(start, end) in epoch seconds of each slice of a resolved scenario, in order.

    At least 96 where the run has as many metric intervals. Inner boundaries are multiples of the interval, and of
    5 minutes where there is time enough.
    """
    wanted = max(LEAST_SLICES, -(-scenario.total_events // SLICE_REQUESTS))
    interval = scenario.metric_interval_s
    length = scenario.end - scenario.start
    unit = interval if length < LEAST_SLICES * BIN_S else -(-BIN_S // interval) * interval
    first, last = scenario.start // unit + 1, (scenario.end - 1) // unit
    count = max(1, min(wanted, last - first + 2))
    inner = {first + (last + 1 - first) * i // count for i in range(1, count)}
    edges = [scenario.start, *(unit * k for k in sorted(inner)), scenario.end]
    return list(zip(edges, edges[1:], strict=False))
