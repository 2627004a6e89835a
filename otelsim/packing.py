"""Many integer tables in one int64 array, so that a kernel takes one argument.

(A tuple of arrays costs numba a reference count for every member at every call: the same kernels were ten times slower
and took six times as long to compile.) The array starts with the first position of each table, by the table's number.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numba import njit

from otelsim.draws import Int64s


def pack(names: Sequence[str], tables: Mapping[str, object]) -> Int64s:
    """The tables, in the order of ``names``; each is an integer or an array of any shape, flattened."""
    if set(names) != set(tables):
        raise ValueError(f"tables and names differ: {set(names) ^ set(tables)}")
    flat = [np.asarray(tables[name]).astype(np.int64).ravel() for name in names]
    first = np.cumsum([len(names), *map(len, flat)])[:-1]
    return np.concatenate([first, *flat])


@njit(inline="always")
def get(t, table, i):  # type: ignore[no-untyped-def]
    """Entry ``i`` of a table."""
    return t[t[table] + i]


@njit(inline="always")
def look(t, first, word):  # type: ignore[no-untyped-def]
    """The value at ``word`` / 2**32 of the quantile table whose 1025 entries begin at t[first], interpolated."""
    i, f = first + (word >> 22), word & 0x3FFFFF
    low = t[i]
    return low + ((t[i + 1] - low) * f >> 22)


@njit(inline="always")
def choose(t, first, count, word):  # type: ignore[no-untyped-def]
    """The first i in 0..count-1 with ``word < t[first + i]``: a weighted choice (see `draws.cumulative`)."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) >> 1
        if word < t[first + middle]:
            high = middle
        else:
            low = middle + 1
    return low
