"""Log records and spans of log lines: their contents, one behind the other, to be put into requests by `joined`.

``lines`` are (data, texts, columns, ids): see `log_lines`. ``heads`` are those of attributes of its KEYS, of
``persona`` and of ``url.path``. ``contents`` are (out, starts, sizes): uint8[] with room, int64[lines]; of lines that
are not wanted the size is 0.
"""

import numpy as np
from numba import njit

from otelsim.wire.memory import copy
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import log_lines as line
from otelsim.wire.otlp.line_texts import put_attribute, put_bytes, put_head, put_known, put_text, text_of
from otelsim.wire.otlp.spans import put_flags
from otelsim.wire.protobuf import delimited_size, put_length, put_word, size_of

PERSONA, PATH = len(line.KEYS), len(line.KEYS) + 1
NAME, REQUEST, ANSWER, CALL_TEXTS = range(4)
"""Texts of a call: its name and kind, its attributes before ``action``, and those of its answer."""
PATH_END, PATH_USER, PATH_OBJECT = range(3)
"""What follows a part of a path."""
LINE_ROOM = 2_048
"""More bytes than a record has beside the texts of its line, its call and its persona."""
_LOG_FLAGS = np.array([f.LOG_FLAGS_TAG, 1, 0, 0, 0, *[0] * 32], np.uint8)
_ERROR = 2
_REQUEST_ID = np.frombuffer(b"req_", np.uint8)


@njit
def _put_rest(out, at, heads, lines, i):  # type: ignore[no-untyped-def]
    """The documented attributes behind the persona."""
    for k in (line.OBJECT_TYPE, line.OBJECT_ID, line.TARGET):
        at = put_known(out, at, heads, lines, i, k)
    for k in range(line.ERROR_CODE, line.UPSTREAM + 1):
        at = put_known(out, at, heads, lines, i, k)
    return at


@njit
def _put_log(out, at, fragments, lines, i):  # type: ignore[no-untyped-def]
    severities, answers, heads = fragments
    data, texts, columns, ids = lines
    here = (data, texts)
    time, level = np.uint64(columns[i, line.TIME_US] * 1_000), columns[i, line.LEVEL]
    at = put_text(out, put_word(out, at, f.LOG_TIME_TAG, time), severities, level)
    _, first, size = text_of(here, i, line.MESSAGE)
    at = put_length(out, at, f.LOG_BODY_TAG, 1 + size_of(size) + size)
    at = put_length(out, at, f.STRING_TAG, size)
    copy(out, at, data, first, size)  # type: ignore[call-arg]
    at = put_known(out, at + size, heads, here, i, line.ACTION)
    at = put_text(out, at, answers, level * 2 + columns[i, line.SUCCESS])
    at = put_known(out, at, heads, here, i, line.USER)
    at = put_known(out, at, heads, here, i, line.REQUEST)
    at = _put_rest(out, at, heads, here, i)
    copy(out, at, _LOG_FLAGS, 0, 5)
    at = put_bytes(out, at + 5, f.LOG_TRACE_TAG, ids, line.IDS * i, 16)
    at = put_bytes(out, at, f.LOG_SPAN_TAG, ids, line.IDS * i + 16, 8)
    return put_word(out, at, f.LOG_OBSERVED_TAG, time)


@njit(cache=True, nogil=True)
def put_log_lines(contents, fragments, lines, wanted):  # type: ignore[no-untyped-def]
    """The lines that are ``wanted`` as LogRecords; ``fragments`` are (severities, answers, heads)."""
    out, starts, sizes = contents
    at = 0
    for i in range(len(wanted)):
        starts[i] = at
        if wanted[i]:
            at = _put_log(out, at, fragments, lines, i)
        sizes[i] = at - starts[i]


@njit
def _hole(lines, i, kind):  # type: ignore[no-untyped-def]
    """The text that fills a hole of a path: the user aimed at or who asks; the object, or the digits of the request."""
    data, texts, _, _ = lines
    here = (data, texts)
    if kind == PATH_USER:
        target = text_of(here, i, line.TARGET)
        return target if target[2] >= 0 else text_of(here, i, line.USER)
    named = text_of(here, i, line.OBJECT_ID)
    if named[2] >= 0:
        return named
    _, first, size = text_of(here, i, line.REQUEST)
    if size >= 4 and (data[first : first + 4] == _REQUEST_ID).all():
        return data, first + 4, size - 4
    return data, first, size


