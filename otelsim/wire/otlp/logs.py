"""Log records, one a call."""

import numpy as np
from numba import njit

from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.fragments import put
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout as lay
from otelsim.wire.otlp.groups import text_size
from otelsim.wire.otlp.records import end_us, put_common, put_span_id, put_time, put_trace_id
from otelsim.wire.protobuf import HEAD, close, delimited_size, put_length


@njit
def _put_failed(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """Severity, body and the attributes up to ``success`` of a call that failed."""
    op, error, level = c[o.OP, i], c[o.ERROR, i], get(t, lay.LEVEL, c[o.ERROR, i])
    at = put(out, at, t, pool, lay.SEVERITY, level)
    cascade = c[o.SOURCE, i] == o.DEPENDENCY
    size = text_size(t, lay.LOG_FAILED, op) + text_size(t, lay.LOG_MESSAGE, error)
    if cascade:
        size += text_size(t, lay.LOG_UPSTREAM, c[o.UPSTREAM_SERVICE, i])
    at = put_length(out, at, f.LOG_BODY_TAG, delimited_size(size))
    at = put_length(out, at, f.STRING_TAG, size)
    at = put(out, at, t, pool, lay.LOG_FAILED, op)
    if cascade:
        at = put(out, at, t, pool, lay.LOG_UPSTREAM, c[o.UPSTREAM_SERVICE, i])
    at = put(out, at, t, pool, lay.LOG_MESSAGE, error)
    return put(out, at, t, pool, lay.LOG_OUTCOME, op * 2 + level - 1)


@njit
def put_log(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """One log record."""
    first = at
    at = put_time(out, at + HEAD, f.LOG_TIME_TAG, c[o.START_US, i])
    failed = c[o.SOURCE, i] != 0
    at = _put_failed(out, at, t, pool, c, i) if failed else put(out, at, t, pool, lay.LOG_SUCCESS, c[o.OP, i])
    at = put_common(out, at, t, pool, c, i)
    out[at] = f.LOG_FLAGS_TAG
    out[at + 1] = 1
    for zero in range(at + 2, at + 5):
        out[zero] = 0
    at = put_trace_id(out, at + 5, f.LOG_TRACE_TAG, t, c[o.NUMBER, i])
    at = put_span_id(out, at, f.LOG_SPAN_TAG, t, np.uint64(c[o.NUMBER, i] << 10 | c[o.NODE, i]))
    at = put_time(out, at, f.LOG_OBSERVED_TAG, end_us(c, i))
    return close(out, first, at, f.RECORD_TAG)
