"""What kernels see of 32 bytes at once; SLACK bytes must follow whatever is looked at."""

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from otelsim.wire.memory import SLACK, address

_BYTE = ir.IntType(8)
_WIDE = ir.VectorType(_BYTE, SLACK)
_BITS = ir.IntType(64)


def _loaded(context, builder, array_type, array, at):  # type: ignore[no-untyped-def]
    place = address(context, builder, array_type, array, at)  # type: ignore[no-untyped-call]
    return builder.load(builder.bitcast(place, _WIDE.as_pointer()), align=1)


def _each(value):  # type: ignore[no-untyped-def]
    return ir.Constant(_WIDE, [value] * SLACK)


def _bits(builder, flags):  # type: ignore[no-untyped-def]
    """Flags of bytes as bits of a 64-bit word, the first byte's lowest."""
    return builder.zext(builder.bitcast(flags, ir.IntType(SLACK)), _BITS)


def _first(builder, flags):  # type: ignore[no-untyped-def]
    """Which byte is the first with a flag; SLACK where none has one."""
    bits = builder.or_(_bits(builder, flags), ir.Constant(_BITS, 1 << SLACK))  # type: ignore[no-untyped-call]
    return builder.cttz(bits, cgutils.true_bit)


@intrinsic
def load(typing, data, at):  # type: ignore[no-untyped-def]
    """Eight bytes as a uint64, the first one lowest."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        return builder.load(builder.bitcast(place, _BITS.as_pointer()), align=1)

    return types.uint64(data, types.int64), codegen


@intrinsic
def alike(typing, data, at, other, first):  # type: ignore[no-untyped-def]
    """How many bytes from ``data[at]`` on are those from ``other[first]`` on: up to SLACK."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        a = _loaded(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        b = _loaded(context, builder, signature.args[2], args[2], args[3])  # type: ignore[no-untyped-call]
        return _first(builder, builder.icmp_unsigned("!=", a, b))  # type: ignore[no-untyped-call]

    return types.int64(data, types.int64, other, types.int64), codegen


def _until(data, test):  # type: ignore[no-untyped-def]
    """An intrinsic of (data, at): how many bytes come before the first for which ``test`` gives true, up to SLACK."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        found = _loaded(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        return _first(builder, test(builder, found))  # type: ignore[no-untyped-call]

    return types.int64(data, types.int64), codegen


@intrinsic
def plain(typing, data, at):  # type: ignore[no-untyped-def]
    """How many bytes come before the end of a text (a quote, a backslash, what is below a space): up to SLACK."""

    def ends(builder, found):  # type: ignore[no-untyped-def]
        is_end = builder.icmp_unsigned("<", found, _each(32))  # type: ignore[no-untyped-call]
        for end in b'"\\':
            is_end = builder.or_(is_end, builder.icmp_unsigned("==", found, _each(end)))  # type: ignore[no-untyped-call]
        return is_end

    return _until(data, ends)  # type: ignore[no-untyped-call]


@intrinsic
def hexadecimal(typing, data, at):  # type: ignore[no-untyped-def]
    """How many hexadecimal digits follow: up to SLACK."""

    def is_other(builder, found):  # type: ignore[no-untyped-def]
        digits = builder.sub(found, _each(ord("0")))  # type: ignore[no-untyped-call]
        letters = builder.sub(builder.or_(found, _each(32)), _each(ord("a")))  # type: ignore[no-untyped-call]
        other = builder.icmp_unsigned(">", digits, _each(9))  # type: ignore[no-untyped-call]
        return builder.and_(other, builder.icmp_unsigned(">", letters, _each(5)))  # type: ignore[no-untyped-call]

    return _until(data, is_other)  # type: ignore[no-untyped-call]


@intrinsic
def seen(typing, data, at):  # type: ignore[no-untyped-def]
    """Of SLACK bytes, how many are line ends, and beyond them (bit 32) whether one is no ASCII."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        found = _loaded(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        lines = builder.ctpop(_bits(builder, builder.icmp_unsigned("==", found, _each(10))))  # type: ignore[no-untyped-call]
        high = _bits(builder, builder.icmp_unsigned(">", found, _each(127)))  # type: ignore[no-untyped-call]
        other = builder.zext(builder.icmp_unsigned("!=", high, ir.Constant(_BITS, 0)), _BITS)
        return builder.or_(lines, builder.shl(other, ir.Constant(_BITS, 32)))

    return types.int64(data, types.int64), codegen


@njit(inline="always")
def same(data, at, other, first, size):  # type: ignore[no-untyped-def]
    """Whether ``size`` bytes are the same in two places."""
    k = 0
    while k < size:
        found = alike(data, at + k, other, first + k)  # type: ignore[call-arg, var-annotated]
        if found < SLACK:
            return k + found >= size
        k += SLACK
    return True


@njit(cache=True, nogil=True)
def counted(data, size):  # type: ignore[no-untyped-def]
    """(line ends, whether all of it is ASCII) of ``data[:size]``."""
    lines, other, at = 0, 0, 0
    while at + SLACK <= size:
        found = seen(data, at)  # type: ignore[call-arg, var-annotated]
        lines += found & 63
        other |= found >> 32
        at += SLACK
    for k in range(at, size):
        lines += data[k] == 10
        other |= data[k] > 127
    return lines, other == 0
