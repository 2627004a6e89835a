"""Log lines with their durations: the k-th duration line belongs to the k-th log line."""

import numpy as np

from otelsim.replay.coding import Coder
from otelsim.replay.lines import LogLines, PointLines
from otelsim.replay.records import Pairs
from otelsim.wire.otlp import log_lines as log
from otelsim.wire.otlp import point_lines as point
from otelsim.wire.scan import TAGS, TIME_US

_TIME, _GOOD, _RELEASE, _ACTION, _PERSONA, _SUCCESS, _COLUMNS = range(7)


class Durations:
    """Duration lines that wait for their log lines, in order."""

    def __init__(self) -> None:
        self.waiting, self.values = np.zeros((0, _COLUMNS), np.int64), np.zeros(0)

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, read: PointLines) -> None:
        """Those among a block's metric lines; bad ones keep their places."""
        rows = np.flatnonzero(read.durations)
        tags = read.codes[read.lines[rows, TAGS]]
        columns = [read.lines[rows, TIME_US], read.good[rows]]
        columns += [tags[:, k] for k in (point.RELEASE, point.ACTION_CODE, point.PERSONA_CODE, point.SUCCESS)]
        self.waiting = np.concatenate([self.waiting, np.stack(columns, axis=1)])
        self.values = np.concatenate([self.values, read.values[rows]])

    def take(self, read: LogLines) -> tuple[Pairs, int]:
        """What goes with a block's log lines, and how many durations go with none of the good ones.

        A duration that says another time, release, action or outcome than its log line is none of its.
        """
        lines = len(read.good)
        taken, self.waiting = self.waiting[:lines], self.waiting[lines:]
        values, self.values = self.values[:lines], self.values[lines:]
        here = len(taken)
        columns = read.columns[:here]
        paired = np.zeros(lines, np.bool_)
        paired[:here] = read.good[:here] & (taken[:, _GOOD] == 1)
        # One of the two may have been cut where the other was rounded.
        paired[:here] &= np.abs(columns[:, log.TIME_US] - taken[:, _TIME]) <= 1
        for ours, theirs in ((log.RELEASE, _RELEASE), (log.ACTION_CODE, _ACTION), (log.SUCCESS, _SUCCESS)):
            paired[:here] &= columns[:, ours] == taken[:, theirs]
        durations, personas = np.zeros(lines, np.int64), np.full(lines, -1)
        durations[:here] = np.rint(np.where(paired[:here], values, 0) * 1e6)
        personas[:here] = taken[:, _PERSONA]
        return Pairs(paired, durations, personas), here - int(paired.sum())

    def recode(self, coder: Coder) -> None:
        """Let a coder forget all texts but those of what waits here."""
        kept = [(column, table, table.texts()) for column, table in self._coded(coder)]
        coder.clear()
        for column, table, texts in kept:
            codes, where = np.unique(self.waiting[:, column], return_inverse=True)
            known = codes >= 0
            codes[known] = table.codes([texts[code] for code in codes[known].tolist()])
            self.waiting[:, column] = codes[where]
        coder.learn()

    def _coded(self, coder: Coder):  # type: ignore[no-untyped-def]
        return (_RELEASE, coder.releases), (_ACTION, coder.words), (_PERSONA, coder.words)
