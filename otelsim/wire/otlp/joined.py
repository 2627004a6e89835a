"""Requests of records whose contents are made already: of lines that were read, whose texts no table holds.

``contents`` are (pool, starts, sizes): record i is pool[starts[i]:][:sizes[i]], uint8[] and int64[records]. ``tables``
are those of `tables.group_tables`, and their pool. ``columns`` are (bytes of each record, its day, its resource),
int64[records] each.
"""

import numpy as np
from numba import njit

from otelsim.wire.memory import copy
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import group_end, group_header, text_size
from otelsim.wire.protobuf import delimited_size, put_length

_AROUND_GROUP, _AROUND_METRIC = 64, 24
"""More than the tags and lengths around a resource's records, beside its texts; around a metric's points."""
AROUND = 1_024
"""More than what stands around a record, beside its resource and its metric's text."""


@njit
def _put_record(out, at, first_byte, contents, i):  # type: ignore[no-untyped-def]
    pool, starts, sizes = contents
    at = put_length(out, at, first_byte, sizes[i])
    copy(out, at, pool, starts[i], sizes[i])  # type: ignore[call-arg]
    return at + sizes[i]


@njit
def _around(t, resource):  # type: ignore[no-untyped-def]
    """More than what stands around the records of a resource."""
    return (
        _AROUND_GROUP
        + text_size(t, lay.RESOURCE, resource)
        + text_size(t, lay.SCOPE, 0)
        + 2 * text_size(t, lay.SCHEMA, 0)
    )


@njit
def _end_of_group(t, columns, rows, first, room):  # type: ignore[no-untyped-def]
    """(end, bytes) of the records rows[first:end] of one resource and day that fit into ``room``: one at least."""
    whole, days, resources = columns
    begin, day, resource = first, days[rows[first]], resources[rows[first]]
    taken, left = 0, room - _around(t, resource)
    while first < len(rows) and days[rows[first]] == day and resources[rows[first]] == resource:
        size = delimited_size(whole[rows[first]])
        if first > begin and taken + size > left:
            break
        taken += size
        first += 1
    return first, taken


@njit
def _fits(t, columns, rows, first, room):  # type: ignore[no-untyped-def]
    """Whether there is room for a group that begins with rows[first]."""
    whole, _, resources = columns
    return _around(t, resources[rows[first]]) + _AROUND_METRIC * 5 + delimited_size(whole[rows[first]]) <= room


@njit(cache=True, nogil=True)
def put_joined(out, tables, contents, columns, rows, first):  # type: ignore[no-untyped-def]
    """Fill a request with spans or log records rows[first:], of one day, as many as fit, but with one at least.

    ``rows`` are sorted by day, then resource. ``out`` has room for any one record with its resource, and ROOM_BEHIND.
    Returns (next, size).
    """
    t, pool = tables
    _, days, resources = columns
    at, day = 0, days[rows[first]]
    more = True
    while more:
        begin = first
        first, taken = _end_of_group(t, columns, rows, first, len(out) - at)
        at = group_header(out, at, t, pool, resources[rows[begin]], taken)
        for k in range(begin, first):
            at = _put_record(out, at, f.RECORD_TAG, contents, rows[k])
        at = group_end(out, at, t, pool)
        more = first < len(rows) and days[rows[first]] == day and _fits(t, columns, rows, first, len(out) - at)
    return first, at


@njit
def _metric_size(texts, metric, points_size):  # type: ignore[no-untyped-def]
    starts, _ = texts
    return starts[metric + 1] - starts[metric] + delimited_size(points_size)


@njit
def _put_metric(out, at, texts, metric, points_size):  # type: ignore[no-untyped-def]
    """A metric up to its first point."""
    starts, pool = texts
    size = starts[metric + 1] - starts[metric]
    at = put_length(out, at, f.RECORD_TAG, _metric_size(texts, metric, points_size))
    copy(out, at, pool, starts[metric], size)  # type: ignore[call-arg]
    return put_length(out, at + size, f.GAUGE_TAG, points_size)


@njit
def _put_points(out, at, tables, texts, group):  # type: ignore[no-untyped-def]
    """The points of a resource; ``group`` is (contents, columns, metrics, their rows)."""
    t, pool = tables
    contents, (whole, _, resources), metrics, rows = group
    sizes = np.zeros(len(texts[0]) - 1, np.int64)
    for i in rows:
        sizes[metrics[i]] += delimited_size(whole[i])
    records = 0
    for metric in range(len(sizes)):
        if sizes[metric]:
            records += delimited_size(_metric_size(texts, metric, sizes[metric]))
    at = group_header(out, at, t, pool, resources[rows[0]], records)
    before = -1
    for i in rows:
        if metrics[i] != before:
            before = metrics[i]
            at = _put_metric(out, at, texts, before, sizes[before])
        at = _put_record(out, at, f.DATA_POINT_TAG, contents, i)
    return group_end(out, at, t, pool)


@njit(cache=True, nogil=True)
def put_joined_points(out, tables, texts, points, first):  # type: ignore[no-untyped-def]
    """The same for gauge points; ``points`` is (contents, columns, metrics, rows sorted by day, resource, metric).

    ``texts`` are (starts, pool) of the metrics' names and descriptions; ``metrics`` int64[records] their numbers.
    """
    t, _ = tables
    contents, columns, metrics, rows = points
    around = _AROUND_METRIC * (len(texts[0]) - 1) + texts[0][len(texts[0]) - 1]
    days, at, day = columns[1], 0, columns[1][rows[first]]
    more = True
    while more:
        begin = first
        first, _ = _end_of_group(t, columns, rows, first, len(out) - at - around)
        at = _put_points(out, at, tables, texts, (contents, columns, metrics, rows[begin:first]))
        more = first < len(rows) and days[rows[first]] == day and _fits(t, columns, rows, first, len(out) - at - around)
    return first, at
