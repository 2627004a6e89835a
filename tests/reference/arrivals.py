"""When requests come: time has a measure of whole numbers, so that every stretch holds an exact count of requests."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from math import fsum

from otelsim.draws import lognormal
from otelsim.scenario import Scenario

from .people import People
from .philox import ARRIVAL, BURST, WORD, look, philox

BIN_S = 300
CELL_REQUESTS = 2_048


def hour_of_week(epoch_s: int) -> int:
    """Monday 00 UTC is 0; the epoch was a Thursday."""
    return (epoch_s // 3_600 + 3 * 24) % 168


class Arrivals:
    """Bins of five minutes, each with a weight: hour of the week x burst."""

    def __init__(self, people: People, scenario: Scenario) -> None:
        self.scenario = scenario
        assert scenario.burst_cv is not None
        sums = [fsum(hour) for hour in people.week]
        profile = [max(1, round(65_536 * s / max(sums))) for s in sums]
        burst_table = lognormal(1.0, scenario.burst_cv).tolist()
        self.edges = [scenario.start, *self._bin_edges(scenario.start, scenario.end), scenario.end]
        self.weights = []
        self.measures = [0]
        """The measure from the start to each edge."""
        for a, b in pairwise(self.edges):
            word = philox(scenario.seed, a // BIN_S, 0, BURST)[0]
            burst = max(1, look(burst_table, word) * 4_096 // 65_536)
            self.weights.append(profile[hour_of_week(a)] * burst)
            self.measures.append(self.measures[-1] + self.weights[-1] * (b - a))

    @staticmethod
    def _bin_edges(start_s: int, end_s: int) -> range:
        """The bins' edges inside (start, end)."""
        return range((start_s // BIN_S + 1) * BIN_S, end_s, BIN_S)

    def number(self, t_s: int) -> int:
        """How many requests come before ``t_s``: floor(N * F(t))."""
        if t_s == self.scenario.end:
            return self.scenario.total_events
        k = bisect_right(self.edges, t_s) - 1
        measure = self.measures[k] + self.weights[k] * (t_s - self.edges[k])
        return self.scenario.total_events * measure // self.measures[-1]

    def between(self, start_s: int, end_s: int) -> Iterator[tuple[int, int]]:
        """(number, time in us) of the requests of a slice."""
        edges = [start_s, *self._bin_edges(start_s, end_s), end_s]
        for a, b in pairwise(edges):
            yield from self._cell(a * 1_000_000, b * 1_000_000, self.number(a), self.number(b))

    def _cell(self, a_us: int, b_us: int, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Requests first..end-1, spread evenly over [a, b); a crowded cell is cut into equal parts."""
        n, width = end - first, b_us - a_us
        m = -(-n // CELL_REQUESTS)
        for j in range(m):
            numbers = range(first + n * j // m, first + n * (j + 1) // m)
            begin, stop = a_us + width * j // m, a_us + width * (j + 1) // m
            words = [philox(self.scenario.seed, g, 0, ARRIVAL)[0] for g in numbers]
            # The i-th number gets the i-th time, so numbers rise with time.
            yield from zip(numbers, sorted(begin + w * (stop - begin) // WORD for w in words), strict=True)
