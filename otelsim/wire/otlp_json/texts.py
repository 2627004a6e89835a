"""Strings and bytes of a body as JSON strings, without their quotes.

Every function takes ``body[at:end]`` and returns the next free position of ``out``; the caller has made room.
"""

import json

import numpy as np
from numba import njit

from otelsim.wire.otlp_json.words import copy_hex, copy_plain, store

_ESCAPED = [json.dumps(chr(byte))[1:-1].encode() for byte in range(127)]
_ESCAPES = np.array([int.from_bytes(text.ljust(8, b"\0"), "little") for text in _ESCAPED], np.uint64)
_ESCAPE_SIZES = np.array([len(text) for text in _ESCAPED])
_LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)

BYTES_A_BYTE = 6
"""What a byte of a body grows to at most: a control character in its escaped form."""


@njit
def character_size(body, at, end):  # type: ignore[no-untyped-def]
    """Bytes of the UTF-8 character of two bytes or more at ``at``; 0 where there is none (RFC 3629)."""
    lead = np.int64(body[at])
    size = 2 + (lead >= 0xE0) + (lead >= 0xF0)
    if lead < 0xC2 or lead > 0xF4 or at + size > end:
        return 0
    point = lead & (0x7F >> size)
    for i in range(at + 1, at + size):
        if body[i] & 0xC0 != 0x80:
            return 0
        point = point << 6 | np.int64(body[i]) & 0x3F
    if size == 3 and (point < 0x800 or 0xD800 <= point < 0xE000):
        return 0
    return 0 if size == 4 and not 0x10000 <= point < 0x110000 else size


@njit
def _put_special(out, to, body, at, end):  # type: ignore[no-untyped-def]
    """One character that is not plain: (next position of ``out``, of ``body``), the latter -1 where it is no UTF-8."""
    if body[at] < 128:
        store(out, to, _ESCAPES[body[at]])  # type: ignore[call-arg]
        return to + _ESCAPE_SIZES[body[at]], at + 1
    size = character_size(body, at, end)
    if size == 0:
        return to, -1
    for i in range(size):
        out[to + i] = body[at + i]
    return to + size, at + size


@njit
def put_string(out, to, body, at, end):  # type: ignore[no-untyped-def]
    """UTF-8 with JSON's escapes; -1 where it is no UTF-8."""
    while at < end:
        plain = min(copy_plain(out, to, body, at), end - at)  # type: ignore[call-arg]
        to, at = to + plain, at + plain
        if plain < 32 and at < end:
            to, at = _put_special(out, to, body, at, end)
            if at < 0:
                return -1
    return to


@njit
def put_id(out, to, body, at, end):  # type: ignore[no-untyped-def]
    """Two hexadecimal digits a byte."""
    while at < end:
        copy_hex(out, to, body, at)  # type: ignore[call-arg]
        size = min(16, end - at)
        at, to = at + size, to + 2 * size
    return to


@njit
def put_base64(out, to, body, at, end):  # type: ignore[no-untyped-def]
    """Base64 with padding (RFC 4648, the standard alphabet)."""
    for i in range(at, end, 3):
        left = end - i
        word = np.int64(body[i]) << 16
        if left > 1:
            word |= np.int64(body[i + 1]) << 8
        if left > 2:
            word |= np.int64(body[i + 2])
        for k in range(4):
            out[to + k] = _LETTERS[word >> (18 - 6 * k) & 63] if k <= left else 61
        to += 4
    return to
