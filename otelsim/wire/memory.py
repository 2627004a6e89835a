"""Wide copies for kernels: what a byte loop becomes when it may write a little past its end.

numba checks every index for a negative one, which keeps the compiler from making copies of loops; the same lines were
eight times slower. The caller leaves SLACK bytes behind whatever is read or written.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from otelsim import compiled as compiled

SLACK = 32
"""Bytes that a copy may touch behind its end."""


def address(context, builder, array_type, array, at):  # type: ignore[no-untyped-def]
    """Where an array's byte ``at`` stands, for intrinsics."""
    proxy = context.make_array(array_type)(context, builder, array)
    return builder.gep(proxy.data, [at])


@intrinsic
def copy(typing, out, at, source, first, size):  # type: ignore[no-untyped-def]
    """``out[at:at+size] = source[first:first+size]`` in steps of 32 bytes; int64 positions, uint8 arrays."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        to = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        origin = address(context, builder, signature.args[2], args[2], args[3])  # type: ignore[no-untyped-call]
        step = ir.Constant(args[4].type, SLACK)
        wide = ir.VectorType(ir.IntType(8), SLACK).as_pointer()
        with cgutils.for_range_slice(builder, ir.Constant(args[4].type, 0), args[4], step, inc=True) as (index, _):
            data = builder.load(builder.bitcast(builder.gep(origin, [index]), wide), align=1)
            builder.store(data, builder.bitcast(builder.gep(to, [index]), wide), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, source, types.int64, types.int64), codegen


@intrinsic
def store_reversed(typing, out, at, word):  # type: ignore[no-untyped-def]
    """Write a uint64 as eight bytes, the highest first."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        to = address(context, builder, signature.args[0], args[0], args[1])  # type: ignore[no-untyped-call]
        swapped = builder.bswap(args[2])
        builder.store(swapped, builder.bitcast(to, swapped.type.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, types.uint64), codegen
