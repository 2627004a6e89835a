"""What spans and log records share: ids, times and the documented attributes."""

import numpy as np
from numba import njit

from otelsim.draws import keyed
from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.fragments import put, put_hex, put_padded
from otelsim.wire.memory import store_reversed
from otelsim.wire.otlp import layout as lay
from otelsim.wire.protobuf import store

CLIENT_BIT = np.uint64(1 << 63)
"""What tells the id of a caller's span from that of the call."""


@njit
def put_trace_id(out, at, first_byte, t, number):  # type: ignore[no-untyped-def]
    """A trace id's field: 16 bytes, the highest first."""
    out[at] = first_byte
    out[at + 1] = 16
    store_reversed(out, at + 2, keyed(number, get(t, lay.TRACE_HIGH_KEY, 0)))  # type: ignore[call-arg]
    store_reversed(out, at + 10, keyed(number, get(t, lay.TRACE_LOW_KEY, 0)))
    return at + 18


@njit
def put_span_id(out, at, first_byte, t, call):  # type: ignore[no-untyped-def]
    """A span id's field; ``call`` is number << 10 | node."""
    out[at] = first_byte
    out[at + 1] = 8
    store_reversed(out, at + 2, keyed(call, get(t, lay.SPAN_KEY, 0)))  # type: ignore[call-arg]
    return at + 10


@njit
def put_time(out, at, first_byte, us):  # type: ignore[no-untyped-def]
    """A time's field, in nanoseconds."""
    out[at] = first_byte
    store(out, at + 1, np.uint64(us * 1_000))  # type: ignore[call-arg]
    return at + 9


@njit
def end_us(c, i):  # type: ignore[no-untyped-def]
    """When a call ended."""
    return c[o.START_US, i] + 10 * c[o.DURATION, i]


@njit
def put_user(out, at, t, pool, user):  # type: ignore[no-untyped-def]
    """``user_id``."""
    at = put(out, at, t, pool, lay.USERS, 0)
    return put_padded(out, at, user, get(t, lay.USER_DIGITS, 0))


@njit
def put_request(out, at, t, pool, call):  # type: ignore[no-untyped-def]
    """``request_id``."""
    at = put(out, at, t, pool, lay.REQUESTS, 0)
    return put_hex(out, at, keyed(call, get(t, lay.REQUEST_KEY, 0)))


@njit
def is_named(t, kind, object_id):  # type: ignore[no-untyped-def]
    """Whether an object's id is one of its type's names."""
    return get(t, lay.NAMED_TYPE, kind) != 0 and object_id >= 0


@njit
def _put_object(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    kind, object_id = c[o.OBJECT_TYPE, i], c[o.OBJECT_ID, i]
    if kind < 0:
        return at
    if is_named(t, kind, object_id):
        return put(out, at, t, pool, lay.NAMED, get(t, lay.NAME_FIRST, kind) + object_id)
    at = put(out, at, t, pool, lay.OBJECT, kind)
    return put_hex(out, at, object_id)


@njit
def _put_failure(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    if c[o.SOURCE, i] != o.DEPENDENCY:
        return put(out, at, t, pool, lay.FAILURE, c[o.ERROR, i])
    at = put(out, at, t, pool, lay.CASCADE, c[o.UPSTREAM_SERVICE, i] * get(t, lay.KINDS, 0) + c[o.ERROR, i])
    at = put(out, at, t, pool, lay.UPSTREAM, 0)
    return put_hex(out, at, keyed(c[o.NUMBER, i] << 10 | c[o.UPSTREAM, i], get(t, lay.REQUEST_KEY, 0)))


@njit
def put_common(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The documented attributes from ``user_id`` on."""
    at = put_user(out, at, t, pool, c[o.USER, i])
    at = put_request(out, at, t, pool, c[o.NUMBER, i] << 10 | c[o.NODE, i])
    at = put(out, at, t, pool, lay.PERSONA, c[o.PERSONA, i])
    at = _put_object(out, at, t, pool, c, i)
    if c[o.TARGET, i] >= 0:
        at = put(out, at, t, pool, lay.TARGETS, 0)
        at = put_padded(out, at, c[o.TARGET, i], get(t, lay.USER_DIGITS, 0))
    return _put_failure(out, at, t, pool, c, i) if c[o.SOURCE, i] else at
