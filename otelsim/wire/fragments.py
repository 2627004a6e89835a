"""Bytes joined from pre-encoded fragments; knows no schema.

Every ``put`` writes into ``out`` (uint8[]) from ``at`` on and returns the next free position; the caller has made room.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from numba import njit

from otelsim.draws import Int64s
from otelsim.wire.memory import SLACK, copy, store_reversed

Bytes = npt.NDArray[np.uint8]

_PAIRS = np.frombuffer("".join(f"{i:02d}" for i in range(100)).encode(), np.uint8)


class Texts:
    """A pool of texts in the making: every table of texts becomes one of positions in the pool."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def table(self, texts: Iterable[str | bytes]) -> Int64s:
        """Add texts; returns where each begins and, one entry more, where the last ends."""
        encoded = [t if isinstance(t, bytes) else t.encode() for t in texts]
        first = self.size + np.cumsum([0, *map(len, encoded)]).astype(np.int64)
        self.parts += encoded
        self.size = int(first[-1])
        return first

    def pool(self) -> Bytes:
        """All texts, uint8[]; with the slack that copies need."""
        return np.frombuffer(b"".join(self.parts) + bytes(SLACK), np.uint8)


def longest(first: Int64s) -> int:
    """Bytes of a table's longest text."""
    return int(np.diff(first).max(initial=0))


@njit
def put(out, at, t, pool, table, i):  # type: ignore[no-untyped-def]
    """Text ``i`` of a table."""
    where = t[table] + i
    first, size = t[where], t[where + 1] - t[where]
    copy(out, at, pool, first, size)  # type: ignore[call-arg]
    return at + size


@njit
def put_again(out, at, first, end):  # type: ignore[no-untyped-def]
    """Once more what stands at first..end-1, before ``at``."""
    copy(out, at, out, first, end - first)  # type: ignore[call-arg]
    return at + end - first


@njit
def _hex8(value):  # type: ignore[no-untyped-def]
    """The eight hexadecimal digits of 32 bits, as the bytes of a uint64, first digit highest."""
    x = (value | value << np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    x = (x | x << np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    x = (x | x << np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)
    letters = (x + np.uint64(0x0606060606060606)) >> np.uint64(4) & np.uint64(0x0101010101010101)
    return x + np.uint64(0x3030303030303030) + letters * np.uint64(39)


@njit
def put_hex(out, at, value):  # type: ignore[no-untyped-def]
    """64 bits as 16 hexadecimal digits."""
    bits = np.uint64(value)
    store_reversed(out, at, _hex8(bits >> np.uint64(32)))  # type: ignore[call-arg]
    store_reversed(out, at + 8, _hex8(bits & np.uint64(0xFFFFFFFF)))
    return at + 16


@njit
def put_padded(out, at, value, digits):  # type: ignore[no-untyped-def]
    """A non-negative integer with leading zeros."""
    k = digits
    while k >= 2:
        pair = (value % 100) * 2
        value //= 100
        k -= 2
        out[at + k] = _PAIRS[pair]
        out[at + k + 1] = _PAIRS[pair + 1]
    if k == 1:
        out[at] = 48 + value % 10
    return at + digits


@njit
def put_integer(out, at, value):  # type: ignore[no-untyped-def]
    """A non-negative integer."""
    digits, bound = 1, 10
    while value >= bound and digits < 18:
        digits += 1
        bound *= 10
    return put_padded(out, at, value, digits)


@njit
def put_hundredths(out, at, value):  # type: ignore[no-untyped-def]
    """value / 100 as Python prints a float: 12.0, 12.3, 12.34."""
    at = put_integer(out, at, value // 100)
    rest = value % 100
    out[at] = 46
    out[at + 1] = 48 + rest // 10
    if rest % 10 == 0:
        return at + 2
    out[at + 2] = 48 + rest % 10
    return at + 3
