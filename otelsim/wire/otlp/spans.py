"""Spans: of kind SERVER one a call, and of kind CLIENT one a child where they are asked for."""

import numpy as np
from numba import njit

from otelsim.draws import keyed
from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.fragments import put, put_hex, put_padded
from otelsim.wire.memory import copy
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import text_size
from otelsim.wire.otlp.records import (
    CLIENT_BIT,
    end_us,
    is_named,
    put_common,
    put_request,
    put_span_id,
    put_time,
    put_trace_id,
    put_user,
)
from otelsim.wire.protobuf import HEAD, close, delimited_size, put_length

_FLAGS_OF_16 = 0x85
"""The tag of field 16 (fixed32): 0x85 0x01."""
AROUND_US = 5
"""How much longer a caller waits than its child works, at each end; between the two there are at least 10 us."""


@njit
def put_flags(out, at, remote):  # type: ignore[no-untyped-def]
    """Span.flags: that it is known whether the parent is remote (0x100), and whether it is (0x200)."""
    out[at] = _FLAGS_OF_16
    out[at + 1] = 1
    out[at + 2] = 0
    out[at + 3] = 3 if remote else 1
    out[at + 4] = 0
    out[at + 5] = 0
    return at + 6


@njit
def put_status(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """Span.status."""
    if c[o.SOURCE, i] == o.DEPENDENCY:
        kinds = get(t, lay.KINDS, 0)
        return put(out, at, t, pool, lay.CASCADE_STATUS, c[o.UPSTREAM_SERVICE, i] * kinds + c[o.ERROR, i])
    return put(out, at, t, pool, lay.STATUS, c[o.ERROR, i] + 1 if c[o.SOURCE, i] else 0)


@njit
def _hole_size(t, kind, c, i):  # type: ignore[no-untyped-def]
    """Bytes of what stands in a path's placeholder."""
    if kind == lay.PATH_END:
        return 0
    if kind == lay.PATH_USER:
        return 5 + get(t, lay.USER_DIGITS, 0)
    if c[o.OBJECT_TYPE, i] < 0:
        return 16
    if is_named(t, c[o.OBJECT_TYPE, i], c[o.OBJECT_ID, i]):
        return get(t, lay.NAME_SIZE, get(t, lay.NAME_FIRST, c[o.OBJECT_TYPE, i]) + c[o.OBJECT_ID, i])
    return get(t, lay.OBJECT_SIZE, c[o.OBJECT_TYPE, i])


@njit
def _put_user_hole(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The target's id, or the user's own."""
    user = c[o.TARGET, i] if c[o.TARGET, i] >= 0 else c[o.USER, i]
    at = put_end(out, at, pool, t[t[lay.USERS] + 1], 5)
    return put_padded(out, at, user, get(t, lay.USER_DIGITS, 0))


@njit
def _put_object_hole(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The object's id, or the digits of the request's."""
    object_type, object_id = c[o.OBJECT_TYPE, i], c[o.OBJECT_ID, i]
    if object_type < 0:
        return put_hex(out, at, keyed(c[o.NUMBER, i] << 10 | c[o.NODE, i], get(t, lay.REQUEST_KEY, 0)))
    if is_named(t, object_type, object_id):
        name = get(t, lay.NAME_FIRST, object_type) + object_id
        return put_end(out, at, pool, t[t[lay.NAMED] + name + 1], get(t, lay.NAME_SIZE, name))
    at = put_end(out, at, pool, t[t[lay.OBJECT] + object_type + 1], get(t, lay.OBJECT_SIZE, object_type) - 16)
    return put_hex(out, at, object_id)


@njit
def put_end(out, at, pool, end, size):  # type: ignore[no-untyped-def]
    """The last ``size`` bytes of a fragment that ends at ``end``: the text that an attribute ends in."""
    copy(out, at, pool, end - size, size)  # type: ignore[call-arg]
    return at + size


@njit
def _put_path(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """``url.path`` of a root."""
    first, end = get(t, lay.PATH_FIRST, c[o.OP, i]), get(t, lay.PATH_FIRST, c[o.OP, i] + 1)
    size = 0
    for part in range(first, end):
        size += text_size(t, lay.PATH, part) + _hole_size(t, get(t, lay.PATH_KIND, part), c, i)
    value = delimited_size(size)
    at = put_length(out, at, f.SPAN_ATTRIBUTE_TAG, text_size(t, lay.PATH_KEY, 0) + delimited_size(value))
    at = put(out, at, t, pool, lay.PATH_KEY, 0)
    at = put_length(out, at, f.VALUE_TAG, value)
    at = put_length(out, at, f.STRING_TAG, size)
    for part in range(first, end):
        at = put(out, at, t, pool, lay.PATH, part)
        if get(t, lay.PATH_KIND, part) == lay.PATH_USER:
            at = _put_user_hole(out, at, t, pool, c, i)
        elif get(t, lay.PATH_KIND, part) == lay.PATH_OBJECT:
            at = _put_object_hole(out, at, t, pool, c, i)
    return at


@njit
def _put_ids(out, at, t, c, i):  # type: ignore[no-untyped-def]
    """Trace, span and parent, which is the caller's CLIENT span where there are such."""
    call, parent = c[o.NUMBER, i] << 10, c[o.PARENT, i]
    at = put_trace_id(out, at, f.SPAN_TRACE_TAG, t, c[o.NUMBER, i])
    at = put_span_id(out, at, f.SPAN_ID_TAG, t, np.uint64(call | c[o.NODE, i]))
    if parent < 0:
        return at
    above = np.uint64(call | c[o.NODE, i]) | CLIENT_BIT if get(t, lay.CLIENTS, 0) else np.uint64(call | parent)
    return put_span_id(out, at, f.SPAN_PARENT_TAG, t, above)


@njit
def put_span(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """One span."""
    first, op, error = at, c[o.OP, i], c[o.ERROR, i] if c[o.SOURCE, i] else -1
    at = _put_ids(out, at + HEAD, t, c, i)
    at = put(out, at, t, pool, lay.SPAN_NAME, op)
    at = put_time(out, at, f.SPAN_START_TAG, c[o.START_US, i])
    at = put_time(out, at, f.SPAN_END_TAG, end_us(c, i))
    at = put(out, at, t, pool, lay.SPAN_REQUEST, op)
    answers = get(t, lay.ANSWER_CLASS, op)
    if answers:
        at = _put_path(out, at, t, pool, c, i)
    at = put(out, at, t, pool, lay.ANSWER, answers * (get(t, lay.KINDS, 0) + 1) + error + 1)
    at = put_common(out, at, t, pool, c, i)
    at = put_status(out, at, t, pool, c, i)
    at = put_flags(out, at, c[o.PARENT, i] >= 0)
    return close(out, first, at, f.RECORD_TAG)


@njit
def put_client_span(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The caller's span of kind CLIENT around a child: from 5 us before it to 5 us after."""
    first, call, op = at, c[o.NUMBER, i] << 10, c[o.OP, i]
    at = put_trace_id(out, at + HEAD, f.SPAN_TRACE_TAG, t, c[o.NUMBER, i])
    at = put_span_id(out, at, f.SPAN_ID_TAG, t, np.uint64(call | c[o.NODE, i]) | CLIENT_BIT)
    at = put_span_id(out, at, f.SPAN_PARENT_TAG, t, np.uint64(call | c[o.PARENT, i]))
    at = put(out, at, t, pool, lay.CLIENT_NAME, op)
    at = put_time(out, at, f.SPAN_START_TAG, c[o.START_US, i] - AROUND_US)
    at = put_time(out, at, f.SPAN_END_TAG, end_us(c, i) + AROUND_US)
    at = put(out, at, t, pool, lay.CLIENT_REQUEST, op)
    at = put(out, at, t, pool, lay.CLIENT_ANSWER, c[o.ERROR, i] + 1 if c[o.SOURCE, i] else 0)
    at = put(out, at, t, pool, lay.CLIENT_ACTION, op)
    at = put_user(out, at, t, pool, c[o.USER, i])
    at = put_request(out, at, t, pool, call | c[o.NODE, i])
    at = put(out, at, t, pool, lay.PERSONA, c[o.PERSONA, i])
    at = put_status(out, at, t, pool, c, i)
    at = put_flags(out, at, False)
    return close(out, first, at, f.RECORD_TAG)
