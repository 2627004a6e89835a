"""A run from prepared tables to a published folder."""

import json
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from otelsim.runner import manifest
from otelsim.runner.folder import INCIDENTS, JOURNAL, MANIFEST, SUMMARY, Folder, told
from otelsim.runner.journal import Journal, entry
from otelsim.runner.pool import LocalPool, run_lanes
from otelsim.runner.preparing import Prepared
from otelsim.runner.totals import Totals
from otelsim.runner.worker import Target

LOGS_AND_METRICS = ("logs", "metrics")


class Progress(NamedTuple):
    """How far a run is."""

    slices: int
    all_slices: int
    counts: dict[str, int]
    content_bytes: int
    seconds: float


Watcher = Callable[[Progress], None]


class Run:
    """One run: its state, and what becomes of its files."""

    def __init__(self, prepared: Prepared, target: Target, workers: int, watch: Watcher) -> None:
        self.prepared, self.target, self.watch = prepared, target, watch
        self.workers = workers
        self.lanes = min(workers, len(prepared.slices))
        self.offsets = [dict.fromkeys(LOGS_AND_METRICS, 0) for _ in range(self.lanes)]
        self.totals = Totals(prepared)
        self.entries: list[dict[str, Any]] = []
        self.content = 0
        self.began = time.monotonic()

    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began

    def generate(self, folder: Folder | None) -> dict[str, Any]:
        """Make everything; returns the summary. What a failure leaves behind is whole slices."""
        head = manifest.head(self.prepared, self.target, self.workers)
        journal = Journal(folder.path / JOURNAL, head) if folder else None
        try:
            self._all_slices(journal)
        finally:
            if journal:
                journal.close()
            if folder:
                self._cut(folder)
        summary = self._summary(head)
        if folder:
            self._publish(folder, head, summary)
        return summary

    def _all_slices(self, journal: Journal | None) -> None:
        lanes = [list(range(lane, len(self.prepared.slices), self.lanes)) for lane in range(self.lanes)]
        with tempfile.TemporaryDirectory(prefix="otelsim-") as shared:
            tables = Path(shared) / "prepared"
            with told(tables):
                tables.write_bytes(pickle.dumps(self.prepared, protocol=5))
            with LocalPool(self.lanes, tables, self.target) as pool:
                for done in run_lanes(pool.executor, lanes, self.offsets):
                    if done is not None:
                        self.totals.add(done)
                        self.entries.append(entry(done))
                        self.content += sum(e.content for e in done.extents.values())
                        if journal:
                            journal.append(self.entries[-1])
                    self.watch(self._progress())

    def _progress(self) -> Progress:
        seconds = self.seconds()
        return Progress(len(self.entries), len(self.prepared.slices), self.totals.counts(), self.content, seconds)

    def _summary(self, head: dict[str, Any]) -> dict[str, Any]:
        content = {name: sum(e[name]["content_bytes"] for e in self.entries) for name in LOGS_AND_METRICS}
        return {
            "run_id": head["run_id"],
            "scenario": head["scenario"],
            "counts": self.totals.counts(),
            "bytes": content,
            **self.totals.breakdown(),
            "incidents": self.totals.incidents(),
            "content_digest": manifest.content_digest(self.entries, LOGS_AND_METRICS),
        }

    def _cut(self, folder: Folder) -> None:
        """Leave no line that belongs to a slice which was not finished."""
        for lane, offsets in enumerate(self.offsets):
            for name, size in offsets.items():
                folder.cut(self.target.file_name(name, lane), size)

    def _publish(self, folder: Folder, head: dict[str, Any], summary: dict[str, Any]) -> None:
        files = manifest.files(self.target, self.entries, LOGS_AND_METRICS)
        for name in files:
            folder.publish(name)
        lines = [json.dumps(i, separators=(",", ":")) + "\n" for i in summary["incidents"]]
        folder.write(INCIDENTS, "".join(lines))
        folder.write_json(SUMMARY, summary)
        slices = manifest.described(self.prepared, self.entries)
        made = {
            "counts": summary["counts"],
            "content_digest": summary["content_digest"],
            "files": files,
            "slices": slices,
        }
        folder.write_json(MANIFEST, {**head, **made})
