"""The walk through a body, field by field, that writes JSON as it goes.

It keeps a stack of frames, one for each message it is in, in an array of its own, so that it can stop anywhere and go
on: where ``out`` is full, and at a double that is not written here. A packed run of numbers has a frame too.

In all functions ``out`` is written at ``to``, ``source`` (the keys, then the body) is read at ``at``, ``t`` has the
rows of `tables` and ``s`` the walk; all four are pointers.
"""

import numpy as np
from numba import njit

from otelsim.wire.otlp_json.numbers import BYTES, ID, MESSAGE, STRING, bits, put_number, varint
from otelsim.wire.otlp_json.tables import (
    EXCLUDED,
    FIELDS,
    KEY_AT,
    KEY_SIZE,
    MESSAGE_AT,
    REPEATED,
    ROW,
    TYPE,
    WIRE,
)
from otelsim.wire.otlp_json.texts import BYTES_A_BYTE, put_base64, put_id, put_string
from otelsim.wire.otlp_json.words import copy_32, pointer
from otelsim.wire.protobuf import LENGTH

AT, TO, TOP, SIZE, WANTED, VALUE = range(6)
"""The walk: where to go on in ``source`` and in ``out``, the innermost frame, the size of ``out``, the size that is
needed, the bits of a double."""
FRAMES, FRAME = 6, 4
"""Where the frames begin, and the entries of one."""
END, PLACE, OPEN, SEEN = range(FRAME)
"""A frame: its end in ``source``; the rows of its message, or -1 - the row of a packed run; the row of the field whose
``]`` is due, or -1; bits of the field numbers seen."""
DEEPEST = FRAMES + FRAME * 100
"""Where a message's frame may be at most: protobuf's own parsers go down 100 levels too."""
STATE = DEEPEST + 2 * FRAME
"""Entries of a walk."""
MARGIN = 128
"""Bytes of ``out`` that a field needs beside its text: a bracket, a key and a number, all as wide copies touch them."""

GOING, DONE, ROOM, NUMBER, CUT, UNKNOWN, WRONG_WIRE, APART, NO_TEXT, DEEP = range(10)
"""How a walk stands: under way, at its end, in want of room or of a double's digits; or what is wrong with the body."""


@njit
def _begin(out, to, source, t, s, field):  # type: ignore[no-untyped-def]
    """All that stands before a field's value; -1 where the field may not stand any more."""
    top = s[TOP]
    is_open, seen = s[top + OPEN], s[top + SEEN]
    if is_open == field:
        out[to] = 44
        return to + 1
    if seen & t[field + EXCLUDED]:
        return -1
    if is_open >= 0:
        out[to] = 93
        to += 1
    s[top + OPEN] = field if t[field + REPEATED] else -1
    s[top + SEEN] = seen | t[field + EXCLUDED]
    copy_32(out, to, source, t[field + KEY_AT])  # type: ignore[call-arg]
    if seen == 0:
        out[to] = 123
    return to + t[field + KEY_SIZE]


@njit
def _push(s, end, place):  # type: ignore[no-untyped-def]
    """A new innermost frame."""
    top = s[TOP] + FRAME
    s[TOP] = top
    s[top + END], s[top + PLACE], s[top + OPEN], s[top + SEEN] = end, place, -1, 0


@njit
def _close(out, to, s):  # type: ignore[no-untyped-def]
    """The end of the innermost frame."""
    top = s[TOP]
    s[TOP] = top - FRAME
    if s[top + PLACE] < 0:
        return to
    if s[top + OPEN] >= 0:
        out[to] = 93
        to += 1
    elif s[top + SEEN] == 0:
        out[to] = 123
        to += 1
    out[to] = 125
    return to + 1


@njit
def _number(out, source, s, at, to, kind):  # type: ignore[no-untyped-def]
    """A number: (status, at, to)."""
    value, after = bits(source, at, s[s[TOP] + END], kind)
    if after < 0:
        return CUT, at, to
    end = put_number(out, to, value, kind)
    if end < 0:
        s[VALUE] = np.int64(value)
        return NUMBER, after, to
    return GOING, after, end


