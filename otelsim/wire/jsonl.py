"""The documented JSON lines (SPEC section 4), joined from fragments.

A log line is, in this order: timestamp, head (level to user), request id, message, release, trace and span, parent,
target, object, error. The metric lines of a call share their time and tags, which are written once and copied.
"""

import numpy as np
from numba import njit

from otelsim.draws import keyed
from otelsim.outcome import tables as o
from otelsim.packing import get
from otelsim.wire.fragments import put, put_again, put_hex, put_hundredths, put_integer, put_padded

_DAY_US = 86_400_000_000

LINES = (
    "trace_high_key",
    "trace_low_key",
    "span_key",
    "request_key",
    "user_digits",
    "first_day",  # days since the epoch of the first of days
    "log_bound",  # no log line is longer
    "metric_bound",  # all metric lines of a call together are not longer
    "level",  # [error kinds] number of the level
    "named",  # [types] whether ids are names
    "name_first",  # [types] first name of a type
    "leads",  # texts: the fixed ones, see LEADS
    "days",
    "heads",  # [operation x 3 + level] level to user
    "successes",  # [operation] success and message, up to the release
    "failures",  # [operation] up to the error's message
    "upstreams",  # [service] upstream <stack>:<service>:
    "messages",  # [error kind]
    "releases",  # [calendar row]
    "objects",  # [type] up to the id's last part
    "names",  # readable ids of all types that have some
    "codes",  # [error kind] from the object's end to the error's message
    "sources",  # [error kind] the source of a call that fails by itself
    "dependencies",  # [service] dependency:<stack>:<service>
    "types",  # [error kind] from the source's end to the upstream's id
    "tags",  # [operation x 2 + success] tags up to the persona
    "personas",  # [persona] up to the release
    "tag_ends",  # [type + 1] from the release's end to the tags' last brace
)
"""What lines are joined from, as one packed array; texts are positions in a pool (see `fragments.Texts`)."""
(
    TRACE_HIGH_KEY, TRACE_LOW_KEY, SPAN_KEY, REQUEST_KEY, USER_DIGITS, FIRST_DAY, LOG_BOUND, METRIC_BOUND, LEVEL, NAMED,
    NAME_FIRST, LEAD, DAYS, HEADS, SUCCESSES, FAILURES, UPSTREAMS, MESSAGES, RELEASES, OBJECTS, NAMES, CODES, SOURCES,
    DEPENDENCIES, TYPES, TAGS, PERSONAS, TAG_ENDS,
) = range(len(LINES))  # fmt: skip

LEADS = (
    '{"timestamp":"',
    '","request_id":"req_',
    '","release_id":"',
    '","trace_id":"',
    '","span_id":"',
    '","parent_span_id":null,"target_user_id":',
    '","parent_span_id":"',
    '","target_user_id":',
    "null",
    '"user_',
    ',"object_type":null,"object_id":null',
    '"',
    ',"error_code":null,"error_message":null,"error_source":null,"error_type":null,"upstream_request_id":null}\n',
    '","error_source":"',
    "null}\n",
    '"req_',
    '"}\n',
    '{"metric":"request_duration_ms","ts":',
    '{"metric":"request_size_bytes","ts":',
    '{"metric":"response_size_bytes","ts":',
    '{"metric":"db_query_count","ts":',
    '{"metric":"cache_hit","ts":',
    ',"value":',
    "}\n",
    ',"exemplar":{"trace_id":"',
    '"}}\n',
)
(
    _TIMESTAMP, _REQUEST, _RELEASE, _TRACE, _SPAN, _NO_PARENT, _PARENT, _TARGET, _NULL, _USER, _NO_OBJECT, _QUOTE,
    _NO_ERROR, _SOURCE, _NO_UPSTREAM, _UPSTREAM, _END, _DURATION, _REQUEST_SIZE, _RESPONSE_SIZE, _QUERIES, _CACHE,
    _VALUE, _LINE_END, _EXEMPLAR, _EXEMPLAR_END,
) = range(len(LEADS))  # fmt: skip


