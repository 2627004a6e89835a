"""Memory as C has it: pointers, and what is done with more than one byte at a time.

References to an array are counted at the branches of every function that is not inlined: with arrays as arguments the
walk took three times as long. A pointer costs nothing, and is read and written by index as an array is. No bounds are
looked at: callers keep SLACK bytes behind whatever is read or written.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from otelsim import compiled as compiled
from otelsim.wire.memory import SLACK

_WORD = ir.IntType(64)
_BYTE = ir.IntType(8)


def _at(builder: Any, kind: Any, start: Any, position: Any) -> Any:
    """The place of a value of an LLVM type, ``position`` bytes after ``start``."""
    return builder.bitcast(builder.gep(start, [position]), kind.as_pointer())


def _wide(size: int, kind: Any = _BYTE) -> Any:
    return ir.VectorType(kind, size)


def _all(kind: Any, value: int) -> Any:
    return ir.Constant(kind, [value] * kind.count)


@intrinsic
def pointer(typing: Any, array: Any) -> Any:
    """Where an array begins; somebody else must keep the array alive."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    kind: Any = types.CPointer(array.dtype)  # type: ignore[no-untyped-call]
    return kind(array), codegen


def _load(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.load(_at(builder, _WORD, *args), align=1)


@intrinsic
def load(typing: Any, source: Any, at: Any) -> Any:
    """The eight bytes from ``at`` on as a uint64, the lowest first, as protobuf has its fixed numbers."""
    return types.uint64(source, types.int64), _load


@intrinsic
def store(typing: Any, out: Any, to: Any, word: Any) -> Any:
    """Write a uint64 as eight bytes, the lowest first."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _at(builder, _WORD, *args[:2]), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, types.uint64), codegen


@intrinsic
def trailing_zeros(typing: Any, word: Any) -> Any:
    """Bits below the lowest one of a uint64 that is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen


def _moved(builder: Any, args: Any) -> Any:
    """Copy 32 bytes; what they are."""
    out, to, source, at = args
    data = builder.load(_at(builder, _wide(SLACK), source, at), align=1)
    builder.store(data, _at(builder, _wide(SLACK), out, to), align=1)
    return data


@intrinsic
def copy_32(typing: Any, out: Any, to: Any, source: Any, at: Any) -> Any:
    """Copy 32 bytes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _moved(builder, args)
        return context.get_dummy_value()

    return types.void(out, types.int64, source, types.int64), codegen


@intrinsic
def copy_plain(typing: Any, out: Any, to: Any, source: Any, at: Any) -> Any:
    """Copy 32 bytes; how many of them, from the first on, are ASCII that a JSON string may hold as it is."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = _moved(builder, args)
        # Signed, so that bytes from 128 on are below the space as well.
        special = builder.icmp_signed("<", data, _all(data.type, 32))
        for byte in b'"\\':
            special = builder.or_(special, builder.icmp_signed("==", data, _all(data.type, byte)))
        bits = builder.bitcast(special, ir.IntType(SLACK))
        return builder.zext(builder.cttz(bits, ir.Constant(ir.IntType(1), 0)), _WORD)

    return types.int64(out, types.int64, source, types.int64), codegen


@intrinsic
def copy_hex(typing: Any, out: Any, to: Any, source: Any, at: Any) -> Any:
    """Write 16 bytes as 32 hexadecimal digits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = builder.load(_at(builder, _wide(16), *args[2:]), align=1)
        pairs = builder.zext(data, _wide(16, ir.IntType(16)))
        low = builder.shl(builder.and_(pairs, _all(pairs.type, 15)), _all(pairs.type, 8))
        digits = builder.bitcast(builder.or_(builder.lshr(pairs, _all(pairs.type, 4)), low), _wide(32))
        letter = builder.icmp_signed(">", digits, _all(digits.type, 9))
        base = builder.select(letter, _all(digits.type, ord("a") - 10), _all(digits.type, ord("0")))
        builder.store(builder.add(digits, base), _at(builder, _wide(32), *args[:2]), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, source, types.int64), codegen
