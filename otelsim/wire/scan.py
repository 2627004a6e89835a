"""JSON lines in the documented formats taken apart: where each value stands.

A line is an object of known keys in a known order, compact or with a space behind its commas and colons, with texts
that have no escapes. Whoever meets another one reads it with a parser of JSON.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from otelsim.wire.memory import address, copy

TEXT, BOOL, SECONDS, NUMBER, OBJECT, END_OF_OBJECT = range(6)
"""What stands behind a key: a text or null, true or false, seconds with at most six decimals, another number, or an
object whose keys follow, up to END_OF_OBJECT, which has no key."""
_HIGH, _ONES = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101)
_QUOTES, _SLASHES, _SPACES = _ONES * np.uint64(34), _ONES * np.uint64(92), _ONES * np.uint64(32)
_NO = -1


@intrinsic
def load(typing, data, at):  # type: ignore[no-untyped-def]
    """Eight bytes as a uint64, the first one lowest."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(data, types.int64), codegen


@njit(inline="always")
def _plain(word):  # type: ignore[no-untyped-def]
    """Whether none of eight bytes ends a text: a quote, a backslash, or what is below a space."""
    quotes, slashes = word ^ _QUOTES, word ^ _SLASHES
    ends = (quotes - _ONES) & ~quotes | (slashes - _ONES) & ~slashes | (word - _SPACES) & ~word
    return ends & _HIGH == 0


@njit
def _text(data, at, starts, sizes, k, i):  # type: ignore[no-untyped-def]
    """A text or null; returns what is behind it, or _NO."""
    if data[at] == 110 and data[at + 1] == 117 and data[at + 2] == 108 and data[at + 3] == 108:
        sizes[k, i] = -1
        return at + 4
    if data[at] != 34:
        return _NO
    at += 1
    starts[k, i] = at
    while _plain(load(data, at)):  # type: ignore[call-arg]
        at += 8
    while data[at] != 34:
        if data[at] == 92 or data[at] < 32:
            return _NO
        at += 1
    sizes[k, i] = at - starts[k, i]
    return at + 1


@njit
def _bool(data, at, starts, k, i):  # type: ignore[no-untyped-def]
    if data[at] == 116 and data[at + 1] == 114 and data[at + 2] == 117 and data[at + 3] == 101:
        starts[k, i] = 1
        return at + 4
    starts[k, i] = 0
    false = (
        data[at] == 102 and data[at + 1] == 97 and data[at + 2] == 108 and data[at + 3] == 115 and data[at + 4] == 101
    )
    return at + 5 if false else _NO


@njit
def _number(data, at, numbers, place):  # type: ignore[no-untyped-def]
    """Digits, and some behind a point: at most ``place[1]`` of them; exact, since both parts of the quotient are."""
    k, most, i = place
    whole, digits, decimals, scale = np.int64(0), 0, 0, 1.0
    first = at
    while 48 <= data[at] <= 57:
        whole = whole * 10 + (data[at] - 48)
        at += 1
        digits += 1
    if digits == 0 or (digits > 1 and data[first] == 48):
        return _NO
    if data[at] == 46:
        at += 1
        while 48 <= data[at] <= 57:
            whole = whole * 10 + (data[at] - 48)
            at += 1
            decimals += 1
            scale *= 10.0
        if decimals == 0 or decimals > most:
            return _NO
    if digits + decimals > 16 or whole > 9_007_199_254_740_992:
        return _NO
    numbers[k, i] = whole / scale
    return at


@njit
def _key(data, at, keys, k):  # type: ignore[no-untyped-def]
    """What is behind a key and its colon, or _NO where another one stands."""
    edges, pool = keys
    first, size = edges[k], edges[k + 1] - edges[k]
    for j in range(0, size - 7, 8):
        if load(data, at + j) != load(pool, first + j):  # type: ignore[call-arg]
            return _NO
    for j in range(size & ~7, size):
        if data[at + j] != pool[first + j]:
            return _NO
    at += size
    return at + 1 if data[at] == 32 else at


@njit
def _value(data, at, found, kind, k, i):  # type: ignore[no-untyped-def]
    """What stands behind a key; returns what is behind it, or _NO. Of an object only its brace is taken."""
    starts, sizes, numbers = found
    if kind == TEXT:
        return _text(data, at, starts, sizes, k, i)
    sizes[k, i] = 0
    if kind == BOOL:
        return _bool(data, at, starts, k, i)
    if kind == OBJECT:
        return at + 1 if data[at] == 123 else _NO
    return _number(data, at, numbers, (k, 6 if kind == SECONDS else 15, i))


@njit
def _next_key(data, at, keys, k, first):  # type: ignore[no-untyped-def]
    """What is behind the comma, unless the key is an object's ``first``, and the key; or _NO."""
    if not first:
        if data[at] != 44:
            return _NO
        at += 2 if data[at + 1] == 32 else 1
    return _key(data, at, keys, k)


@njit
def _line(data, at, keys, kinds, found, i):  # type: ignore[no-untyped-def]
    """A line from its brace on; returns where the next one begins, or _NO."""
    if data[at] != 123:
        return _NO
    at += 1
    first, skipping = True, False
    for k in range(len(kinds)):
        kind = kinds[k] if kinds[k] >= 0 else -1 - kinds[k]
        found[1][k, i] = -1
        if kind == END_OF_OBJECT:
            if not skipping:
                if data[at] != 125:
                    return _NO
                at += 1
            first, skipping = False, False
        elif not skipping:
            behind = _next_key(data, at, keys, k, first)
            if behind != _NO:
                at, first = _value(data, behind, found, kind, k, i), kind == OBJECT
            elif kinds[k] < 0:
                skipping = kind == OBJECT
            else:
                return _NO
            if at == _NO:
                return _NO
    return at + 2 if data[at] == 125 and data[at + 1] == 10 else _NO


@njit(cache=True, nogil=True)
def scan(data, size, keys, kinds, found):  # type: ignore[no-untyped-def]
    """Take ``data[:size]`` (uint8, with SLACK behind) apart: lines that end with a line end. Returns how many were.

    ``keys`` are (edges, pool) of the keys as they stand with quotes and colon, ``kinds`` what is behind each: negative
    (-1 - kind) where it may be missing. ``found`` takes (starts, sizes, numbers), [keys, lines]: of a text where it
    stands and how long it is, -1 for null; of a bool its value in starts; of a number its value.
    """
    at = i = 0
    while at < size:
        at = _line(data, at, keys, kinds, found, i)
        if at == _NO:
            return i
        i += 1
    return i


@njit(cache=True, nogil=True)
def gather(out, data, starts, sizes, edges):  # type: ignore[no-untyped-def]
    """Texts one behind the other in ``out`` (with SLACK), and where each begins, int32[texts + 1]."""
    at = 0
    for i in range(len(sizes)):
        edges[i] = at
        if sizes[i] > 0:
            copy(out, at, data, starts[i], sizes[i])  # type: ignore[call-arg]
            at += sizes[i]
    edges[len(sizes)] = at