@njit
def _put_time(out, at, t, pool, us):  # type: ignore[no-untyped-def]
    """``2025-03-03T10:00:00.000000Z`` without its closing quote."""
    day, rest = us // _DAY_US, us % _DAY_US
    at = put(out, at, t, pool, DAYS, day - get(t, FIRST_DAY, 0))
    seconds, micros = rest // 1_000_000, rest % 1_000_000
    at = put_padded(out, at, seconds // 3_600, 2)
    out[at] = 58
    at = put_padded(out, at + 1, seconds // 60 % 60, 2)
    out[at] = 58
    at = put_padded(out, at + 1, seconds % 60, 2)
    out[at] = 46
    at = put_padded(out, at + 1, micros, 6)
    out[at] = 90
    return at + 1


@njit
def _put_ids(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """Trace, span, parent and target."""
    number, call = c[o.NUMBER, i], c[o.NUMBER, i] << 10
    at = put(out, at, t, pool, LEAD, _TRACE)
    at = put_hex(out, at, keyed(number, get(t, TRACE_HIGH_KEY, 0)))
    at = put_hex(out, at, keyed(number, get(t, TRACE_LOW_KEY, 0)))
    at = put(out, at, t, pool, LEAD, _SPAN)
    at = put_hex(out, at, keyed(call | c[o.NODE, i], get(t, SPAN_KEY, 0)))
    if c[o.PARENT, i] < 0:
        at = put(out, at, t, pool, LEAD, _NO_PARENT)
    else:
        at = put(out, at, t, pool, LEAD, _PARENT)
        at = put_hex(out, at, keyed(call | c[o.PARENT, i], get(t, SPAN_KEY, 0)))
        at = put(out, at, t, pool, LEAD, _TARGET)
    if c[o.TARGET, i] < 0:
        return put(out, at, t, pool, LEAD, _NULL)
    at = put(out, at, t, pool, LEAD, _USER)
    at = put_padded(out, at, c[o.TARGET, i], get(t, USER_DIGITS, 0))
    return put(out, at, t, pool, LEAD, _QUOTE)


@njit
def _put_object(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    kind = c[o.OBJECT_TYPE, i]
    if kind < 0:
        return put(out, at, t, pool, LEAD, _NO_OBJECT)
    at = put(out, at, t, pool, OBJECTS, kind)
    if get(t, NAMED, kind) and c[o.OBJECT_ID, i] >= 0:
        at = put(out, at, t, pool, NAMES, get(t, NAME_FIRST, kind) + np.int64(c[o.OBJECT_ID, i]))
    else:
        at = put_hex(out, at, c[o.OBJECT_ID, i])
    return put(out, at, t, pool, LEAD, _QUOTE)


@njit
def _put_message(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The error's message, naming the failed dependency."""
    if c[o.SOURCE, i] == o.DEPENDENCY:
        at = put(out, at, t, pool, UPSTREAMS, c[o.UPSTREAM_SERVICE, i])
    return put(out, at, t, pool, MESSAGES, c[o.ERROR, i])


@njit
def _put_error(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    if c[o.SOURCE, i] == 0:
        return put(out, at, t, pool, LEAD, _NO_ERROR)
    at = put(out, at, t, pool, CODES, c[o.ERROR, i])
    at = _put_message(out, at, t, pool, c, i)
    at = put(out, at, t, pool, LEAD, _SOURCE)
    if c[o.SOURCE, i] != o.DEPENDENCY:
        at = put(out, at, t, pool, SOURCES, c[o.ERROR, i])
        at = put(out, at, t, pool, TYPES, c[o.ERROR, i])
        return put(out, at, t, pool, LEAD, _NO_UPSTREAM)
    at = put(out, at, t, pool, DEPENDENCIES, c[o.UPSTREAM_SERVICE, i])
    at = put(out, at, t, pool, TYPES, c[o.ERROR, i])
    at = put(out, at, t, pool, LEAD, _UPSTREAM)
    at = put_hex(out, at, keyed(c[o.NUMBER, i] << 10 | c[o.UPSTREAM, i], get(t, REQUEST_KEY, 0)))
    return put(out, at, t, pool, LEAD, _END)


@njit
def _put_log(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """One log line."""
    failed = c[o.SOURCE, i] != 0
    at = put(out, at, t, pool, LEAD, _TIMESTAMP)
    at = _put_time(out, at, t, pool, c[o.START_US, i])
    at = put(out, at, t, pool, HEADS, c[o.OP, i] * 3 + (get(t, LEVEL, c[o.ERROR, i]) if failed else 0))
    at = put_padded(out, at, c[o.USER, i], get(t, USER_DIGITS, 0))
    at = put(out, at, t, pool, LEAD, _REQUEST)
    at = put_hex(out, at, keyed(c[o.NUMBER, i] << 10 | c[o.NODE, i], get(t, REQUEST_KEY, 0)))
    if failed:
        at = put(out, at, t, pool, FAILURES, c[o.OP, i])
        at = _put_message(out, at, t, pool, c, i)
        at = put(out, at, t, pool, LEAD, _RELEASE)
    else:
        at = put(out, at, t, pool, SUCCESSES, c[o.OP, i])
    at = put(out, at, t, pool, RELEASES, c[o.RELEASE, i])
    at = _put_ids(out, at, t, pool, c, i)
    at = _put_object(out, at, t, pool, c, i)
    return _put_error(out, at, t, pool, c, i)


@njit
def _put_tags(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """From the value's end to the tags' last brace."""
    at = put(out, at, t, pool, TAGS, c[o.OP, i] * 2 + (c[o.SOURCE, i] == 0))
    at = put(out, at, t, pool, PERSONAS, c[o.PERSONA, i])
    at = put(out, at, t, pool, RELEASES, c[o.RELEASE, i])
    return put(out, at, t, pool, TAG_ENDS, c[o.OBJECT_TYPE, i] + 1)


@njit
def _put_exemplar(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    number = c[o.NUMBER, i]
    at = put(out, at, t, pool, LEAD, _EXEMPLAR)
    at = put_hex(out, at, keyed(number, get(t, TRACE_HIGH_KEY, 0)))
    at = put_hex(out, at, keyed(number, get(t, TRACE_LOW_KEY, 0)))
    at = put(out, at, t, pool, LEAD, _SPAN)
    at = put_hex(out, at, keyed(number << 10 | c[o.NODE, i], get(t, SPAN_KEY, 0)))
    return put(out, at, t, pool, LEAD, _EXEMPLAR_END)


@njit
def _put_point(out, at, value, shared):  # type: ignore[no-untyped-def]
    """The rest of a further metric line; ``shared`` says where time and tags stand already."""
    at = put_again(out, at, shared[0], shared[1])
    at = put_integer(out, at, value)
    at = put_again(out, at, shared[2], shared[3])
    out[at] = 125
    out[at + 1] = 10
    return at + 2


@njit
def _put_points(out, at, t, pool, c, i):  # type: ignore[no-untyped-def]
    """The four or five metric lines of a call."""
    at = put(out, at, t, pool, LEAD, _DURATION)
    time = at
    at = put_integer(out, at, c[o.START_US, i] // 1_000_000)
    out[at] = 46
    at = put_padded(out, at + 1, c[o.START_US, i] % 1_000_000, 6)
    at = put(out, at, t, pool, LEAD, _VALUE)
    time_end = at
    at = put_hundredths(out, at, c[o.DURATION, i])
    tags = at
    at = _put_tags(out, at, t, pool, c, i)
    shared = (time, time_end, tags, at)
    at = _put_exemplar(out, at, t, pool, c, i) if c[o.EXEMPLAR, i] else put(out, at, t, pool, LEAD, _LINE_END)
    at = put(out, at, t, pool, LEAD, _REQUEST_SIZE)
    at = _put_point(out, at, c[o.REQUEST_SIZE, i], shared)
    at = put(out, at, t, pool, LEAD, _RESPONSE_SIZE)
    at = _put_point(out, at, c[o.RESPONSE_SIZE, i], shared)
    at = put(out, at, t, pool, LEAD, _QUERIES)
    at = _put_point(out, at, c[o.QUERY_COUNT, i], shared)
    if c[o.CACHE, i] >= 0:
        at = put(out, at, t, pool, LEAD, _CACHE)
        at = _put_point(out, at, c[o.CACHE, i], shared)
    return at


@njit(cache=True, nogil=True)
def put_logs(out, at, lines, c, order, first):  # type: ignore[no-untyped-def]
    """Log lines of the calls order[first:] as long as there is surely room; returns (next, position)."""
    t, pool = lines
    room = len(out) - get(t, LOG_BOUND, 0)
    while first < len(order) and at <= room:
        at = _put_log(out, at, t, pool, c, order[first])
        first += 1
    return first, at


@njit(cache=True, nogil=True)
def put_metrics(out, at, lines, c, order, first):  # type: ignore[no-untyped-def]
    """The same for metric lines, all of a call together."""
    t, pool = lines
    room = len(out) - get(t, METRIC_BOUND, 0)
    while first < len(order) and at <= room:
        at = _put_points(out, at, t, pool, c, order[first])
        first += 1
    return first, at
