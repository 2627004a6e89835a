"""The protobuf wire format; knows no schema.

https://protobuf.dev/programming-guides/encoding: a field is a tag (number << 3 | wire type) and its value; messages,
texts and packed numbers are preceded by their length.
"""

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from otelsim.wire.memory import SLACK, address

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types."""


def varint(value: int) -> bytes:
    """A non-negative integer, seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number: int, wire_type: int) -> bytes:
    """What a field begins with."""
    return varint(number << 3 | wire_type)


def delimited(number: int, content: bytes | str) -> bytes:
    """A message, text or packed numbers as field ``number``."""
    data = content.encode() if isinstance(content, str) else content
    return tag(number, LENGTH) + varint(len(data)) + data


def integer(number: int, value: int) -> bytes:
    """A non-negative integer or a bool as field ``number``."""
    return tag(number, VARINT) + varint(value)


@intrinsic
def store(typing, out, at, word):  # type: ignore[no-untyped-def]
    """Write a uint64 or a double as eight bytes, the lowest first (as fixed64 and double stand on the wire)."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        to = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        word_at = builder.bitcast(to, args[2].type.as_pointer())
        builder.store(args[2], word_at, align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, word), codegen


@intrinsic
def move(typing, out, to, first, size):  # type: ignore[no-untyped-def]
    """``out[to:to+size] = out[first:first+size]``, exactly, though they overlap."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        target = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        source = address(context, builder, signature.args[0], args[0], args[2])  # type: ignore[no-untyped-call]
        cgutils.raw_memmove(builder, target, source, args[3], ir.Constant(args[3].type, 1))  # type: ignore[no-untyped-call]
        return context.get_dummy_value()

    return types.void(out, types.int64, types.int64, types.int64), codegen


@njit(inline="always")
def size_of(value):  # type: ignore[no-untyped-def]
    """Bytes of a non-negative integer as a varint."""
    size = 1
    while value > 0x7F:
        value >>= 7
        size += 1
    return size


@njit(inline="always")
def put_varint(out, at, value):  # type: ignore[no-untyped-def]
    """A non-negative integer; exactly its bytes are written."""
    while value > 0x7F:
        out[at] = value & 0x7F | 0x80
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@njit(inline="always")
def delimited_size(size):  # type: ignore[no-untyped-def]
    """Bytes of a field of a number below 16 whose content has ``size``."""
    return 1 + size_of(size) + size


@njit(inline="always")
def put_length(out, at, first_byte, size):  # type: ignore[no-untyped-def]
    """The tag (one byte) and length of a content of ``size`` bytes to come."""
    out[at] = first_byte
    return put_varint(out, at + 1, size)


@njit
def put_word(out, at, first_byte, word):  # type: ignore[no-untyped-def]
    """A field of eight bytes: a uint64 or a double."""
    out[at] = first_byte
    store(out, at + 1, word)  # type: ignore[call-arg]
    return at + 9


HEAD = 3
"""Bytes left free before a record: its tag, and a length of two bytes, as nearly all have."""


@njit
def close(out, first, end, first_byte):  # type: ignore[no-untyped-def]
    """Tag and length of the record whose content stands at first + HEAD .. end - 1; returns its end."""
    size = end - first - HEAD
    out[first] = first_byte
    if 0x80 <= size < 0x4000:
        out[first + 1] = size & 0x7F | 0x80
        out[first + 2] = size >> 7
        return end
    wider = size_of(size) - 2
    move(out, first + HEAD + wider, first + HEAD, size)  # type: ignore[call-arg]
    put_varint(out, first + 1, size)
    return end + wider


ROOM_BEHIND = SLACK + 8
"""Bytes that a record's writing may touch behind its end."""
