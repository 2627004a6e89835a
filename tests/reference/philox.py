"""Chance: Philox4x32-10 on plain integers, and what is done with its words (docs/draws.md, "Bits")."""

from bisect import bisect_right
from collections.abc import Sequence

ARRIVAL, WHO, WHAT, TIME, FATE, SIZE, INFRA, CASCADE, CLIMB, BURST, INCIDENT, RELEASE, LINK = range(1, 14)

WORD = 2**32
UNIT = 65_536
"""1.0 as a fixed-point factor."""


def philox(seed: int, g: int, sub: int, decision: int) -> tuple[int, int, int, int]:
    """The four words that settle ``decision`` for part ``sub`` of request ``g``."""
    return philox_block((g % WORD, g // WORD, sub, decision), (seed % WORD, seed // WORD))


def philox_block(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Ten rounds of multiply, exchange and add, as Random123 defines them."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, WORD)
        high1, low1 = divmod(0xCD9E8D57 * c2, WORD)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % WORD, (k1 + 0xBB67AE85) % WORD
    return c0, c1, c2, c3


def below(word: int, n: int) -> int:
    """One of 0..n-1."""
    return word * n // WORD


def choose(thresholds: Sequence[int], word: int) -> int:
    """The first i with ``word < thresholds[i]``."""
    return bisect_right(thresholds, word)


def look(table: Sequence[int], word: int) -> int:
    """The quantile at word / 2**32 in a table of 1025, interpolated."""
    i, f = divmod(word, 2**22)
    return table[i] + (table[i + 1] - table[i]) * f // 2**22


def times(value: int, factor: int) -> int:
    """``value`` times a fixed-point factor."""
    return value * factor // UNIT


def mix(x: int) -> int:
    """A bijection of 64-bit integers."""
    return _mix(x, 64, 32)


def mix63(x: int) -> int:
    """The same on 63 bits."""
    return _mix(x, 63, 31)


def _mix(x: int, bits: int, shift: int) -> int:
    for _ in range(2):
        x ^= x >> shift
        x = x * 0xD6E8FEB86659FD93 % 2**bits
    return x ^ x >> shift
