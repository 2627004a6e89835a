"""JSON lines in the documented formats taken apart: where each value stands.

A line is an object of known keys in a known order, compact or with a space behind its commas and colons, with texts
that have no escapes. Whoever meets another one reads it with a parser of JSON.

``data`` is uint8[] and ends with a line end, SLACK bytes behind it. ``keys`` are (edges, pool) of the keys as they
stand with quotes and colon, none longer than SLACK. ``texts`` is int32[rows, 2 x keys]: where the text of key k begins,
in column 2k, and how long it is, -1 for null or nothing, in column 2k + 1.
"""

import numpy as np
from numba import njit

from otelsim.wire.looking import alike, load, plain, same
from otelsim.wire.memory import SLACK

TEXT, BOOL = range(2)
"""What stands behind a key of a log line: a text or null; true or false, told as 1 or 0 where a text would begin."""
TIME_US, METRIC, TAGS, EXEMPLAR, POINT_COLUMNS = range(5)
"""Columns of a metric line: its time (-1: none), its metric's number, the rows of its tags and its exemplar, or -1."""
_AHEAD = 4
"""Keys of a metric line before those of its tags: metric, ts, value, tags."""
_TAGS_AT, _TAGS_SIZE, _TAGS, _EXEMPLARS, _TIME_AT, _TIME_SIZE, _METRIC, STATE = range(8)
"""What is remembered of the line before: many lines have its tags and its time."""
_NULL, _TRUE, _FALSE, _FOUR = (
    np.uint64(int.from_bytes(text, "little")) for text in (b"null", b"true", b"fals", b"\xff" * 4)
)
_MOST_US = 1 << 52
_NO = -1


@njit
def _text(data, at, texts, i, k):  # type: ignore[no-untyped-def]
    """A text or null; returns what is behind it, or _NO."""
    if data[at] != 34:
        texts[i, 2 * k + 1] = -1
        return at + 4 if load(data, at) & _FOUR == _NULL else _NO  # type: ignore[call-arg]
    first = at = at + 1
    found = plain(data, at)  # type: ignore[call-arg, var-annotated]
    while found == SLACK:
        at += SLACK
        found = plain(data, at)
    at += found
    texts[i, 2 * k], texts[i, 2 * k + 1] = first, at - first
    return at + 1 if data[at] == 34 else _NO


@njit
def _bool(data, at, texts, i, k):  # type: ignore[no-untyped-def]
    word = load(data, at) & _FOUR  # type: ignore[call-arg]
    texts[i, 2 * k], texts[i, 2 * k + 1] = word == _TRUE, 0
    if word == _TRUE:
        return at + 4
    return at + 5 if word == _FALSE and data[at + 4] == 101 else _NO


@njit
def _key(data, at, keys, k):  # type: ignore[no-untyped-def]
    """What is behind a key and its colon, or _NO where another one stands."""
    edges, pool = keys
    size = edges[k + 1] - edges[k]
    if alike(data, at, pool, edges[k]) < size:  # type: ignore[call-arg]
        return _NO
    at += size
    return at + 1 if data[at] == 32 else at


@njit
def _next_key(data, at, keys, k):  # type: ignore[no-untyped-def]
    """What is behind a comma and the key, or _NO."""
    if data[at] != 44:
        return _NO
    return _key(data, at + 2 if data[at + 1] == 32 else at + 1, keys, k)


@njit
def _end_of_line(data, at):  # type: ignore[no-untyped-def]
    return at + 2 if data[at] == 125 and data[at + 1] == 10 else _NO


@njit
def _log(data, at, keys, kinds, texts, i):  # type: ignore[no-untyped-def]
    """A log line; returns where the next one begins, or _NO."""
    if data[at] != 123:
        return _NO
    at = _key(data, at + 1, keys, 0)
    for k in range(len(kinds)):
        if k:
            at = _next_key(data, at, keys, k)
        if at != _NO:
            at = _bool(data, at, texts, i, k) if kinds[k] == BOOL else _text(data, at, texts, i, k)
        if at == _NO:
            return _NO
    return _end_of_line(data, at)


@njit(cache=True, nogil=True)
def scan_logs(data, size, keys, kinds, texts):  # type: ignore[no-untyped-def]
    """Take the log lines of ``data[:size]`` apart, of which there are as many as ``texts`` has rows.

    ``kinds`` says what is behind each key. Returns how many lines were in the form.
    """
    at = i = 0
    while at < size:
        at = _log(data, at, keys, kinds, texts, i)
        if at == _NO:
            return i
        i += 1
    return i


@njit
def _number(data, at):  # type: ignore[no-untyped-def]
    """Digits, and some behind a point: (what is behind them, or _NO; all digits as an integer; how many decimals)."""
    whole, first = np.int64(0), at
    while 48 <= data[at] <= 57:
        whole = whole * 10 + (data[at] - 48)
        at += 1
    digits, decimals = at - first, 0
    if digits == 0 or (digits > 1 and data[first] == 48):
        return _NO, whole, 0
    if data[at] == 46:
        at += 1
        while 48 <= data[at] <= 57:
            whole = whole * 10 + (data[at] - 48)
            at += 1
            decimals += 1
        if decimals == 0:
            return _NO, whole, 0
    if digits + decimals > 16 or whole > 9_007_199_254_740_992:
        return _NO, whole, 0
    return at, whole, decimals


