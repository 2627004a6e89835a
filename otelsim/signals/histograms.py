"""Calls counted in histograms, interval by interval: the columns of histogram points (docs/otlp.md).

Two tables are kept, of the series that the present interval has and of those that the one before it had; so memory
follows the series of two intervals, not the run. Calls come in the order of their requests.
"""

import math
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import NamedTuple

import numpy as np
from numba import njit

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.packing import get, pack
from otelsim.signals import points as p
from otelsim.signals.conventions import BOUNDS_S
from otelsim.signals.notation import Notation
from otelsim.signals.series import SeriesSets

_UNITS_PER_S = 100_000
_SETTINGS = ("interval_us", "cumulative", "kinds", "sets", "set_of_call", "bounds")
_INTERVAL_US, _CUMULATIVE, _KINDS, _SETS, _SET_OF_CALL, _BOUNDS = range(len(_SETTINGS))
_NOW, _PRESENT, _FILLED, _BEFORE, _EMITTED = range(5)
"""State: the present interval's number, which table is its, entries of the two tables, points that wait."""
_NONE = -1
_ENTRIES = 1_024
WAITING = 4_096
"""Points that wait to be encoded together, about."""


class _State(NamedTuple):
    """``rows`` int64[2, entries, width] as points, with where the entry stands in ``slots`` as one column more."""

    control: Int64s
    rows: Int64s
    slots: Int64s
    """int64[2, 4 x entries]: entries by the hash of their series, or -1."""
    out: Int64s
    """int64[points, width]"""


def exponential_bounds() -> Int64s:
    """The largest duration in each exponential bucket but the last, in 10 us: ⌊2**((index + 1) / 8) s⌋."""
    with localcontext(prec=60):
        indices = range(p.LEAST_INDEX, p.LEAST_INDEX + p.EXPONENTIAL_BUCKETS - 1)
        bases = (Decimal(2) ** (Decimal(i + 1) / 2**p.EXPONENTIAL_SCALE) for i in indices)
        return np.array([math.floor(b * _UNITS_PER_S) for b in bases], np.int64)


def explicit_bounds() -> Int64s:
    """The largest duration in each explicit bucket but the last, in 10 us."""
    return np.array([round(b * _UNITS_PER_S) for b in BOUNDS_S], np.int64)


@njit
def _slot(slots, rows, key):  # type: ignore[no-untyped-def]
    """Where the series is, or where it would go."""
    mask = len(slots) - 1
    h = (key[0] * 0x9E3779B1 + key[1] * 0x85EBCA77) & 0x7FFFFFFFFFFF
    h = (h ^ (h >> 15)) & mask
    while slots[h] >= 0 and (rows[slots[h], p.RELEASE] != key[0] or rows[slots[h], p.SET] != key[1]):
        h = (h + 1) & mask
    return h


@njit(cache=True, nogil=True)
def place_again(slots, rows, filled):  # type: ignore[no-untyped-def]
    """Give the first entries of a table their places among larger ``slots``."""
    for entry in range(filled):
        slot = _slot(slots, rows, (rows[entry, p.RELEASE], rows[entry, p.SET]))
        slots[slot] = entry
        rows[entry, -1] = slot


@njit
def _fill(to, origin, size):  # type: ignore[no-untyped-def]
    """The first entries of a row, copied; a slice's assignment would take seconds to compile."""
    for k in range(size):
        to[k] = origin[k]


@njit
def _begin_series(t, st, key, slot, start_ms):  # type: ignore[no-untyped-def]
    """An entry of the present table: as the interval before left it, or at 0."""
    present = st.control[_PRESENT]
    entry = st.control[_FILLED + present]
    st.control[_FILLED + present] = entry + 1
    st.slots[present, slot] = entry
    row = st.rows[present, entry]
    before = _slot(st.slots[1 - present], st.rows[1 - present], key)
    known = st.slots[1 - present, before]
    if known >= 0 and get(t, _CUMULATIVE, 0):
        _fill(row, st.rows[1 - present, known], len(row))
        row[p.EXEMPLAR_COUNT] = 0
    else:
        for k in range(len(row)):
            row[k] = 0
        row[p.RELEASE], row[p.SET], row[p.START_MS] = key[0], key[1], start_ms
    row[-1] = slot
    return row


@njit
def _count_call(t, row, c, i):  # type: ignore[no-untyped-def]
    duration = c[o.DURATION, i]
    row[p.LEAST] = min(row[p.LEAST], duration) if row[p.COUNT] else duration
    row[p.MOST] = max(row[p.MOST], duration)
    row[p.COUNT] += 1
    row[p.SUM] += duration
    first, buckets = t[_BOUNDS], len(row) - 1 - p.WIDTH
    low, high = 0, buckets - 1
    while low < high:
        middle = (low + high) >> 1
        if duration <= t[first + middle]:
            high = middle
        else:
            low = middle + 1
    row[p.WIDTH + low] += 1
    if c[o.EXEMPLAR, i]:
        e = p.FIRST_EXEMPLAR + row[p.EXEMPLAR_COUNT] % p.EXEMPLARS * 5
        row[e], row[e + 1], row[e + 2] = c[o.NUMBER, i], c[o.NODE, i], c[o.START_US, i]
        row[e + 3], row[e + 4] = duration, c[o.PERSONA, i]
        row[p.EXEMPLAR_COUNT] += 1


