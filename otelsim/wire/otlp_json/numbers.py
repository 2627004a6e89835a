"""Numbers of a body as JSON: 64-bit integers are strings, all others are numbers.

Every ``put`` writes into ``out`` (uint8[]) from ``to`` on and returns the next free position; the caller has made room.
"""

import numpy as np
from numba import njit

from otelsim.wire import protobuf
from otelsim.wire.otlp_json.schema import TYPES
from otelsim.wire.otlp_json.words import load, store, trailing_zeros

(
    MESSAGE, STRING, ID, BYTES, UINT64, INT64, UINT32, INT32, SINT32, BOOL, ENUM, FIXED64, SFIXED64, DOUBLE, FIXED32,
) = range(len(TYPES))  # fmt: skip
"""Types of fields, by their place in TYPES."""
WIRES = np.array([protobuf.LENGTH] * 4 + [protobuf.VARINT] * 7 + [protobuf.FIXED64] * 3 + [protobuf.FIXED32])
"""The wire type of each."""

_TRUE = np.uint64(int.from_bytes(b"true".ljust(8), "little"))
_FALSE = np.uint64(int.from_bytes(b"false".ljust(8), "little"))
_ALL, _LOW = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0xFFFFFFFF)
_TO_8, _TO_16 = np.uint64(10**8), np.uint64(10**16)
_ZEROS = np.uint64(0x3030303030303030)
_UNITS = np.uint64(100_000)
_MINUS_ZERO = np.uint64(1 << 63)


@njit
def _long_varint(body, at, end):  # type: ignore[no-untyped-def]
    value, shift = np.uint64(0), 0
    while at < end and shift < 70:
        byte = np.uint64(body[at])
        if shift == 63 and byte > np.uint64(1):
            return value, -1
        value |= (byte & np.uint64(127)) << np.uint64(shift)
        at, shift = at + 1, shift + 7
        if byte < np.uint64(128):
            return value, at
    return value, -1


@njit
def varint(body, at, end):  # type: ignore[no-untyped-def]
    """The varint at ``at``: (its 64 bits, the position behind it), the latter -1 where it is cut or too long."""
    if at < end and body[at] < 128:
        return np.uint64(body[at]), at + 1
    return _long_varint(body, at, end)


@njit
def bits(body, at, end, kind):  # type: ignore[no-untyped-def]
    """The bits of the number of a type at ``at`` and the position behind it, the latter -1 where it is cut."""
    wire = WIRES[kind]
    if wire == protobuf.VARINT:
        return varint(body, at, end)
    size = 8 if wire == protobuf.FIXED64 else 4
    if at + size > end:
        return np.uint64(0), -1
    return load(body, at) & (_ALL if wire == protobuf.FIXED64 else _LOW), at + size  # type: ignore[call-arg]


@njit
def _digits(value):  # type: ignore[no-untyped-def]
    """Eight decimal digits, one a byte, the first one lowest: halves of 10000, then of 100, then of 10."""
    high = value // np.uint64(10_000)
    x = high | (value - high * np.uint64(10_000)) << np.uint64(32)
    high = (x * np.uint64(10486)) >> np.uint64(20) & np.uint64(0x0000007F0000007F)
    x = high | (x - high * np.uint64(100)) << np.uint64(16)
    high = (x * np.uint64(103)) >> np.uint64(10) & np.uint64(0x000F000F000F000F)
    return high | (x - high * np.uint64(10)) << np.uint64(8)


@njit
def _put_short(out, to, value):  # type: ignore[no-untyped-def]
    """A uint64 below 10**8."""
    digits = _digits(value)
    # The last digit is written even where it is 0.
    zeros: np.uint64 = trailing_zeros(digits | np.uint64(1 << 56))  # type: ignore[call-arg]
    skipped = zeros & np.uint64(56)
    store(out, to, digits + _ZEROS >> skipped)
    return to + 8 - np.int64(skipped >> np.uint64(3))


@njit
def _put_eight(out, to, value):  # type: ignore[no-untyped-def]
    """The last eight digits of a uint64."""
    store(out, to, _digits(value % _TO_8) + _ZEROS)  # type: ignore[call-arg]
    return to + 8


@njit
def put_unsigned(out, to, value):  # type: ignore[no-untyped-def]
    """A uint64."""
    if value < _TO_8:
        return _put_short(out, to, value)
    if value < _TO_16:
        to = _put_short(out, to, value // _TO_8)
    else:
        to = _put_eight(out, _put_short(out, to, value // _TO_16), value // _TO_8)
    return _put_eight(out, to, value)


@njit
def put_signed(out, to, value):  # type: ignore[no-untyped-def]
    """The int64 of the same bits."""
    if np.int64(value) >= 0:
        return put_unsigned(out, to, value)
    out[to] = 45
    return put_unsigned(out, to + 1, np.uint64(0) - value)


@njit
def _put_fraction(out, to, units):  # type: ignore[no-untyped-def]
    """Five digits after the point, without the zeros at their end."""
    if units == np.uint64(0):
        return to
    store(out, to, _digits(units) + _ZEROS >> np.uint64(16))  # type: ignore[call-arg]
    out[to] = 46
    to += 6
    while out[to - 1] == 48:
        to -= 1
    return to


@njit
def put_double(out, to, value):  # type: ignore[no-untyped-def]
    """The double of the same bits where it has at most 15 digits, 5 of them after the point; else -1.

    A decimal of 15 digits is the only one so short that reads as its double, so this is the shortest form. The quotient
    of two integers below 2**53 is rounded as reading a decimal is.
    """
    number = np.uint64(value).view(np.float64)
    scaled = np.rint(number * 1e5)
    if not abs(scaled) < 1e15 or scaled / 1e5 != number or value == _MINUS_ZERO:
        return -1
    if scaled < 0:
        out[to] = 45
        to += 1
    units = np.uint64(abs(scaled))
    whole = units // _UNITS
    return _put_fraction(out, put_unsigned(out, to, whole), units - whole * _UNITS)


@njit
def _put_large(out, to, value, signed):  # type: ignore[no-untyped-def]
    out[to] = 34
    to = put_signed(out, to + 1, value) if signed else put_unsigned(out, to + 1, value)
    out[to] = 34
    return to + 1


@njit
def _put_small(out, to, value, kind):  # type: ignore[no-untyped-def]
    """An integer of 32 bits."""
    low = np.int64(value & _LOW)
    if kind == SINT32:
        low = low >> 1 ^ -(low & 1)
    elif kind in (INT32, ENUM) and low > 0x7FFFFFFF:
        low -= 1 << 32
    if low < 0:
        out[to] = 45
        to, low = to + 1, -low
    return put_unsigned(out, to, np.uint64(low))


@njit
def _put_bool(out, to, value):  # type: ignore[no-untyped-def]
    store(out, to, _TRUE if value else _FALSE)  # type: ignore[call-arg]
    return to + (4 if value else 5)


@njit
def put_number(out, to, value, kind):  # type: ignore[no-untyped-def]
    """A number by its bits and type; -1 for a double that `put_double` cannot write."""
    if kind == DOUBLE:
        return put_double(out, to, value)
    if kind in (FIXED64, UINT64):
        return _put_large(out, to, value, False)
    if kind in (SFIXED64, INT64):
        return _put_large(out, to, value, True)
    if kind == BOOL:
        return _put_bool(out, to, value)
    return _put_small(out, to, value, kind)
