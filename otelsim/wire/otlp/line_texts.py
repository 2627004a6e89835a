"""What records of log lines and points of metric lines share: attributes of texts that stand in lines, ids, times.

``heads`` are (edges, pool) of attributes up to their texts, their three lengths left open; see `heads_of`.
"""

from collections.abc import Iterable

import numpy as np
from numba import njit

from otelsim.draws import Int64s
from otelsim.wire.fragments import Bytes, Texts
from otelsim.wire.looking import alike, hexadecimal, load
from otelsim.wire.memory import copy
from otelsim.wire.otlp import fields as f
from otelsim.wire.protobuf import LENGTH, delimited, delimited_size, put_length, put_varint, size_of, store, tag

_BEHIND_KEY = 4
"""Bytes of a head behind its key: the tag and length of the value, and those of the text."""
ATTRIBUTE_ROOM = 48
"""More bytes than an attribute has beside its key and its text."""
_NIBBLE, _LETTER = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_SIX, _EIGHT, _FOUR, _NINE = np.uint64(6), np.uint64(8), np.uint64(4), np.uint64(9)
_PAIRS, _QUADS, _SIXTEEN = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(16)
_LOW = np.uint64(0xFFFFFFFF)


def heads_of(number: int, names: Iterable[str]) -> tuple[Int64s, Bytes]:
    """The heads of attributes of those keys, as field ``number``."""
    pool = Texts()
    ends = tag(f.VALUE, LENGTH) + b"\0" + tag(f.STRING_VALUE, LENGTH) + b"\0"
    assert len(ends) == _BEHIND_KEY
    return pool.table(tag(number, LENGTH) + b"\0" + delimited(f.KEY, name) + ends for name in names), pool.pool()


@njit
def attribute_size(heads, key, size):  # type: ignore[no-untyped-def]
    """Bytes of an attribute whose text has ``size``."""
    width = heads[0][key + 1] - heads[0][key]
    value = delimited_size(size)
    return delimited_size(width - 1 - _BEHIND_KEY + size_of(value) + value)


@njit
def put_head(out, at, heads, key, size):  # type: ignore[no-untyped-def]
    """An attribute up to its text, of ``size`` bytes."""
    edges, pool = heads
    head, width = edges[key], edges[key + 1] - edges[key]
    copy(out, at, pool, head, width)  # type: ignore[call-arg]
    if width + size < 128:
        out[at + 1] = width - 2 + size
        out[at + width - 3] = size + 2
        out[at + width - 1] = size
        return at + width
    value = delimited_size(size)
    at = put_varint(out, at + 1, width - 1 - _BEHIND_KEY + size_of(value) + value)
    copy(out, at, pool, head + 2, width - 5)
    at = put_varint(out, at + width - 5, value)
    return put_length(out, at, f.STRING_TAG, size)


@njit
def put_attribute(out, at, heads, key, text):  # type: ignore[no-untyped-def]
    """An attribute of a ``text``: (data, where it begins, its size)."""
    data, first, size = text
    at = put_head(out, at, heads, key, size)
    copy(out, at, data, first, size)  # type: ignore[call-arg]
    return at + size


@njit
def text_of(lines, i, k):  # type: ignore[no-untyped-def]
    """Text k of a line as `put_attribute` takes it; ``lines`` are (data, texts). Its size is -1 where there is none."""
    data, texts = lines
    return data, np.int64(texts[i, 2 * k]), np.int64(texts[i, 2 * k + 1])


@njit
def one_of(data, texts, i, k, known):  # type: ignore[no-untyped-def]
    """Which of a few short texts (edges, pool) text k of line i is; -1 where it is none."""
    edges, pool = known
    first, size = np.int64(texts[i, 2 * k]), texts[i, 2 * k + 1]
    for n in range(len(edges) - 1):
        if edges[n + 1] - edges[n] == size and alike(data, first, pool, edges[n]) >= size:  # type: ignore[call-arg]
            return n
    return -1


@njit
def put_known(out, at, heads, lines, i, k):  # type: ignore[no-untyped-def]
    """An attribute of text k of a line, if there is one."""
    text = text_of(lines, i, k)
    return put_attribute(out, at, heads, k, text) if text[2] >= 0 else at


@njit
def put_bytes(out, at, first_byte, data, first, size):  # type: ignore[no-untyped-def]
    """A field of less than 128 bytes."""
    out[at] = first_byte
    out[at + 1] = size
    copy(out, at + 2, data, first, size)  # type: ignore[call-arg]
    return at + 2 + size


@njit
def put_text(out, at, fragments, i):  # type: ignore[no-untyped-def]
    """Text ``i`` of (edges, pool)."""
    edges, pool = fragments
    first, size = edges[i], edges[i + 1] - edges[i]
    copy(out, at, pool, first, size)  # type: ignore[call-arg]
    return at + size


@njit
def _half(data, at):  # type: ignore[no-untyped-def]
    """Eight hexadecimal digits as four bytes, the first one lowest."""
    word = load(data, at)  # type: ignore[call-arg, var-annotated]
    digits = (word & _NIBBLE) + (word >> _SIX & _LETTER) * _NINE
    pairs = (digits << _FOUR | digits >> _EIGHT) & _PAIRS
    quads = (pairs | pairs >> _EIGHT) & _QUADS
    return (quads | quads >> _SIXTEEN) & _LOW


@njit
def put_id(ids, at, data, first, size):  # type: ignore[no-untyped-def]
    """Hexadecimal digits (16 or 32) as bytes; returns whether that is what they are, and not only zeros."""
    known = np.uint64(0)
    for k in range(0, size, 16):
        word = _half(data, first + k) | _half(data, first + k + 8) << np.uint64(32)
        store(ids, at + k // 2, word)  # type: ignore[call-arg]
        known |= word
    return known != 0 and hexadecimal(data, first) >= size  # type: ignore[call-arg]
