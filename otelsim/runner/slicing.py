"""One slice from draws to bytes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.outcome.expand import expand
from otelsim.outcome.tables import START_US, Room, empty_calls, empty_scratch
from otelsim.runner.output import Made, Output
from otelsim.runner.preparing import Prepared
from otelsim.runner.tallies import Tally, count, empty_tally, sorting
from otelsim.traffic.intensity import CELL_REQUESTS
from otelsim.traffic.requests import draw_requests, empty_requests

BATCH_REQUESTS = 4_096
"""Requests drawn together: about 11,000 calls."""
_FOREVER = np.iinfo(np.int64).max


class SliceResult(NamedTuple):
    """What one slice became."""

    tally: Tally
    made: Made


class Interrupted(Exception):
    """The run is to end: the slice is given up."""


class Simulator:
    """Makes slices of a prepared run; its columns and buffers are used again and again."""

    def __init__(self, prepared: Prepared, stopped: Callable[[], bool] = lambda: False) -> None:
        self.prepared, self.stopped = prepared, stopped
        self.requests = empty_requests(BATCH_REQUESTS)
        self.scratch = empty_scratch(prepared.largest_tree)
        self.near = np.zeros(len(prepared.incidents) + 1, np.int64)
        self.calls = empty_calls(BATCH_REQUESTS * 3)
        self.sorting = sorting(prepared)
        self.waiting = 0

    def slice(self, index: int, output: Output) -> SliceResult:
        """Slice ``index`` into an output that was begun."""
        cells = self.prepared.intensity.cells(*self.prepared.slices[index])
        tally, self.waiting = empty_tally(self.prepared), 0
        for first, end, horizon in batches(cells):
            if self.stopped():
                raise Interrupted
            before = self.waiting
            order = self._batch(cells, first, end, horizon)
            count(tally, *self.sorting, self.calls, order)
            output.take(self.calls, (before, self.waiting), order)
            self._keep(order)
        return SliceResult(tally, output.end())

    def _batch(self, cells: Int64s, first: int, end: int, horizon: int) -> Int64s:
        """Make the calls of some cells; returns the rows, in time order, that nothing later can come before."""
        n = draw_requests(self.prepared.traffic, cells, (first, end), self.requests)
        self._make_room(self.waiting + n * self.prepared.largest_tree)
        room = Room(self.requests, self.scratch, self.near, self.calls)
        self.waiting = expand(self.prepared.outcome, room, n, self.waiting)
        starts = self.calls[START_US, : self.waiting]
        order = np.argsort(starts, kind="stable")
        return order[: np.searchsorted(starts[order], horizon)]

    def _make_room(self, rows: int) -> None:
        if rows > self.calls.shape[1]:
            larger = empty_calls(rows)
            larger[:, : self.waiting] = self.calls[:, : self.waiting]
            self.calls = larger

    def _keep(self, written: Int64s) -> None:
        """Move the calls that wait for the next batch to the front, in their order."""
        keep = np.ones(self.waiting, np.bool_)
        keep[written] = False
        rows = np.flatnonzero(keep)
        self.calls[:, : len(rows)] = self.calls[:, rows]
        self.waiting = len(rows)


def batches(cells: Int64s) -> list[tuple[int, int, int]]:
    """(first cell, end cell, time that no later cell's call comes before), of at most BATCH_REQUESTS each."""
    assert BATCH_REQUESTS >= CELL_REQUESTS
    ends = np.cumsum(cells[3])
    made, first, done = [], 0, 0
    while first < len(ends):
        end = int(np.searchsorted(ends, done + BATCH_REQUESTS, side="right"))
        horizon = int(cells[0, end]) if end < len(ends) else _FOREVER
        made.append((first, end, horizon))
        first, done = end, int(ends[end - 1])
    return made
