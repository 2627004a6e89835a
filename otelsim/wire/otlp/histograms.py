"""Histogram points (see `signals.points`): explicit or exponential, of a resource's HTTP and RPC histogram."""

import numpy as np
from numba import njit

from otelsim.packing import get
from otelsim.signals import points as p
from otelsim.wire.fragments import put
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.gauges import exemplar_size, put_exemplar
from otelsim.wire.otlp.groups import group_end, group_header, text_size
from otelsim.wire.protobuf import delimited_size, put_length, put_varint, put_word, size_of, store

DAY_MS = 86_400_000
_UNIT = 100_000.0
"""Durations are in 10 us; divided, not multiplied: the nearest double."""
_PERSONA, _EXEMPLAR_WIDTH = len(p.EXEMPLAR) - 1, len(p.EXEMPLAR)
_TEMPORALITY_SIZE = 2


@njit
def _kept(row):  # type: ignore[no-untyped-def]
    return min(row[p.EXEMPLAR_COUNT], p.EXEMPLARS)


@njit
def _exemplar(row, k):  # type: ignore[no-untyped-def]
    """Where the k-th exemplar stands, in the order of their calls."""
    oldest = row[p.EXEMPLAR_COUNT] if row[p.EXEMPLAR_COUNT] > p.EXEMPLARS else 0
    return p.FIRST_EXEMPLAR + (oldest + k) % p.EXEMPLARS * _EXEMPLAR_WIDTH


@njit
def _exemplars_size(t, row):  # type: ignore[no-untyped-def]
    size = 0
    for k in range(_kept(row)):
        size += delimited_size(exemplar_size(t, lay.HISTOGRAM_FILTERED, row[_exemplar(row, k) + _PERSONA]))
    return size


@njit
def _filled(row):  # type: ignore[no-untyped-def]
    """The first bucket that is not empty, and the one after the last; equal where all are."""
    first, end = p.WIDTH, len(row)
    while first < end and row[first] == 0:
        first += 1
    while end > first and row[end - 1] == 0:
        end -= 1
    return first, end


@njit
def _zigzag(value):  # type: ignore[no-untyped-def]
    return value * 2 if value >= 0 else -value * 2 - 1


@njit
def _positive_sizes(row):  # type: ignore[no-untyped-def]
    """Bytes of the positive buckets' message and of the counts in it; 0 where all are empty."""
    first, end = _filled(row)
    if first == end:
        return 0, 0
    counts = 0
    for k in range(first, end):
        counts += size_of(row[k])
    offset = _zigzag(first - p.WIDTH + p.LEAST_INDEX)
    return (1 + size_of(offset) if offset else 0) + delimited_size(counts), counts


@njit
def _point_size(t, row, explicit):  # type: ignore[no-untyped-def]
    """Bytes of a point."""
    size = 27 + (27 if row[p.COUNT] else 0)  # start, time, sum; count, min, max
    size += text_size(t, lay.SET, row[p.SET]) + text_size(t, lay.BOUNDS, 0) + _exemplars_size(t, row)
    if explicit:
        return size + delimited_size(8 * (len(row) - p.WIDTH))
    positive, _ = _positive_sizes(row)
    return size + (delimited_size(positive) if positive else 0)


@njit
def _put_times_and_sum(out, at, row):  # type: ignore[no-untyped-def]
    at = put_word(out, at, f.START_TAG, np.uint64(row[p.START_MS] * 1_000_000))
    at = put_word(out, at, f.TIME_TAG, np.uint64(row[p.TIME_MS] * 1_000_000))
    if row[p.COUNT]:
        at = put_word(out, at, f.COUNT_TAG, np.uint64(row[p.COUNT]))
    return put_word(out, at, f.SUM_TAG, row[p.SUM] / _UNIT)


@njit
def _put_exemplars(out, at, t, pool, first_byte, row):  # type: ignore[no-untyped-def]
    for k in range(_kept(row)):
        e = _exemplar(row, k)
        call = (row[e], row[e + 1], row[e + 2], row[e + _PERSONA], lay.HISTOGRAM_FILTERED, row[e + 3] / _UNIT)
        at = put_exemplar(out, at, t, pool, first_byte, call)
    return at


@njit
def _put_extremes(out, at, row, least_byte, most_byte):  # type: ignore[no-untyped-def]
    if row[p.COUNT] == 0:
        return at
    at = put_word(out, at, least_byte, row[p.LEAST] / _UNIT)
    return put_word(out, at, most_byte, row[p.MOST] / _UNIT)


