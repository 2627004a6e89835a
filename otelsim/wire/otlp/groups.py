"""Resources in a request: each with its scope and its records, under two lengths that are known at the end.

``order`` holds rows sorted by day, then resource, then time. A request holds as many of them, of one day, as fit.
"""

import numpy as np
from numba import njit

from otelsim.draws import Int64s
from otelsim.wire.fragments import put
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.protobuf import move, put_length, put_varint, size_of

DAY_US = 86_400_000_000
_WIDTH = 3
"""Bytes that a resource's two lengths are expected to take: 16 KiB to 2 MiB."""


@njit
def text_size(t, table, i):  # type: ignore[no-untyped-def]
    """Bytes of text ``i`` of a table."""
    where = t[table] + i
    return t[where + 1] - t[where]


@njit
def open_group(out, at, t, pool, release):  # type: ignore[no-untyped-def]
    """A resource up to its first record; the lengths are left free."""
    out[at] = f.GROUP_TAG
    at = put(out, at + 1 + _WIDTH, t, pool, lay.RESOURCE, release)
    out[at] = f.SCOPES_TAG
    return put(out, at + 1 + _WIDTH, t, pool, lay.SCOPE, 0)


@njit
def close_group(out, group, end, t, pool, release):  # type: ignore[no-untyped-def]
    """What follows the last record, and the lengths of the group that begins at ``group``; returns the group's end."""
    end = put(out, end, t, pool, lay.SCHEMA, 0)
    resource, schema = text_size(t, lay.RESOURCE, release), text_size(t, lay.SCHEMA, 0)
    scopes = group + 1 + _WIDTH + resource
    scopes_size = end - scopes - 1 - _WIDTH
    wider = size_of(scopes_size) - _WIDTH
    whole_size = resource + 1 + _WIDTH + wider + scopes_size + schema
    widest = size_of(whole_size) - _WIDTH
    if wider or widest:
        _make_fit(out, (group, scopes, end), widest, wider)
    put_varint(out, group + 1, whole_size)
    put_varint(out, scopes + widest + 1, scopes_size)
    return put(out, end + wider + widest, t, pool, lay.SCHEMA, 0)


@njit
def _make_fit(out, places, widest, wider):  # type: ignore[no-untyped-def]
    """Move resource and scopes as far as their lengths' widths ask for: the far one first where they grow."""
    group, scopes, end = places
    first = group + 1 + _WIDTH
    content = scopes + 1 + _WIDTH
    if widest + wider > 0:
        move(out, content + widest + wider, content, end - content)  # type: ignore[call-arg]
    if widest:
        move(out, first + widest, first, scopes + 1 - first)  # type: ignore[call-arg]
    if widest + wider < 0:
        move(out, content + widest + wider, content, end - content)  # type: ignore[call-arg]


@njit
def group_header(out, at, t, pool, release, records_size):  # type: ignore[no-untyped-def]
    """A resource up to its first record, where the records' size is known; `group_end` follows them."""
    resource, schema = text_size(t, lay.RESOURCE, release), text_size(t, lay.SCHEMA, 0)
    scopes = text_size(t, lay.SCOPE, 0) + records_size + schema
    at = put_length(out, at, f.GROUP_TAG, resource + 1 + size_of(scopes) + scopes + schema)
    at = put(out, at, t, pool, lay.RESOURCE, release)
    at = put_length(out, at, f.SCOPES_TAG, scopes)
    return put(out, at, t, pool, lay.SCOPE, 0)


@njit
def group_end(out, at, t, pool):  # type: ignore[no-untyped-def]
    """The scope's and the resource's schema."""
    return put(out, put(out, at, t, pool, lay.SCHEMA, 0), t, pool, lay.SCHEMA, 0)


@njit(cache=True, nogil=True)
def sort_rows(days, resources, order, counts):  # type: ignore[no-untyped-def]
    """``order`` (int64[n], in time order) sorted by day, then resource, else kept; ``counts`` is zeros[resources + 1].

    ``days`` and ``resources`` are columns (int64) that the rows of ``order`` index; days ascend along it.
    """
    out = np.empty_like(order)
    first = 0
    while first < len(order):
        day, end = days[order[first]] // DAY_US, first
        counts[:] = 0
        while end < len(order) and days[order[end]] // DAY_US == day:
            counts[resources[order[end]] + 1] += 1
            end += 1
        for r in range(1, len(counts)):
            counts[r] += counts[r - 1]
        for k in range(first, end):
            r = resources[order[k]]
            out[first + counts[r]] = order[k]
            counts[r] += 1
        first = end
    return out


def by_day_and_resource(days: Int64s, resources: Int64s, order: Int64s, count: int) -> Int64s:
    """`sort_rows` for resources 0..count-1."""
    sorted_rows: Int64s = sort_rows(days, resources, order, np.zeros(count + 1, np.int64))
    return sorted_rows


@njit(cache=True, nogil=True)
def first_met(codes, count):  # type: ignore[no-untyped-def]
    """(codes numbered anew in the order in which they are met, that order); ``codes`` below 0 become 0."""
    numbers, order = np.full(count, -1), np.empty(count, np.int64)
    out, met = np.zeros(len(codes), np.int64), 0
    for i in range(len(codes)):
        code = codes[i]
        if code >= 0:
            if numbers[code] < 0:
                numbers[code], order[met] = met, code
                met += 1
            out[i] = numbers[code]
    return out, order[:met]
