"""Log lines with their durations: the k-th duration line belongs to the k-th log line."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otelsim.replay.lines import Read
from otelsim.replay.records import Pairs

_CARRIED = ("tags.persona", "tags.release_id", "tags.action", "tags.success")


class Durations:
    """Duration lines that wait for their log lines, in order."""

    def __init__(self) -> None:
        self.waiting = _table({name: pa.array([], pa.string()) for name in _CARRIED}, *np.zeros((3, 0)))

    def __len__(self) -> int:
        return int(self.waiting.num_rows)

    def add(self, read: Read) -> None:
        """Those among a block's metric lines; bad ones keep their places."""
        rows = np.flatnonzero(read.durations)
        carried = {name: read.columns[name].take(pa.array(rows)) for name in _CARRIED}
        values = read.columns["value"].fill_null(0).to_numpy()[rows]
        more = _table(carried, read.times_us[rows], values, read.good[rows])
        self.waiting = pa.concat_tables([self.waiting, more]).combine_chunks()

    def take(self, read: Read) -> tuple[Pairs, int]:
        """What goes with a block's log lines, and how many durations go with none of the good ones.

        A duration that says another time, release, action or outcome than its log line is none of its.
        """
        lines = len(read.times_us)
        taken, self.waiting = self.waiting.slice(0, lines), self.waiting.slice(lines)
        here, missing = taken.num_rows, lines - taken.num_rows
        columns = {name: taken.column(name).combine_chunks() for name in taken.column_names}
        paired = read.good[:here] & columns["good"].to_numpy(zero_copy_only=False)
        # One of the two may have been cut where the other was rounded.
        paired &= np.abs(read.times_us[:here] - columns["time_us"].to_numpy()) <= 1
        success = pc.equal(columns["tags.success"], "true")
        for ours, theirs in (("release_id", columns["tags.release_id"]), ("action", columns["tags.action"])):
            paired &= _equal(read.columns[ours].slice(0, here), theirs)
        paired &= _equal(read.columns["success"].slice(0, here), success)
        duration_ns = np.rint(np.where(paired, columns["value"].to_numpy(), 0) * 1e6).astype(np.int64)
        persona = pa.concat_arrays([columns["tags.persona"], pa.nulls(missing, pa.string())])
        after = np.zeros(missing, np.int64)
        pairs = Pairs(np.append(paired, after.astype(np.bool_)), np.append(duration_ns, after), persona)
        return pairs, here - int(paired.sum())


def _equal(ours: Any, theirs: Any) -> Any:
    return pc.equal(ours, theirs).fill_null(False).to_numpy(zero_copy_only=False)


def _table(carried: dict[str, Any], times_us: Any, values: Any, good: Any) -> Any:
    numbers = {"time_us": times_us.astype(np.int64), "value": values.astype(np.float64), "good": good.astype(np.bool_)}
    return pa.table({**carried, **numbers})