@njit
def _seconds(data, at, lines, i, state):  # type: ignore[no-untyped-def]
    """A time in seconds with at most six decimals, in microseconds; -1 where it is far too late."""
    size = state[_TIME_SIZE]
    if size and alike(data, at, data, state[_TIME_AT]) > size:  # type: ignore[call-arg]
        lines[i, TIME_US] = lines[i - 1, TIME_US]
        return at + size
    behind, whole, decimals = _number(data, at)
    if behind == _NO or decimals > 6:
        return _NO
    state[_TIME_AT], state[_TIME_SIZE] = at, behind - at
    while decimals < 6 and whole < _MOST_US:
        whole *= 10
        decimals += 1
    lines[i, TIME_US] = whole if decimals == 6 else -1
    return behind


@njit
def _value(data, at, values, i):  # type: ignore[no-untyped-def]
    """A number; exact, since both parts of the quotient are."""
    at, whole, decimals = _number(data, at)
    scale = 1.0
    for _ in range(decimals):
        scale *= 10.0
    values[i] = whole / scale
    return at


@njit
def _metric(data, at, metrics, lines, i, state):  # type: ignore[no-untyped-def]
    """One of the known metrics, likely the one behind that of the line before."""
    edges, pool = metrics
    count = len(edges) - 1
    for k in range(count):
        metric = (state[_METRIC] + 1 + k) % count
        size = edges[metric + 1] - edges[metric]
        if alike(data, at, pool, edges[metric]) >= size:  # type: ignore[call-arg]
            state[_METRIC] = lines[i, METRIC] = metric
            return at + size
    return _NO


@njit
def _tags(data, at, keys, texts, row):  # type: ignore[no-untyped-def]
    """An object of tags, the last of which may be missing; returns what is behind it, or _NO."""
    count = texts.shape[1] // 2
    if data[at] != 123:
        return _NO
    at = _key(data, at + 1, keys, _AHEAD)
    for k in range(count):
        if k:
            behind = _next_key(data, at, keys, _AHEAD + k)
            if behind == _NO and k == count - 1:
                texts[row, 2 * k + 1] = -1
                break
            at = behind
        if at != _NO:
            at = _text(data, at, texts, row, k)
        if at == _NO:
            return _NO
    return at + 1 if data[at] == 125 else _NO


@njit
def _known_tags(data, at, keys, texts, state):  # type: ignore[no-untyped-def]
    """Tags, or those of the line before once more."""
    size = state[_TAGS_SIZE]
    if size and same(data, at, data, state[_TAGS_AT], size):
        return at + size
    state[_TAGS] += 1
    behind = _tags(data, at, keys, texts, state[_TAGS])
    state[_TAGS_AT], state[_TAGS_SIZE] = at, behind - at
    return behind


@njit
def _exemplar(data, at, keys, texts, row):  # type: ignore[no-untyped-def]
    """An exemplar: an object of two ids."""
    first = len(keys[0]) - 4
    at = _next_key(data, at, keys, first)
    if at == _NO or data[at] != 123:
        return _NO
    at = _key(data, at + 1, keys, first + 1)
    if at != _NO:
        at = _text(data, at, texts, row, 0)
    if at != _NO:
        at = _next_key(data, at, keys, first + 2)
    if at != _NO:
        at = _text(data, at, texts, row, 1)
    return at + 1 if at != _NO and data[at] == 125 else _NO


@njit
def _point(data, at, form, found, i, state):  # type: ignore[no-untyped-def]
    """A metric line; returns where the next one begins, or _NO."""
    keys, metrics = form
    lines, values, tags, exemplars = found
    if data[at] != 123:
        return _NO
    at = _key(data, at + 1, keys, 0)
    if at != _NO:
        at = _metric(data, at, metrics, lines, i, state)
    if at != _NO:
        at = _next_key(data, at, keys, 1)
    if at != _NO:
        at = _seconds(data, at, lines, i, state)
    if at != _NO:
        at = _next_key(data, at, keys, 2)
    if at != _NO:
        at = _value(data, at, values, i)
    if at != _NO:
        at = _next_key(data, at, keys, 3)
    if at != _NO:
        at = _known_tags(data, at, keys, tags, state)
    if at == _NO:
        return _NO
    lines[i, TAGS], lines[i, EXEMPLAR] = state[_TAGS], -1
    if data[at] == 44:
        state[_EXEMPLARS] += 1
        lines[i, EXEMPLAR] = state[_EXEMPLARS]
        at = _exemplar(data, at, keys, exemplars, state[_EXEMPLARS])
    return _NO if at == _NO else _end_of_line(data, at)


@njit(cache=True, nogil=True)
def scan_points(data, size, form, found, state):  # type: ignore[no-untyped-def]
    """Take the metric lines of ``data[:size]`` apart; returns how many were in the form.

    ``form`` is (keys, metrics): ``metrics`` are (edges, pool) of their names in quotes. ``found`` takes (lines, values,
    tags, exemplars): int64[lines, POINT_COLUMNS], float64[lines], and texts of tags and of exemplars, of which there
    may be as many. ``state`` is int64[STATE]; at the end it tells how many tags and exemplars there are (`rows`).
    """
    state[:] = 0
    state[_TAGS] = state[_EXEMPLARS] = state[_METRIC] = -1
    at = i = 0
    while at < size:
        at = _point(data, at, form, found, i, state)
        if at == _NO:
            return i
        i += 1
    return i


def rows(state: np.typing.NDArray[np.int64]) -> tuple[int, int]:
    """How many tags and how many exemplars `scan_points` has found."""
    return int(state[_TAGS]) + 1, int(state[_EXEMPLARS]) + 1