@njit
def _put_explicit(out, at, t, pool, row):  # type: ignore[no-untyped-def]
    at = _put_times_and_sum(out, at, row)
    at = put_length(out, at, f.BUCKETS_TAG, 8 * (len(row) - p.WIDTH))
    for k in range(p.WIDTH, len(row)):
        store(out, at, np.uint64(row[k]))  # type: ignore[call-arg]
        at += 8
    at = put(out, at, t, pool, lay.BOUNDS, 0)
    at = _put_exemplars(out, at, t, pool, f.HISTOGRAM_EXEMPLAR_TAG, row)
    at = put(out, at, t, pool, lay.SET, row[p.SET])
    return _put_extremes(out, at, row, f.HISTOGRAM_MIN_TAG, f.HISTOGRAM_MAX_TAG)


@njit
def _put_positive(out, at, row):  # type: ignore[no-untyped-def]
    size, counts = _positive_sizes(row)
    if size == 0:
        return at
    first, end = _filled(row)
    at = put_length(out, at, f.POSITIVE_TAG, size)
    offset = _zigzag(first - p.WIDTH + p.LEAST_INDEX)
    if offset:
        at = put_length(out, at, f.OFFSET_TAG, offset)
    at = put_length(out, at, f.EXPONENTIAL_COUNTS_TAG, counts)
    for k in range(first, end):
        at = put_varint(out, at, row[k])
    return at


@njit
def _put_exponential(out, at, t, pool, row):  # type: ignore[no-untyped-def]
    at = put(out, at, t, pool, lay.SET, row[p.SET])
    at = _put_times_and_sum(out, at, row)
    at = put(out, at, t, pool, lay.BOUNDS, 0)
    at = _put_positive(out, at, row)
    at = _put_exemplars(out, at, t, pool, f.EXPONENTIAL_EXEMPLAR_TAG, row)
    return _put_extremes(out, at, row, f.EXPONENTIAL_MIN_TAG, f.EXPONENTIAL_MAX_TAG)


@njit
def _put_metric(out, at, tables, rows, kind, size):  # type: ignore[no-untyped-def]
    """A histogram's points, of ``size`` bytes; ``kind`` is twice 0 (HTTP) or 1 (RPC), and 1 more for explicit ones."""
    t, pool = tables
    metric, explicit = kind >> 1, (kind & 1) == 1
    data = size + _TEMPORALITY_SIZE
    at = put_length(out, at, f.RECORD_TAG, text_size(t, lay.HISTOGRAM, metric) + delimited_size(data))
    at = put(out, at, t, pool, lay.HISTOGRAM, metric)
    at = put_length(out, at, f.HISTOGRAM_TAG if explicit else f.EXPONENTIAL_TAG, data)
    for k in range(len(rows)):
        row = rows[k]
        at = put_length(out, at, f.DATA_POINT_TAG, _point_size(t, row, explicit))
        at = _put_explicit(out, at, t, pool, row) if explicit else _put_exponential(out, at, t, pool, row)
    return put_length(out, at, f.TEMPORALITY_TAG, get(t, lay.TEMPORALITY, 0))


@njit
def _put_group(out, at, tables, rows, http, explicit):  # type: ignore[no-untyped-def]
    """A resource with one or both histograms; the first ``http`` rows are the HTTP histogram's."""
    t, pool = tables
    sizes, kind = np.zeros(2, np.int64), 1 if explicit else 0
    for k in range(len(rows)):
        sizes[1 if k >= http else 0] += delimited_size(_point_size(t, rows[k], explicit))
    whole = 0
    for metric in range(2):
        if sizes[metric]:
            data = delimited_size(sizes[metric] + _TEMPORALITY_SIZE)
            whole += delimited_size(text_size(t, lay.HISTOGRAM, metric) + data)
    at = group_header(out, at, t, pool, rows[0, p.RELEASE], whole)
    if sizes[0]:
        at = _put_metric(out, at, tables, rows[:http], kind, sizes[0])
    if sizes[1]:
        at = _put_metric(out, at, tables, rows[http:], kind + 2, sizes[1])
    return group_end(out, at, t, pool)


@njit(cache=True, nogil=True)
def put_histograms(out, tables, rows, first, kind):  # type: ignore[no-untyped-def]
    """Fill a request with the points rows[first:] (int64[n, width]), sorted by day, resource, set and time.

    ``kind`` is (number of HTTP sets, whether explicit); otherwise as `requests.put_records`.
    """
    t, _ = tables
    at, room, day = 0, len(out) - get(t, lay.RECORD_BOUND, 0), rows[first, p.TIME_MS] // DAY_MS
    more = True
    while more:
        begin, release, taken, http, same = first, rows[first, p.RELEASE], 0, 0, True
        while same:
            taken += delimited_size(_point_size(t, rows[first], kind[1]))
            http += 1 if rows[first, p.SET] < kind[0] else 0
            first += 1
            more = first < len(rows) and at + taken <= room and rows[first, p.TIME_MS] // DAY_MS == day
            same = more and rows[first, p.RELEASE] == release
        at = _put_group(out, at, tables, rows[begin:first], http, kind[1])
        more = more and at <= room
    return first, at
