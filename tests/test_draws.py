"""Integer tables and ids: exact, rising, never outside."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.draws import (
    KNOTS,
    ONE,
    UNIT,
    below,
    cumulative,
    fixed,
    keyed,
    keys,
    lognormal,
    mix63,
    philox,
    power,
    signed,
    threshold,
    words,
    zipf,
)  # fmt: skip
from otelsim.packing import choose, look

WORD = st.integers(0, ONE - 1)
BITS = st.integers(0, 2**64 - 1)


@given(BITS, st.integers(0, 2**63 - 1), st.integers(0, ONE - 1), st.integers(1, 13))
def test_words_are_32_bits_and_keyed(seed, g, sub, decision):
    drawn = words(seed, g, sub, decision)
    assert all(0 <= w < ONE for w in drawn)
    assert drawn == words(seed, g, sub, decision)
    assert drawn != words(seed, g, sub, decision + 1)
    assert drawn != words(seed ^ 1 << 40, g, sub, decision)
    assert drawn == tuple(int(w) for w in philox(np.uint64(seed), g, sub, decision))


@given(WORD, st.integers(1, 2**31 - 1))
def test_below(word, n):
    assert below(word, n) == word * n // ONE < n


def unmixed(y: int, bits: int, shift: int) -> int:
    """The number that was mixed into ``y``."""
    inverse = pow(0xD6E8FEB86659FD93, -1, 1 << bits)

    def unshift(x: int) -> int:
        found = x
        for _ in range(bits // shift):
            found = x ^ found >> shift
        return found

    for _ in range(2):
        y = unshift(y) * inverse % (1 << bits)
    return unshift(y)


@given(BITS)
def test_mix_loses_nothing(x):
    assert unmixed(int(keyed(np.uint64(x), np.uint64(0))), 64, 32) == x


@given(st.integers(0, 2**63 - 1))
def test_mix63_loses_nothing_in_63_bits(x):
    with np.errstate(over="ignore"):
        y = int(mix63(np.uint64(x)))
    assert y < 2**63
    assert unmixed(y, 63, 31) == x


@given(BITS)
def test_signed_keeps_the_bits(bits):
    assert -(2**63) <= signed(bits) < 2**63
    assert signed(bits) % 2**64 == bits


def test_keys_differ_by_kind_and_seed():
    drawn = [k for seed in (0, 1, 42, 2**64 - 1) for k in keys(seed)]
    assert len(set(drawn)) == len(drawn)
    assert keys(42).created < 2**63 > keys(42).catalogue


@given(st.floats(0, 1))
def test_thresholds(p):
    assert abs(threshold(p) - Fraction(p) * ONE) <= Fraction(1, 2)
    assert (threshold(0), threshold(1), threshold(2)) == (0, ONE, ONE)


def test_fixed():
    assert (fixed(0), fixed(1), fixed(0.5), fixed(2.5)) == (0, UNIT, UNIT // 2, 5 * UNIT // 2)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).filter(lambda w: sum(w) > 1e-6), WORD)
def test_a_weighted_choice(weights, word):
    bounds = cumulative(weights)
    assert list(bounds) == sorted(bounds)
    assert bounds[-1] == ONE
    total = math.fsum(weights)
    for i, bound in enumerate(bounds):
        assert abs(int(bound) / ONE - math.fsum(weights[: i + 1]) / total) < 1e-9
    chosen = choose(bounds, 0, len(bounds), word)
    assert chosen == next(i for i, bound in enumerate(bounds.tolist()) if word < bound)


@pytest.mark.parametrize(("mean", "sd"), [(10.0, 3.0), (1.0, 0.35), (100.0, 200.0), (1.0, 5.0)])
def test_a_lognormal_factor_has_mean_one(mean, sd):
    table = lognormal(mean, sd)
    assert len(table) == KNOTS + 1
    assert (np.diff(table) >= 0).all()
    assert abs(float((table[1:] + table[:-1]).mean()) / 2 / UNIT - 1) < (0.02 if sd < mean else 0.25)


def test_no_spread_is_no_factor():
    assert set(lognormal(10.0, 0.0).tolist()) == set(lognormal(0.0, 3.0).tolist()) == {UNIT}


@given(WORD, st.floats(0.5, 3))
def test_powers(word, exponent):
    table = power(exponent)
    assert (table[0], table[-1]) == (0, ONE)
    value = look(table, 0, word)
    assert 0 <= value <= ONE
    assert abs(value / ONE - (word / ONE) ** exponent) < 0.05


@given(st.integers(1, 200_000), st.sampled_from([1.0, 1.1, 1.5]))
def test_zipf_covers_all_ranks(n, exponent):
    table = zipf(n, exponent)
    assert table.knots[0] == 0
    assert table.knots[-1] == n
    assert (np.diff(table.knots) > 0).all()
    assert len(table.thresholds) == len(table.knots) - 1
    assert table.thresholds[-1] == ONE


@pytest.mark.parametrize("exponent", [1.0, 1.1, 1.5])
def test_zipf_weights_are_right(exponent):
    n = 5_000
    table = zipf(n, exponent)
    weights = [(r + 1) ** -exponent for r in range(n)]
    for knot, bound in zip(table.knots[1:].tolist(), table.thresholds.tolist(), strict=True):
        assert abs(bound / ONE - sum(weights[:knot]) / sum(weights)) < 1e-4
