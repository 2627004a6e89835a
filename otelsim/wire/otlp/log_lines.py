"""Log lines as numbers: their times, ids, levels and codes (see `wire.codes`), and which of them are good.

``texts`` are those of `wire.scan`, a key each of KEYS. ``columns`` are int64[lines, COLUMNS].
"""

import numpy as np
from numba import njit

from otelsim.wire.codes import code_of
from otelsim.wire.looking import alike
from otelsim.wire.otlp.line_texts import one_of, put_id

KEYS = (
    "timestamp", "level", "service", "stack", "action", "user_id", "request_id", "success", "message", "release_id",
    "trace_id", "span_id", "parent_span_id", "target_user_id", "object_type", "object_id", "error_code",
    "error_message", "error_source", "error_type", "upstream_request_id",
)  # fmt: skip
"""A log line's keys in the order in which they are documented."""
(
    _TIMESTAMP, _LEVEL, SERVICE, STACK, ACTION, USER, REQUEST, _SUCCESS, MESSAGE, RELEASE_ID, _TRACE, _SPAN, _PARENT,
    TARGET, OBJECT_TYPE, OBJECT_ID, ERROR_CODE, ERROR_MESSAGE, ERROR_SOURCE, ERROR_TYPE, UPSTREAM,
) = range(len(KEYS))  # fmt: skip
TIME_US, LEVEL, SUCCESS, RELEASE, ACTION_CODE, CALL, CHILD, COLUMNS = range(8)
"""Columns: a time that is not as it is documented is told as -1, and one that is none of LEVELS too."""
IDS = 32
"""Bytes of a line's ids: of the trace, the span, and its parent, or zeros."""
_KEY_CODES = 7
"""Of what decides a call: its application, stack, service, action, level, error code, whether it has a parent."""
_NONE, _FAR_BELOW = -1, np.int64(-(1 << 40))
_DAYS = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365])
_DATE, _WHOLE = 11, 27
"""Bytes of 2025-11-24T, and of 2025-11-24T00:10:37.809473Z."""


@njit(inline="always")
def _digits(data, at, count):  # type: ignore[no-untyped-def]
    """A number of so many digits, or one that is far below zero."""
    found = np.int64(0)
    for k in range(count):
        digit = np.int64(data[at + k]) - 48
        found = found * 10 + digit if 0 <= digit <= 9 else _FAR_BELOW
    return found


@njit
def _day(data, at):  # type: ignore[no-untyped-def]
    """Days from 1970 to a date up to its T, or -1 where none stands there."""
    year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
    dashes = data[at + 4] == 45 and data[at + 7] == 45 and data[at + 10] == 84
    if not dashes or not 1970 <= year < 2100 or not 1 <= month <= 12 or day < 1:
        return -1
    leap = year % 4 == 0  # as 2000 was, and 2100 is too late
    if day > _DAYS[month] - _DAYS[month - 1] + (leap and month == 2):
        return -1
    return (year - 1970) * 365 + (year - 1969) // 4 + _DAYS[month - 1] + (leap and month > 2) + day - 1


