"""Texts numbered in the order in which they are met: a hash table that kernels fill.

A ``table`` is (slots, hashes, edges, pool, count): code c is pool[edges[c]:edges[c + 1]]; ``slots`` (int32, a power of
two of them, at least twice as many as texts) hold codes from 1 on, and 0 where they are free; ``count`` is int64[1].
There must be room for what is added.
"""

from typing import Any

import numpy as np
from numba import njit

from otelsim.draws import Int64s
from otelsim.wire.fragments import Bytes
from otelsim.wire.looking import load, same
from otelsim.wire.memory import SLACK, copy

_ODD, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(32)
_FEW, _SMALL = 1 << 10, 1 << 16


@njit
def _hash(data, first, size):  # type: ignore[no-untyped-def]
    found, at, end = np.uint64(size) * _ODD, first, first + size
    while at + 8 <= end:
        found = (found ^ load(data, at)) * _ODD  # type: ignore[call-arg]
        found ^= found >> _SHIFT
        at += 8
    if at < end:
        rest = load(data, at) & ((np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1))  # type: ignore[call-arg]
        found = (found ^ rest) * _ODD
        found ^= found >> _SHIFT
    return found


@njit
def code_of(table, data, first, size):  # type: ignore[no-untyped-def]
    """The code of ``data[first:first + size]``, which is added if it is new."""
    slots, hashes, edges, pool, count = table
    found, last = _hash(data, first, size), np.int64(len(slots) - 1)
    at = np.int64(found & np.uint64(last))
    while slots[at]:
        code = np.int64(slots[at] - 1)
        alike = hashes[code] == found and edges[code + 1] - edges[code] == size
        if alike and same(data, first, pool, edges[code], size):
            return code
        at = (at + 1) & last
    code = count[0]
    copy(pool, edges[code], data, first, size)  # type: ignore[call-arg]
    edges[code + 1] = edges[code] + size
    hashes[code] = found
    slots[at] = code + 1
    count[0] = code + 1
    return code


@njit(cache=True, nogil=True)
def _entered(slots, hashes, count):  # type: ignore[no-untyped-def]
    """The codes of known hashes into larger slots."""
    last = np.int64(len(slots) - 1)
    for code in range(count):
        at = np.int64(hashes[code] & np.uint64(last))
        while slots[at]:
            at = (at + 1) & last
        slots[at] = code + 1


class Codes:
    """A table that grows."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all texts."""
        self.slots = np.zeros(2 * _FEW, np.int32)
        self.hashes, self.edges = np.empty(_FEW, np.uint64), np.zeros(_FEW + 1, np.int64)
        self.pool, self.count = np.empty(_SMALL, np.uint8), np.zeros(1, np.int64)

    def __len__(self) -> int:
        return int(self.count[0])

    @property
    def size(self) -> int:
        """Bytes of all texts."""
        return int(self.edges[len(self)])

    def table(self) -> tuple[Any, Any, Int64s, Bytes, Int64s]:
        """As kernels take it."""
        return self.slots, self.hashes, self.edges, self.pool, self.count

    def make_room(self, texts: int, size: int) -> None:
        """Make room for so many more, of so many bytes."""
        if (wanted := len(self) + texts) > len(self.hashes):
            most = 1 << (wanted - 1).bit_length()
            self.hashes, self.edges = _longer(self.hashes, most), _longer(self.edges, most + 1)
            self.slots = np.zeros(2 * most, np.int32)
            _entered(self.slots, self.hashes, len(self))
        if (bytes_wanted := self.size + size + SLACK) > len(self.pool):
            self.pool = _longer(self.pool, 1 << (bytes_wanted - 1).bit_length())

    def texts(self, first: int = 0) -> list[bytes]:
        """Those from code ``first`` on."""
        edges = self.edges[first : len(self) + 1].tolist()
        whole = self.pool[edges[0] : edges[-1]].tobytes()
        return [whole[a - edges[0] : b - edges[0]] for a, b in zip(edges, edges[1:], strict=False)]

    def codes(self, texts: list[bytes]) -> Int64s:
        """Their codes; new ones are added."""
        edges = np.cumsum([0, *map(len, texts)])
        data = np.frombuffer(b"".join(texts) + bytes(SLACK), np.uint8)
        self.make_room(len(texts), len(data))
        found: Int64s = _codes_of(self.table(), data, edges)
        return found


@njit(cache=True, nogil=True)
def _codes_of(table, data, edges):  # type: ignore[no-untyped-def]
    out = np.empty(len(edges) - 1, np.int64)
    for k in range(len(out)):
        out[k] = code_of(table, data, edges[k], edges[k + 1] - edges[k])
    return out


def _longer(array: Any, size: int) -> Any:
    longer = np.empty(size, array.dtype)
    longer[: len(array)] = array
    return longer
