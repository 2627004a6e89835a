"""Gauge points, four or five a call: the metrics of a resource one after the other.

All sizes are known before anything is written: lengths come first on the wire.
"""

import numpy as np
from numba import njit

from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.fragments import put
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import DAY_US, group_end, group_header, text_size
from otelsim.wire.otlp.records import put_span_id, put_time, put_trace_id
from otelsim.wire.protobuf import delimited_size, put_length, store

_COLUMNS = (o.DURATION, o.REQUEST_SIZE, o.RESPONSE_SIZE, o.QUERY_COUNT, o.CACHE)
"""Where the metrics' values are, in the order of `names.METRICS`."""
_BARE_POINT, _BARE_EXEMPLAR = 18, 46
"""Bytes of a point's time and value; of an exemplar's time, value and ids."""


@njit
def _attributes_size(t, c, i):  # type: ignore[no-untyped-def]
    size = text_size(t, lay.POINT, c[o.OP, i] * 2 + (c[o.SOURCE, i] == 0))
    size += text_size(t, lay.POINT_OBJECT, c[o.OBJECT_TYPE, i] + 1)
    return size + text_size(t, lay.POINT_PERSONA, c[o.PERSONA, i])


@njit
def exemplar_size(t, filtered, persona):  # type: ignore[no-untyped-def]
    """Bytes of an exemplar whose filtered attributes stand in table ``filtered``."""
    return _BARE_EXEMPLAR + text_size(t, filtered, persona)


@njit
def _point_size(t, c, i, metric):  # type: ignore[no-untyped-def]
    """Bytes of a metric's point, or -1 where the call has none."""
    size = _BARE_POINT + _attributes_size(t, c, i)
    if metric == 0 and c[o.EXEMPLAR, i]:
        return size + delimited_size(exemplar_size(t, lay.POINT_FILTERED, c[o.PERSONA, i]))
    return -1 if metric == 4 and c[o.CACHE, i] < 0 else size


@njit
def put_exemplar(out, at, t, pool, first_byte, call):  # type: ignore[no-untyped-def]
    """An exemplar; ``call`` is (number, node, start in us, persona, table of filtered attributes, value)."""
    number, node, start_us, persona, filtered, value = call
    at = put_length(out, at, first_byte, exemplar_size(t, filtered, persona))
    at = put_time(out, at, f.EXEMPLAR_TIME_TAG, start_us)
    out[at] = f.EXEMPLAR_DOUBLE_TAG
    store(out, at + 1, value)  # type: ignore[call-arg]
    at = put_span_id(out, at + 9, f.EXEMPLAR_SPAN_TAG, t, np.uint64(number << 10 | node))
    at = put_trace_id(out, at, f.EXEMPLAR_TRACE_TAG, t, number)
    return put(out, at, t, pool, filtered, persona)


@njit
def _put_duration(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The value of request_duration_ms and its exemplar."""
    value = c[o.DURATION, i] / 100.0
    out[at] = f.POINT_DOUBLE_TAG
    store(out, at + 1, value)  # type: ignore[call-arg]
    if c[o.EXEMPLAR, i] == 0:
        return at + 9
    call = (c[o.NUMBER, i], c[o.NODE, i], c[o.START_US, i], c[o.PERSONA, i], lay.POINT_FILTERED, value)
    return put_exemplar(out, at + 9, t, pool, f.POINT_EXEMPLAR_TAG, call)


@njit
def _put_point(out, at, t, pool, c, place):  # type: ignore[no-untyped-def]
    """A point; ``place`` is (row, metric)."""
    i, metric = place
    at = put_length(out, at, f.DATA_POINT_TAG, _point_size(t, c, i, metric))
    at = put_time(out, at, f.POINT_TIME_TAG, c[o.START_US, i])
    if metric == 0:
        at = _put_duration(out, at, t, pool, c, i)
    else:
        out[at] = f.POINT_INT_TAG
        store(out, at + 1, np.uint64(c[_COLUMNS[metric], i]))  # type: ignore[call-arg]
        at += 9
    at = put(out, at, t, pool, lay.POINT, c[o.OP, i] * 2 + (c[o.SOURCE, i] == 0))
    at = put(out, at, t, pool, lay.POINT_OBJECT, c[o.OBJECT_TYPE, i] + 1)
    return put(out, at, t, pool, lay.POINT_PERSONA, c[o.PERSONA, i])


@njit
def _add_sizes(sizes, t, c, i):  # type: ignore[no-untyped-def]
    """Add the points of a call to the metrics' sizes; returns how many bytes."""
    more = 0
    for metric in range(5):
        size = _point_size(t, c, i, metric)
        if size >= 0:
            size = delimited_size(size)
            sizes[metric] += size
            more += size
    return more


@njit
def _metric_size(t, metric, points_size):  # type: ignore[no-untyped-def]
    return text_size(t, lay.METRIC, metric) + delimited_size(points_size)


@njit
def _put_group(out, at, tables, c, rows, sizes):  # type: ignore[no-untyped-def]
    """A resource with its metrics."""
    t, pool = tables
    whole = 0
    for metric in range(5):
        if sizes[metric]:
            whole += delimited_size(_metric_size(t, metric, sizes[metric]))
    at = group_header(out, at, t, pool, c[o.RELEASE, rows[0]], whole)
    for metric in range(5):
        if sizes[metric]:
            at = put_length(out, at, f.RECORD_TAG, _metric_size(t, metric, sizes[metric]))
            at = put(out, at, t, pool, lay.METRIC, metric)
            at = put_length(out, at, f.GAUGE_TAG, sizes[metric])
            for k in range(len(rows)):
                if metric < 4 or c[o.CACHE, rows[k]] >= 0:
                    at = _put_point(out, at, t, pool, c, (rows[k], metric))
    return group_end(out, at, t, pool)


@njit(cache=True, nogil=True)
def put_gauges(out, tables, c, order, first):  # type: ignore[no-untyped-def]
    """Fill a request with the points of order[first:], of one day; as `requests.put_records`."""
    t, _ = tables
    at, room, day = 0, len(out) - get(t, lay.RECORD_BOUND, 0), c[o.START_US, order[first]] // DAY_US
    sizes = np.zeros(5, np.int64)
    more = True
    while more:
        begin, release, taken, same = first, c[o.RELEASE, order[first]], 0, True
        sizes[:] = 0
        while same:
            taken += _add_sizes(sizes, t, c, order[first])
            first += 1
            more = first < len(order) and at + taken <= room and c[o.START_US, order[first]] // DAY_US == day
            same = more and c[o.RELEASE, order[first]] == release
        at = _put_group(out, at, tables, c, order[begin:first], sizes)
        more = more and at <= room
    return first, at
