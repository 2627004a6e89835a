"""Requests filled with spans or log records."""

from numba import njit

from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import DAY_US, close_group, open_group
from otelsim.wire.otlp.logs import put_log
from otelsim.wire.otlp.spans import put_client_span, put_span

SPANS, SPANS_BELOW_CLIENTS, CLIENT_SPANS, LOGS = range(4)
"""What a request is filled with; the second are spans whose parents are CLIENT spans."""


@njit
def _put_record(out, at, tables, what, c, i):  # type: ignore[no-untyped-def]
    if what == LOGS:
        return put_log(out, at, tables, c, i)
    if what == CLIENT_SPANS:
        return put_client_span(out, at, tables, c, i)
    return put_span(out, at, tables, what == SPANS_BELOW_CLIENTS, c, i)


@njit(cache=True, nogil=True)
def put_records(out, tables, what, c, order, first):  # type: ignore[no-untyped-def]
    """Fill a request with records of order[first:], of one day, as long as there is surely room, but with one at least.

    ``order`` is sorted by day, then resource: the call's release, or its caller's for CLIENT_SPANS. ``out`` has
    ROOM_BEHIND bytes behind its last RECORD_BOUND. Returns (next, size).
    """
    t, pool = tables
    column = o.CALLER if what == CLIENT_SPANS else o.RELEASE
    at, room, day = 0, len(out) - get(t, lay.RECORD_BOUND, 0), c[o.START_US, order[first]] // DAY_US
    more = True
    while more:
        group, release = at, c[column, order[first]]
        at = open_group(out, at, t, pool, release)
        same = True
        while same:
            at = _put_record(out, at, tables, what, c, order[first])
            first += 1
            more = first < len(order) and at <= room and c[o.START_US, order[first]] // DAY_US == day
            same = more and c[column, order[first]] == release
        at = close_group(out, group, at, t, pool, release)
    return first, at