@njit
def _time(data, at, day):  # type: ignore[no-untyped-def]
    """Epoch microseconds of a documented time, of whose date ``day`` is known; -1 where it is another text."""
    marks = data[at + 13] == 58 and data[at + 16] == 58 and data[at + 19] == 46 and data[at + 26] == 90
    hour, minute, second = _digits(data, at + 11, 2), _digits(data, at + 14, 2), _digits(data, at + 17, 2)
    rest = _digits(data, at + 20, 6)
    if not marks or day < 0 or not 0 <= hour < 24 or not 0 <= minute < 60 or not 0 <= second < 60 or rest < 0:
        return -1
    return ((day * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + rest


@njit
def _put_times(data, texts, columns):  # type: ignore[no-untyped-def]
    before = day = np.int64(-1)
    for i in range(len(texts)):
        at = np.int64(texts[i, 2 * _TIMESTAMP])
        columns[i, TIME_US] = -1
        if texts[i, 2 * _TIMESTAMP + 1] == _WHOLE:
            if day < 0 or alike(data, at, data, before) < _DATE:  # type: ignore[call-arg]
                before, day = at, _day(data, at)
            columns[i, TIME_US] = _time(data, at, day)


@njit
def _put_ids(data, texts, i, ids):  # type: ignore[no-untyped-def]
    """Returns whether all are right."""
    right = texts[i, 2 * _TRACE + 1] == 32 and put_id(ids, IDS * i, data, np.int64(texts[i, 2 * _TRACE]), 32)
    right &= texts[i, 2 * _SPAN + 1] == 16 and put_id(ids, IDS * i + 16, data, np.int64(texts[i, 2 * _SPAN]), 16)
    if texts[i, 2 * _PARENT + 1] == -1:
        ids[IDS * i + 24 : IDS * (i + 1)] = 0
        return right
    size = texts[i, 2 * _PARENT + 1]
    return right and size == 16 and put_id(ids, IDS * i + 24, data, np.int64(texts[i, 2 * _PARENT]), 16)


@njit
def _all_there(texts, i, needed):  # type: ignore[no-untyped-def]
    there = True
    for k in needed:
        there &= texts[i, 2 * k + 1] >= 0
    return there


@njit
def known_code(table, data, texts, i, k):  # type: ignore[no-untyped-def]
    """The code of a line's text, or -1 where it has none."""
    size = texts[i, 2 * k + 1]
    return code_of(table, data, np.int64(texts[i, 2 * k]), np.int64(size)) if size >= 0 else _NONE


@njit(cache=True, nogil=True)
def read_log_lines(data, texts, known, tables, found):  # type: ignore[no-untyped-def]
    """Fill ``found``: (columns, ids uint8[lines x IDS], good bool[lines]).

    ``known`` are (levels as (edges, pool), numbers of the keys that are needed), ``tables`` those of releases and of
    other texts. Whether a release and a time that is not as documented are good is left to be seen.
    """
    levels, needed = known
    columns, ids, good = found
    _put_times(data, texts, columns)
    for i in range(len(texts)):
        level = one_of(data, texts, i, _LEVEL, levels)
        columns[i, LEVEL], columns[i, SUCCESS] = max(level, 0), texts[i, 2 * _SUCCESS] == 1
        columns[i, RELEASE] = known_code(tables[0], data, texts, i, RELEASE_ID)
        columns[i, ACTION_CODE] = known_code(tables[1], data, texts, i, ACTION)
        columns[i, CHILD] = texts[i, 2 * _PARENT + 1] >= 0
        right = _put_ids(data, texts, i, ids)
        good[i] = right and level >= 0 and _all_there(texts, i, needed)


@njit(cache=True, nogil=True)
def put_calls(data, texts, columns, applications, tables):  # type: ignore[no-untyped-def]
    """Fill the column CALL of good lines: ``tables`` are those of texts, and of calls.

    ``applications`` (int64[releases]) holds the code of each release's. A call's text is its codes, int32[7].
    """
    words, calls = tables
    key, codes = np.empty(64, np.uint8), np.empty(_KEY_CODES, np.int32)
    for i in range(len(texts)):
        if columns[i, RELEASE] < 0:
            continue
        codes[0] = applications[columns[i, RELEASE]]
        codes[1], codes[2] = known_code(words, data, texts, i, STACK), known_code(words, data, texts, i, SERVICE)
        codes[3], codes[4] = columns[i, ACTION_CODE], columns[i, LEVEL]
        codes[5], codes[6] = known_code(words, data, texts, i, ERROR_CODE), columns[i, CHILD]
        key[: 4 * _KEY_CODES] = codes.view(np.uint8)
        columns[i, CALL] = code_of(calls, key, 0, 4 * _KEY_CODES)
