"""Requests filled with spans or log records."""

from numba import njit

from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import DAY_US, close_group, open_group
from otelsim.wire.otlp.logs import put_log
from otelsim.wire.otlp.spans import put_client_span, put_span

SPANS, CLIENT_SPANS, LOGS = range(3)
"""What a request is filled with."""


@njit(cache=True, nogil=True)
def put_records(out, tables, what, c, order, first):  # type: ignore[no-untyped-def]
    """Fill a request with records of order[first:], of one day, as long as there is surely room, but with one at least.

    ``tables`` are those of the records, and the pool.
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
            i = order[first]
            if what == LOGS:
                at = put_log(out, at, t, pool, c, i)
            elif what == SPANS:
                at = put_span(out, at, t, pool, c, i)
            else:
                at = put_client_span(out, at, t, pool, c, i)
            first += 1
            more = first < len(order) and at <= room and c[o.START_US, order[first]] // DAY_US == day
            same = more and c[column, order[first]] == release
        at = close_group(out, group, at, t, pool, release)
    return first, at
