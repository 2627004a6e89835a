"""Texts that come again and again, numbered for as long as a worker lives: releases, and words such as actions."""

import numpy as np
import numpy.typing as npt

from otelsim.draws import Int64s
from otelsim.replay import faults
from otelsim.wire.codes import Codes

MOST_TEXTS, MOST_BYTES = 1 << 16, 8 << 20
"""Where there are more, in number or bytes, all of them are forgotten."""
Bools = npt.NDArray[np.bool_]


class Coder:
    """Codes, and what is known of releases."""

    def __init__(self) -> None:
        self.releases, self.words, self.calls = Codes(), Codes(), Codes()
        self.clear()

    def clear(self) -> None:
        """Forget all texts: codes lose their meaning."""
        for table in self._tables():
            table.clear()
        self.release_ids: list[str] = []
        self._right = np.zeros(1, np.bool_)
        self.applications: Int64s = np.zeros(0, np.int64)

    def _tables(self) -> tuple[Codes, ...]:
        return self.releases, self.words, self.calls

    def is_full(self) -> bool:
        """Whether it is time to forget."""
        return any(len(table) > MOST_TEXTS or table.size > MOST_BYTES for table in self._tables())

    def make_room(self, lines: int, size: int) -> None:
        """For all texts of a block."""
        for table in (self.releases, self.words):
            table.make_room(5 * lines, size)

    def learn(self) -> None:
        """Look at releases that are new."""
        first = len(self.release_ids)
        if first == len(self.releases):
            return
        new = [text.decode() for text in self.releases.texts(first)]
        self.release_ids += new
        right = [not faults.fault_of_release(release) for release in new]
        # What a line without a release looks at stands at the end.
        self._right = np.array([*self._right[:-1], *right, False])
        codes = self.words.codes([_application(release).encode() for release in new])
        self.applications = np.concatenate([self.applications, codes])

    def right(self, codes: Int64s) -> Bools:
        """Where a release has no fault; of code -1 it has."""
        found: Bools = self._right[codes]
        return found

    def word(self, code: int) -> str:
        """A word's text; empty where there is none."""
        edges = self.words.edges
        return self.words.pool[edges[code] : edges[code + 1]].tobytes().decode() if code >= 0 else ""


def _application(release_id: str) -> str:
    parts = release_id.split(":")
    return parts[7] if len(parts) == 12 else ""
