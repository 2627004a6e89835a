"""Philox bits: the only source of chance.

A draw is keyed by what it decides, not by when or by whom it is made: ``philox(seed, g, sub, decision)`` gives the four
32-bit words that decide ``decision`` for node ``sub`` of request ``g``. So the data do not depend on slices, batches,
workers or on the order of work, and a new decision disturbs no other.

Philox4x32-10 after Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); the tests hold it against
the authors' known answers.
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from otelsim import compiled as compiled  # first of all: it decides where kernels are kept

ARRIVAL, WHO, WHAT, TIME, FATE, SIZE, INFRA, CASCADE, CLIMB, BURST, INCIDENT, RELEASE, LINK = range(1, 14)

ONE = 1 << 32
"""A certain probability, as a threshold for a 32-bit word."""
UNIT = 1 << 16
"""1.0 as a fixed-point factor."""
KNOTS = 1024
"""Segments of a quantile table."""

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_LOW63 = np.uint64(0x7FFFFFFFFFFFFFFF)
_THIRTY_ONE = np.uint64(31)


@njit(inline="always")
def _round(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    p0, p1 = _M0 * c0, _M1 * c2
    return (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW


@njit(inline="never")
def philox(seed, g, sub, decision):  # type: ignore[no-untyped-def]
    """Four 32-bit words, as int64, for uint64 ``seed`` and non-negative integers (``sub``, ``decision`` < 2**32)."""
    k0, k1 = np.uint64(seed) & _LOW, np.uint64(seed) >> _HALF
    c0, c1 = np.uint64(g) & _LOW, np.uint64(g) >> _HALF
    c2, c3 = np.uint64(sub), np.uint64(decision)
    for _ in range(10):
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return np.int64(c0), np.int64(c1), np.int64(c2), np.int64(c3)


def words(seed: int, g: int, sub: int, decision: int) -> tuple[int, int, int, int]:
    """``philox`` as plain integers, for the few draws that are made outside a kernel."""
    w = philox(np.uint64(seed), g, sub, decision)
    return int(w[0]), int(w[1]), int(w[2]), int(w[3])


@njit(inline="always")
def below(word, n):  # type: ignore[no-untyped-def]
    """An integer in 0..n-1 from a 32-bit word (n < 2**31)."""
    return (word * n) >> 32


@njit(inline="always")
def mix(x):  # type: ignore[no-untyped-def]
    """A bijection of 64-bit integers that looks random: ids made by it are unique by construction."""
    x ^= x >> _HALF
    x *= _MIX
    x ^= x >> _HALF
    x *= _MIX
    return x ^ (x >> _HALF)


@njit(inline="always")
def keyed(number, key):  # type: ignore[no-untyped-def]
    """The id of a non-negative ``number`` under a key of `Keys` (its bits, of either sign), as uint64."""
    return mix(np.uint64(number) ^ np.uint64(key))


@njit(inline="always")
def mix63(x):  # type: ignore[no-untyped-def]
    """The same on 63 bits: it leaves the top bit to tell new objects from those of a catalogue."""
    x ^= x >> _THIRTY_ONE
    x = (x * _MIX) & _LOW63
    x ^= x >> _THIRTY_ONE
    x = (x * _MIX) & _LOW63
    return x ^ (x >> _THIRTY_ONE)


class Keys(NamedTuple):
    """What the seed adds to each kind of id, 64-bit integers."""

    trace_high: int
    trace_low: int
    span: int
    request: int
    created: int
    catalogue: int


def keys(seed: int) -> Keys:
    """The id keys of a seed; those of objects have 63 bits."""
    drawn = [words(seed, 0, i, 0) for i in range(6)]
    values = [w[0] | w[1] << 32 for w in drawn]
    low63 = (1 << 63) - 1
    return Keys(*(v if i < 4 else v & low63 for i, v in enumerate(values)))


def signed(bits: int) -> int:
    """64 bits as they stand in an int64."""
    return bits - (1 << 64) if bits >> 63 else bits


def threshold(p: float) -> int:
    """The probability ``p`` as a bound for a 32-bit word, 0..2**32."""
    return min(ONE, math.floor(p * ONE + 0.5))


def fixed(factor: float) -> int:
    """``factor`` in 1/65536."""
    return math.floor(factor * UNIT + 0.5)


def cumulative(weights: Sequence[float]) -> Int64s:
    """Thresholds of a weighted choice, int64[n], for `packing.choose`; the last is 2**32."""
    total = math.fsum(weights)
    sums = accumulate(weights)
    bounds = [min(ONE, math.floor(ONE * (s / total) + 0.5)) for s in sums]
    bounds[-1] = ONE
    return np.array(bounds, np.int64)


def _normal_quantiles() -> list[float]:
    at = [0.2, *range(1, KNOTS), KNOTS - 0.2]
    # Rounded before use: libm's last digit differs between machines.
    return [round(NormalDist().inv_cdf(i / KNOTS), 12) for i in at]


_Z = _normal_quantiles()


def lognormal(mean: float, sd: float) -> Int64s:
    """Quantiles of a lognormal factor of mean 1 and deviation sd/mean, int64[1025] in 1/65536."""
    s = round(math.sqrt(math.log1p((sd / mean) ** 2)), 12) if mean > 0 else 0.0
    return np.array([math.floor(UNIT * math.exp(s * z - s * s / 2) + 0.5) for z in _Z], np.int64)


def power(exponent: float) -> Int64s:
    """Quantiles of u**exponent, int64[1025] in 1/2**32."""
    return np.array([math.floor(ONE * (i / KNOTS) ** exponent + 0.5) for i in range(KNOTS + 1)], np.int64)


class Zipf(NamedTuple):
    """Ranks 0..n-1 with weight (rank+1)**-exponent: exact for the first 64, uniform within 5 % steps behind."""

    knots: Int64s
    """First rank of each segment, and n at the end."""
    thresholds: Int64s


def zipf(n: int, exponent: float) -> Zipf:
    """The table of a catalogue of ``n`` objects."""
    knots = [0]
    while knots[-1] < n:
        last = knots[-1]
        knots.append(min(n, last + 1 if last < 64 else max(last + 1, last * 21 // 20)))
    weights = [_zipf_weight(a, b, exponent) for a, b in zip(knots, knots[1:], strict=False)]
    return Zipf(np.array(knots, np.int64), cumulative(weights))


def _zipf_weight(a: int, b: int, exponent: float) -> float:
    if b - a == 1:
        return round(float((a + 1) ** -exponent), 15)
    low, high = a + 0.5, b + 0.5
    if exponent == 1.0:
        return round(math.log(high / low), 15)
    return round(float(low ** (1 - exponent) - high ** (1 - exponent)) / (exponent - 1), 15)
