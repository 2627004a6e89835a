"""Durations counted in buckets so narrow that a quantile is off by less than half a percent."""

import numpy as np

from otelsim.draws import Int64s

_STEPS = 128
"""Buckets of an octave; below twice as much every whole number has its own."""
_BITS = 8
_LONGEST = (1 << 36) - 1
BUCKETS = (36 - _BITS) * _STEPS + 2 * _STEPS
QUANTILES = (0.5, 0.95, 0.99)


def bucket(values: Int64s) -> Int64s:
    """The bucket of each value: of the leading 8 bits, and how many follow."""
    capped = np.clip(values, 0, _LONGEST)
    shift = np.maximum(np.frexp(capped.astype(np.float64))[1].astype(np.int64) - _BITS, 0)
    found: Int64s = shift * _STEPS + (capped >> shift)
    return found


def middle(number: int) -> float:
    """The value that a bucket stands for."""
    shift = max(0, number // _STEPS - 1)
    low = (number - shift * _STEPS) << shift
    return low + ((1 << shift) - 1) / 2


def quantiles(counts: Int64s) -> list[float]:
    """The QUANTILES of what was counted (nearest rank), int64[BUCKETS]; none of nothing."""
    total = int(counts.sum())
    if not total:
        return []
    ranks = [max(1, int(np.ceil(q * total))) for q in QUANTILES]
    return [middle(int(place)) for place in np.searchsorted(np.cumsum(counts), ranks)]
