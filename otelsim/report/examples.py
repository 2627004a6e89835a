"""Requests worth a look: the best of each kind, whatever order they are seen in."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from otelsim.draws import Int64s
from otelsim.outcome import tables as o

Bools = NDArray[np.bool_]
PLAIN, CASCADE, SLOW, ABSORBED = "plain", "cascade", "slow", "absorbed"
KINDS = (PLAIN, CASCADE, ABSORBED, SLOW)


class Requests(NamedTuple):
    """Whole requests, one behind the other: their calls, where each begins, and what befell the calls."""

    calls: Int64s
    roots: Int64s
    failed: Bools
    touched: Bools
    """Under an incident."""
    slowed: Bools
    """Under one that made them slower."""


class Example(NamedTuple):
    """A request: of two the larger one is the better example (more to see, then the earlier one)."""

    score: int
    earliness: int
    """The request's number below zero."""
    slice: int

    @property
    def number(self) -> int:
        """The request's number."""
        return -self.earliness


class Examples:
    """The best request of each kind so far."""

    def __init__(self) -> None:
        self.best: dict[str, Example] = {}

    def look(self, r: Requests, slice_number: int) -> None:
        """Look at some requests."""
        sizes = np.diff(np.append(r.roots, r.calls.shape[1]))
        duration = r.calls[o.DURATION, r.roots]
        good, below = ~r.failed[r.roots], _any(r.failed, r.roots)
        calm = good & ~below
        up = r.calls[o.SOURCE, r.roots] == o.DEPENDENCY
        numbers = r.calls[o.NUMBER, r.roots]
        for kind, fits, score in (
            (PLAIN, calm & ~_any(r.touched, r.roots), sizes),
            (CASCADE, up, sizes),
            (ABSORBED, good & below, sizes),
            (SLOW, calm & _any(r.slowed, r.roots) & (sizes > 1), duration),
        ):
            if fits.any():
                at = np.flatnonzero(fits)
                place = at[np.argmax(score[at])]  # the first of the best, and requests come in their order
                self._keep(kind, Example(int(score[place]), -int(numbers[place]), slice_number))

    def add(self, other: dict[str, Example]) -> None:
        """Add what was seen elsewhere."""
        for kind, example in other.items():
            self._keep(kind, example)

    def _keep(self, kind: str, example: Example) -> None:
        self.best[kind] = max(self.best.get(kind, example), example)


def _any(calls: Bools, roots: Int64s) -> Bools:
    """For each request, whether it is so of any of its calls."""
    found: Bools = np.logical_or.reduceat(calls, roots)
    return found