@njit
def _emit(t, st):  # type: ignore[no-untyped-def]
    """Points of the present interval: of each series its state at the end, after a 0 where it begins."""
    interval_ms = get(t, _INTERVAL_US, 0) // 1_000
    first_ms = st.control[_NOW] * interval_ms
    present = st.control[_PRESENT]
    k = st.control[_EMITTED]
    for entry in range(st.control[_FILLED + present]):
        row = st.rows[present, entry]
        if row[p.START_MS] == first_ms + 1 and get(t, _CUMULATIVE, 0):
            for column in range(st.out.shape[1]):
                st.out[k, column] = 0
            st.out[k, p.RELEASE], st.out[k, p.SET] = row[p.RELEASE], row[p.SET]
            st.out[k, p.START_MS], st.out[k, p.TIME_MS] = first_ms + 1, first_ms + 1
            k += 1
        _fill(st.out[k], row, st.out.shape[1])
        st.out[k, p.TIME_MS] = first_ms + interval_ms
        k += 1
    st.control[_EMITTED] = k


@njit
def _forget(st, table):  # type: ignore[no-untyped-def]
    """Empty a table."""
    for entry in range(st.control[_FILLED + table]):
        st.slots[table, st.rows[table, entry, -1]] = _NONE
    st.control[_FILLED + table] = 0


@njit
def _turn_to(t, st, interval):  # type: ignore[no-untyped-def]
    """Go on to a later interval."""
    _emit(t, st)
    present = st.control[_PRESENT]
    _forget(st, 1 - present)
    if interval == st.control[_NOW] + 1:
        st.control[_PRESENT] = 1 - present
    else:
        _forget(st, present)
    st.control[_NOW] = interval


@njit(cache=True, nogil=True)
def count_calls(t, st, c, first, end):  # type: ignore[no-untyped-def]
    """Count the calls in rows first..end-1; returns the next row: before ``end`` where a table or ``out`` is full."""
    interval_us, sets = get(t, _INTERVAL_US, 0), t[_SET_OF_CALL]
    for i in range(first, end):
        interval = c[o.START_US, i] // interval_us
        if c[o.PARENT, i] < 0 and interval != st.control[_NOW]:
            if st.control[_EMITTED] + 2 * st.control[_FILLED + st.control[_PRESENT]] > len(st.out):
                return i
            _turn_to(t, st, interval)
        present = st.control[_PRESENT]
        if st.control[_FILLED + present] == st.rows.shape[1]:
            return i
        error = c[o.ERROR, i] + 1 if c[o.SOURCE, i] else 0
        key = (c[o.RELEASE, i], t[sets + c[o.OP, i] * get(t, _KINDS, 0) + error])
        slot = _slot(st.slots[present], st.rows[present], key)
        if st.slots[present, slot] >= 0:
            row = st.rows[present, st.slots[present, slot]]
        else:
            start_ms = st.control[_NOW] * (interval_us // 1_000)
            row = _begin_series(t, st, key, slot, start_ms + get(t, _CUMULATIVE, 0))
        _count_call(t, row, c, i)
    return end


@njit(cache=True, nogil=True)
def end_slice(t, st):  # type: ignore[no-untyped-def]
    """Emit the last interval's points and forget everything."""
    _emit(t, st)
    _forget(st, 0)
    _forget(st, 1)
    st.control[_NOW] = _NONE


class Histograms:
    """The histograms of the slice in hand; room is made as it is needed."""

    def __init__(self, series: SeriesSets, notation: Notation, interval_s: int, entries: int = _ENTRIES) -> None:
        explicit = notation.histogram == "explicit"
        bounds = explicit_bounds() if explicit else exponential_bounds()
        self._t = pack(
            _SETTINGS,
            {
                "interval_us": interval_s * 1_000_000,
                "cumulative": notation.temporality == "cumulative",
                "kinds": series.of_call.shape[1],
                "sets": len(series.attributes),
                "set_of_call": series.of_call,
                "bounds": bounds,
            },
        )
        self._width = p.WIDTH + len(bounds) + 1
        self._state = self._room(entries, WAITING)

    def _room(self, entries: int, points: int) -> _State:
        return _State(
            np.array([_NONE, 0, 0, 0, 0], np.int64),
            np.zeros((2, entries, self._width + 1), np.int64),
            np.full((2, 4 * entries), _NONE, np.int64),
            np.zeros((points, self._width), np.int64),
        )

    def add(self, calls: Int64s, first: int, end: int) -> Iterator[Int64s]:
        """Count the calls in rows first..end-1, which follow those before; yields points whenever many wait.

        Points (see `points.POINT`) are views that hold until the next call.
        """
        while (first := count_calls(self._t, self._state, calls, first, end)) < end:
            if self._state.control[_EMITTED]:
                yield self._taken()
            else:
                self._grow()

    def end(self) -> Int64s:
        """End the slice; returns the points that are left."""
        present = self._state.control[_FILLED + self._state.control[_PRESENT]]
        more = int(self._state.control[_EMITTED] + 2 * present)
        if more > len(self._state.out):
            self._make_out(more)
        end_slice(self._t, self._state)
        return self._taken()

    def _taken(self) -> Int64s:
        count, self._state.control[_EMITTED] = int(self._state.control[_EMITTED]), 0
        return self._state.out[:count]

    def _make_out(self, points: int) -> None:
        out = np.zeros((points, self._width), np.int64)
        out[: len(self._state.out)] = self._state.out
        self._state = self._state._replace(out=out)

    def _grow(self) -> None:
        """Twice the entries, and room for all their points."""
        old = self._state
        entries = 2 * old.rows.shape[1]
        self._state = self._room(entries, max(len(old.out), 2 * entries))
        self._state.control[:] = old.control
        for table in range(2):
            filled = int(old.control[_FILLED + table])
            self._state.rows[table, :filled] = old.rows[table, :filled]
            place_again(self._state.slots[table], self._state.rows[table], filled)