@njit
def _put_path(out, at, paths, lines, i, heads):  # type: ignore[no-untyped-def]
    """``url.path``, if the call has one; ``paths`` are (edges, pool, what follows each part, first part of a call)."""
    edges, pool, kinds, first = paths
    call = lines[2][i, line.CALL]
    size = edges[first[call + 1]] - edges[first[call]]
    for k in range(first[call], first[call + 1]):
        if kinds[k] != PATH_END:
            size += _hole(lines, i, kinds[k])[2]
    if first[call] == first[call + 1]:
        return at
    at = put_head(out, at, heads, PATH, size)
    for k in range(first[call], first[call + 1]):
        at = put_text(out, at, (edges, pool), k)
        if kinds[k] != PATH_END:
            data, begin, more = _hole(lines, i, kinds[k])
            copy(out, at, data, begin, more)  # type: ignore[call-arg]
            at += more
    return at


@njit
def _put_status(out, at, lines, i, failed):  # type: ignore[no-untyped-def]
    """Span.status: ERROR with the message where the level is ERROR."""
    data, first, size = text_of(lines, i, line.ERROR_MESSAGE)
    if not failed:
        return put_length(out, at, f.SPAN_STATUS_TAG, 0)
    message = delimited_size(size) if size > 0 else 0
    at = put_length(out, at, f.SPAN_STATUS_TAG, message + 2)
    if size > 0:
        at = put_length(out, at, f.STATUS_MESSAGE_TAG, size)
        copy(out, at, data, first, size)  # type: ignore[call-arg]
        at += size
    out[at], out[at + 1] = f.STATUS_CODE_TAG, f.STATUS_ERROR
    return at + 2


@njit
def _put_ids(out, at, lines, i):  # type: ignore[no-untyped-def]
    _, _, columns, ids = lines
    at = put_bytes(out, at, f.SPAN_TRACE_TAG, ids, line.IDS * i, 16)
    at = put_bytes(out, at, f.SPAN_ID_TAG, ids, line.IDS * i + 16, 8)
    return put_bytes(out, at, f.SPAN_PARENT_TAG, ids, line.IDS * i + 24, 8) if columns[i, line.CHILD] else at


@njit
def _put_span(out, at, fragments, lines, i, pair):  # type: ignore[no-untyped-def]
    """A span; ``pair`` is (duration in ns, the persona's code or -1, personas as (edges, pool))."""
    calls, paths, answers, heads = fragments
    duration_ns, persona, (edges, pool) = pair
    data, texts, columns, _ = lines
    here, call, level = (data, texts), CALL_TEXTS * columns[i, line.CALL], columns[i, line.LEVEL]
    start = np.uint64(columns[i, line.TIME_US] * 1_000)
    at = put_text(out, _put_ids(out, at, lines, i), calls, call + NAME)
    at = put_word(out, at, f.SPAN_START_TAG, start)
    at = put_word(out, at, f.SPAN_END_TAG, start + np.uint64(duration_ns))
    at = put_text(out, at, calls, call + REQUEST)
    at = put_known(out, at, heads, here, i, line.ACTION)
    at = _put_path(out, at, paths, lines, i, heads)
    at = put_text(out, at, calls, call + ANSWER)
    at = put_text(out, at, answers, level * 2 + columns[i, line.SUCCESS])
    at = put_known(out, at, heads, here, i, line.USER)
    at = put_known(out, at, heads, here, i, line.REQUEST)
    if persona >= 0:
        at = put_attribute(out, at, heads, PERSONA, (pool, edges[persona], edges[persona + 1] - edges[persona]))
    at = _put_status(out, _put_rest(out, at, heads, here, i), here, i, level == _ERROR)
    return put_flags(out, at, columns[i, line.CHILD] == 1)


@njit(cache=True, nogil=True)
def put_span_lines(contents, fragments, lines, pairs):  # type: ignore[no-untyped-def]
    """The lines that have a duration as Spans.

    ``fragments`` are (calls as (edges, pool) of CALL_TEXTS each, paths as `_put_path` takes them, answers, heads), and
    ``pairs`` (paired bool[lines], durations in ns, codes of personas or -1, their table as (edges, pool)).
    """
    out, starts, sizes = contents
    paired, durations, personas, known = pairs
    at = 0
    for i in range(len(paired)):
        starts[i] = at
        if paired[i]:
            at = _put_span(out, at, fragments, lines, i, (durations[i], personas[i], known))
        sizes[i] = at - starts[i]