@njit
def _run(out, source, t, s, at, to):  # type: ignore[no-untyped-def]
    """The numbers of a packed run: (status, at, to). `_sized` has made room for all, and `_begin` begun the first."""
    top, status = s[TOP], GOING
    kind, end = t[-1 - s[top + PLACE] + TYPE], s[top + END]
    while status == GOING and at < end:
        if s[top + SEEN]:
            out[to] = 44
            to += 1
        s[top + SEEN] = 1
        status, at, to = _number(out, source, s, at, to, kind)
    return status, at, to


@njit
def _text(out, to, source, at, end, kind):  # type: ignore[no-untyped-def]
    """A string or bytes in quotes; -1 where a string is no UTF-8."""
    out[to] = 34
    if kind == STRING:
        to = put_string(out, to + 1, source, at, end)
        if to < 0:
            return -1
    elif kind == ID:
        to = put_id(out, to + 1, source, at, end)
    else:
        to = put_base64(out, to + 1, source, at, end)
    out[to] = 34
    return to + 1


@njit
def _sized(out, source, t, s, field, place):  # type: ignore[no-untyped-def]
    """A field at ``place[0]`` with its size at ``place[1]``; of a message and a run the start: (status, at, to)."""
    at, size_at, to = place
    outer_end, kind = s[s[TOP] + END], t[field + TYPE]
    size, first = varint(source, size_at, outer_end)
    if first < 0 or size > np.uint64(outer_end - first):
        return CUT, at, to
    end = first + np.int64(size)
    s[WANTED] = to + MARGIN + BYTES_A_BYTE * (end - first)
    if kind != MESSAGE and s[WANTED] > s[SIZE]:
        return ROOM, at, to
    if kind > BYTES and first == end:
        return GOING, end, to  # A packed run of nothing is no field.
    to = _begin(out, to, source, t, s, field)
    if to < 0:
        return APART, at, to
    if kind == MESSAGE or kind > BYTES:
        if kind == MESSAGE and s[TOP] >= DEEPEST:
            return DEEP, at, to
        _push(s, end, t[field + MESSAGE_AT] if kind == MESSAGE else -1 - field)
        return GOING, first, to
    to = _text(out, to, source, first, end, kind)
    return (GOING, end, to) if to >= 0 else (NO_TEXT, at, to)


@njit
def _field(out, source, t, s, at, to):  # type: ignore[no-untyped-def]
    """A field; of a message and a run the start: (status, at, to)."""
    top = s[TOP]
    tag, after = varint(source, at, s[top + END])
    if after < 0:
        return CUT, at, to
    if tag >= np.uint64(FIELDS << 3):
        return UNKNOWN, at, to
    field, wire = s[top + PLACE] + np.int64(tag >> np.uint64(3)) * ROW, np.int64(tag & np.uint64(7))
    if wire == LENGTH and (t[field + WIRE] == LENGTH or t[field + REPEATED]):
        return _sized(out, source, t, s, field, (at, after, to))
    if wire != t[field + WIRE]:
        return UNKNOWN if t[field + WIRE] < 0 else WRONG_WIRE, at, to
    to = _begin(out, to, source, t, s, field)
    if to < 0:
        return APART, at, to
    return _number(out, source, s, after, to, t[field + TYPE])


@njit
def _step(out, source, t, s, at, to):  # type: ignore[no-untyped-def]
    """A field, a packed run or the end of a frame: (status, at, to)."""
    top = s[TOP]
    s[WANTED] = to + MARGIN
    if s[WANTED] > s[SIZE]:
        return ROOM, at, to
    if at == s[top + END]:
        return DONE if top == FRAMES else GOING, at, _close(out, to, s)
    if s[top + PLACE] < 0:
        return _run(out, source, t, s, at, to)
    return _field(out, source, t, s, at, to)


@njit
def _steps(out, source, t, s):  # type: ignore[no-untyped-def]
    status, at, to = GOING, s[AT], s[TO]
    while status == GOING:
        status, at, to = _step(out, source, t, s, at, to)
    s[AT], s[TO] = at, to
    return status


@njit(cache=True, nogil=True)
def walk(out, source, tables, state):  # type: ignore[no-untyped-def]
    """Go on until something stops the walk, and how it stands; contiguous uint8[], uint8[], int64[] and int64[STATE].

    ``source`` has SLACK bytes more than the body; nothing is written behind ``out``.
    """
    state[SIZE] = len(out)
    return _steps(pointer(out), pointer(source), pointer(tables), pointer(state))  # type: ignore[call-arg]
