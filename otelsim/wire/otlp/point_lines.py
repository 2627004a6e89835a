"""Metric lines as numbers and as gauge points' contents, to be put into requests by `joined`.

``lines`` are int64[lines, POINT_COLUMNS] and ``tags`` the texts of their tags, a key each of TAGS (see `wire.scan`).
"""

import numpy as np
from numba import njit

from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp.line_texts import (
    attribute_size,
    one_of,
    put_attribute,
    put_bytes,
    put_id,
    put_known,
    put_text,
    text_of,
)
from otelsim.wire.otlp.log_lines import known_code
from otelsim.wire.protobuf import put_length, put_word
from otelsim.wire.scan import EXEMPLAR, METRIC, TAGS, TIME_US

KEYS = ("service", "stack", "action", "success", "is_write", "persona", "release_id", "object_type")
_, _, ACTION, _SUCCESS, _IS_WRITE, PERSONA, _RELEASE_ID, OBJECT_TYPE = range(len(KEYS))
RELEASE, ACTION_CODE, PERSONA_CODE, SUCCESS, IS_WRITE, COLUMNS = range(6)
"""Columns of tags: codes (see `wire.codes`), -1 where there is none; 1 for true, 0 for false and -1 for others."""
IDS = 24
"""Bytes of an exemplar's ids: of the trace and the span."""
POINT_ROOM = 768
"""More bytes than a point has beside its tags."""
_BARE_EXEMPLAR = 46
"""Bytes of an exemplar's time, value and ids."""
_WHOLE = 2.0**53


@njit(cache=True, nogil=True)
def read_tags(data, tags, truths, tables, columns):  # type: ignore[no-untyped-def]
    """Fill ``columns``, int64[tags, COLUMNS].

    ``truths`` are "false" and "true" as (edges, pool), ``tables`` those of releases and of other texts.
    """
    for i in range(len(tags)):
        columns[i, RELEASE] = known_code(tables[0], data, tags, i, _RELEASE_ID)
        columns[i, ACTION_CODE] = known_code(tables[1], data, tags, i, ACTION)
        columns[i, PERSONA_CODE] = known_code(tables[1], data, tags, i, PERSONA)
        columns[i, SUCCESS] = one_of(data, tags, i, _SUCCESS, truths)
        columns[i, IS_WRITE] = one_of(data, tags, i, _IS_WRITE, truths)


@njit
def _put_ids(data, exemplars, ids):  # type: ignore[no-untyped-def]
    """The ids of exemplars; returns where they are right."""
    good = np.zeros(len(exemplars), np.bool_)
    for e in range(len(exemplars)):
        trace, span = np.int64(exemplars[e, 0]), np.int64(exemplars[e, 2])
        if exemplars[e, 1] == 32 and exemplars[e, 3] == 16:
            right = put_id(ids, IDS * e, data, trace, 32)
            good[e] = put_id(ids, IDS * e + 16, data, span, 16) and right
    return good


@njit(cache=True, nogil=True)
def judge_points(lines, values, tags_good, exemplars, bounds):  # type: ignore[no-untyped-def]
    """Which lines are good, bool[lines]; ``exemplars`` are (data, their texts, their ids, which are filled).

    ``bounds`` are the time (in us) and the duration (in ms) that none may reach, or exceed.
    """
    good, right = np.empty(len(lines), np.bool_), _put_ids(*exemplars)
    for i in range(len(lines)):
        time, metric, exemplar = lines[i, TIME_US], lines[i, METRIC], lines[i, EXEMPLAR]
        good[i] = 0 <= time < bounds[0] and metric >= 0 and np.isfinite(values[i]) and tags_good[lines[i, TAGS]]
        good[i] &= metric > 0 or 0 <= values[i] <= bounds[1]
        good[i] &= exemplar < 0 or right[exemplar]
    return good


@njit
def _put_attributes(data, tags, columns, fragments):  # type: ignore[no-untyped-def]
    """(attributes of all tags, where each one's begin)."""
    answers, heads, with_persona = fragments
    here = (data, tags)
    out, edges, at = np.empty(len(data) + POINT_ROOM * len(tags), np.uint8), np.empty(len(tags) + 1, np.int64), 0
    for i in range(len(tags)):
        edges[i] = at
        at = put_known(out, at, heads, here, i, ACTION)
        at = put_text(out, at, answers, max(columns[i, SUCCESS], 0) * 2 + max(columns[i, IS_WRITE], 0))
        at = put_known(out, at, heads, here, i, OBJECT_TYPE)
        if with_persona:
            at = put_known(out, at, heads, here, i, PERSONA)
    edges[len(tags)] = at
    return edges, out


@njit
def _put_exemplar(out, at, heads, ids, exemplar, point):  # type: ignore[no-untyped-def]
    """An exemplar; ``point`` is (its time in ns, its value, its persona as a text, of size -1 where it is not told)."""
    time, value, persona = point
    size = _BARE_EXEMPLAR + (attribute_size(heads, PERSONA, persona[2]) if persona[2] >= 0 else 0)
    at = put_word(out, put_length(out, at, f.POINT_EXEMPLAR_TAG, size), f.EXEMPLAR_TIME_TAG, time)
    at = put_word(out, at, f.EXEMPLAR_DOUBLE_TAG, value)
    at = put_bytes(out, at, f.EXEMPLAR_SPAN_TAG, ids, IDS * exemplar + 16, 8)
    at = put_bytes(out, at, f.EXEMPLAR_TRACE_TAG, ids, IDS * exemplar, 16)
    return put_attribute(out, at, heads, PERSONA, persona) if persona[2] >= 0 else at


@njit
def _put_value(out, at, metric, value):  # type: ignore[no-untyped-def]
    """A double for durations, an integer for what is counted and is one."""
    if metric > 0 and value == np.rint(value) and abs(value) < _WHOLE:
        return put_word(out, at, f.POINT_INT_TAG, np.uint64(np.int64(value)))
    return put_word(out, at, f.POINT_DOUBLE_TAG, value)


@njit(cache=True, nogil=True)
def put_point_lines(contents, fragments, lines, tags, ids):  # type: ignore[no-untyped-def]
    """Lines as NumberDataPoints, into ``contents`` as of `line_records`.

    ``fragments`` are (attributes of failed reads, failed writes, reads, writes; heads of KEYS; whether the persona is
    an attribute of the point, and not of its exemplar); ``lines`` are (lines, values, data), ``tags`` (texts, columns).
    """
    out, starts, sizes = contents
    columns, values, data = lines
    texts, codes = tags
    attributes = _put_attributes(data, texts, codes, fragments)
    _, heads, with_persona = fragments
    at = 0
    for i in range(len(columns)):
        starts[i], row, exemplar = at, columns[i, TAGS], columns[i, EXEMPLAR]
        time, value = np.uint64(columns[i, TIME_US] * 1_000), values[i]
        at = _put_value(out, put_word(out, at, f.POINT_TIME_TAG, time), columns[i, METRIC], value)
        if exemplar >= 0:
            data_of, first, size = text_of((data, texts), row, PERSONA)
            persona = (data_of, first, -1 if with_persona else size)
            at = _put_exemplar(out, at, heads, ids, exemplar, (time, value, persona))
        at = put_text(out, at, attributes, row)
        sizes[i] = at - starts[i]
