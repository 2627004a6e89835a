"""How many requests when: persona activity x hour x weekday x burst, made exact by whole numbers.

The measure of a stretch of time is the sum over its 5-minute bins of bin weight x seconds. Request number n happens
where the measure from the start reaches n / total_events of the whole, so any stretch holds an exact count of requests
and a slice needs nothing but the measure at its ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

import numpy as np
from numba import njit

from otelsim.draws import BURST, Int64s, lognormal, philox
from otelsim.packing import look
from otelsim.times import weekday_hour

BIN_S = 300
CELL_REQUESTS = 2_048
"""Most requests whose times are drawn and sorted together."""


CELL = ("start_us", "end_us", "first", "count")
"""Rows of an array of cells, int64[4, n]: stretches of time with the numbers of their requests."""


@dataclass(frozen=True)
class Intensity:
    """The measure of a run; ``edges`` (int64[bins + 1]) is the measure from the start at each bin's end."""

    start_s: int
    end_s: int
    total_events: int
    weights: Int64s
    edges: Int64s

    def measure(self, t_s: int) -> int:
        """The measure of [start, t)."""
        first = self.start_s // BIN_S
        k = min(t_s // BIN_S - first, len(self.weights) - 1)
        begin = max(self.start_s, (first + k) * BIN_S)
        return int(self.edges[k]) + int(self.weights[k]) * (t_s - begin)

    def number(self, t_s: int) -> int:
        """How many requests come before t."""
        return self.total_events * self.measure(t_s) // int(self.edges[-1])

    def cells(self, start_s: int, end_s: int) -> Int64s:
        """The cells of [start, end) that hold requests, int64[4, n] (see `CELL`)."""
        first, last = start_s // BIN_S + 1, (end_s - 1) // BIN_S + 1
        edges = [start_s, *range(first * BIN_S, last * BIN_S, BIN_S), end_s]
        zero, whole = self.start_s // BIN_S, int(self.edges[-1])
        inner = [self.total_events * m // whole for m in self.edges[first - zero : last - zero].tolist()]
        numbers = [self.number(start_s), *inner, self.number(end_s)]
        spans = zip(pairwise(edges), pairwise(numbers), strict=True)
        parts = [part for (a, b), (n, m) in spans if m > n for part in _parts(a, b, n, m - n)]
        return np.array(parts, np.int64).reshape(-1, 4).T.copy()


def _parts(start_s: int, end_s: int, first: int, count: int) -> list[tuple[int, int, int, int]]:
    """A cell, cut where it holds more than CELL_REQUESTS."""
    start_us, width = start_s * 1_000_000, (end_s - start_s) * 1_000_000
    if count <= CELL_REQUESTS:
        return [(start_us, start_us + width, first, count)]
    m = -(-count // CELL_REQUESTS)
    times = [start_us + width * j // m for j in range(m + 1)]
    numbers = [count * j // m for j in range(m + 1)]
    spans = zip(pairwise(times), pairwise(numbers), strict=True)
    return [(a, b, first + n, k - n) for (a, b), (n, k) in spans]


def intensity(
    week: Sequence[Sequence[float]], span: tuple[int, int], total_events: int, burst: tuple[int, float]
) -> Intensity:
    """The measure of ``span`` (epoch seconds); ``week`` is activity[168][personas], ``burst`` seed and variation."""
    start_s, end_s = span
    sums = [fsum(row) for row in week]
    profile = np.array([max(1, round(65_536 * s / max(sums))) for s in sums], np.int64)
    first, last = start_s // BIN_S, (end_s - 1) // BIN_S
    hours = np.array([weekday_hour(b * BIN_S) for b in range(first, last + 1)], np.int64)
    seed, cv = burst
    weights = profile[hours] * bursts(np.uint64(seed), first, last + 1 - first, lognormal(1.0, cv))
    seconds = np.full(len(weights), BIN_S, np.int64)
    seconds[0] -= start_s - first * BIN_S
    seconds[-1] -= (last + 1) * BIN_S - end_s
    edges = np.concatenate([[0], np.cumsum(weights * seconds)]).astype(np.int64)
    return Intensity(start_s, end_s, total_events, weights, edges)


@njit(cache=True)
def bursts(seed, first, count, table):  # type: ignore[no-untyped-def]
    """Unit-mean burst factors of ``count`` bins, in 1/4096, at least 1."""
    factors = np.empty(count, np.int64)
    for i in range(count):
        factors[i] = max(1, look(table, 0, philox(seed, first + i, 0, BURST)[0]) >> 4)
    return factors
