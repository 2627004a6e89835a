"""The time range in pieces of a length that people know, in UTC."""

from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s

MOST_BINS = 1_500
"""For what is zoomed into: a year in pieces of 6 hours, a week in pieces of 10 minutes."""
MOST_COLUMNS = 400
"""For what is looked at as a whole: a year in days, a week in half hours."""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LENGTHS_S = (
    *(1, 5, 10, 30),
    *(k * _MINUTE for k in (1, 5, 10, 30)),
    *(k * _HOUR for k in (1, 2, 6, 12)),
    *(k * _DAY for k in (1, 2, 10, 30, 120)),
)


class Bins(NamedTuple):
    """Pieces of one length; the first begins at or before the run, at a multiple of the length since the epoch."""

    first_s: int
    length_s: int
    number: int
    """Of bins."""

    def of(self, times_us: Int64s) -> Int64s:
        """The bin of each time; what is later than the run, as some calls are, counts in the last one."""
        found: Int64s = np.minimum((times_us // 1_000_000 - self.first_s) // self.length_s, self.number - 1)
        return found

    def joined(self, counts: Int64s, into: "Bins") -> Int64s:
        """Counts (by bin, along the last axis) by longer bins, whose length is a multiple of ours."""
        starts = self.first_s + self.length_s * np.arange(self.number)
        places = (starts - into.first_s) // into.length_s
        rows = counts.reshape(-1, self.number)
        made = np.zeros((len(rows), into.number), np.int64)
        for row, joined in zip(rows, made, strict=True):
            np.add.at(joined, places, row)
        return made.reshape(*counts.shape[:-1], into.number)


def bins(start_s: int, end_s: int, most: int = MOST_BINS) -> Bins:
    """The shortest bins of which there are at most so many."""
    for length in _LENGTHS_S:
        made = _of_length(start_s, end_s, length)
        if made.number <= most:
            return made
    return _of_length(start_s, end_s, _LENGTHS_S[-1])


def _of_length(start_s: int, end_s: int, length: int) -> Bins:
    first = start_s // length * length
    return Bins(first, length, -((first - end_s) // length))
