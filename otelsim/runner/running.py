"""A run from prepared tables to a published folder."""

import json
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from otelsim.errors import RunError
from otelsim.runner import manifest
from otelsim.runner.accounting import Delivered
from otelsim.runner.folder import INCIDENTS, JOURNAL, MANIFEST, SUMMARY, Folder, told
from otelsim.runner.journal import Journal, entry
from otelsim.runner.otlp_output import notated
from otelsim.runner.pool import Lanes, LocalPool
from otelsim.runner.preparing import Prepared
from otelsim.runner.target import Target
from otelsim.runner.totals import Totals
from otelsim.runner.worker import INTERRUPTED, TABLES, WAITING, Done


class Progress(NamedTuple):
    """How far a run is."""

    slices: int
    all_slices: int
    counts: dict[str, int]
    content_bytes: int
    seconds: float
    waiting: tuple[str, ...] = ()
    """Whom workers wait for, and why; empty while all goes well."""


Watcher = Callable[[Progress], None]


class Run:
    """One run: its state, and what becomes of its files."""

    def __init__(self, prepared: Prepared, target: Target, workers: int, watch: Watcher) -> None:
        self.prepared, self.target, self.watch = prepared, target, watch
        self.workers = workers
        self.lanes = min(workers, len(prepared.slices))
        self.offsets = [dict.fromkeys(target.signals, 0) for _ in range(self.lanes)]
        self.totals = Totals(prepared)
        self.delivered = Delivered(target)
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
            if folder and self.target.has_files:
                self._cut(folder)
        summary = self._summary(head)
        if folder:
            self._publish(folder, head, summary)
        self.delivered.check(self.counts())
        return summary

    def counts(self) -> dict[str, int]:
        """Records made so far, by kind."""
        return self.delivered.counts(self.totals.counts())

    def _all_slices(self, journal: Journal | None) -> None:
        lanes = [list(range(lane, len(self.prepared.slices), self.lanes)) for lane in range(self.lanes)]
        with tempfile.TemporaryDirectory(prefix="otelsim-") as shared:
            self._share(Path(shared) / TABLES)
            with LocalPool(self.lanes, Path(shared), self.target) as pool:
                made = Lanes(pool.executor, lanes, self.offsets)
                try:
                    for done in made:
                        if done is not None:
                            self._take(done, journal)
                        self.watch(self._progress(Path(shared)))
                except BaseException:
                    if self.target.sink == "otlp":
                        pool.stop.set()
                        for done in made.left():
                            self.delivered.add(done)
                    raise

    def _share(self, tables: Path) -> None:
        otlp = self.target.otlp
        made = notated(self.prepared, otlp.notation) if otlp else None
        with told(tables):
            tables.write_bytes(pickle.dumps((self.prepared, made), protocol=5))

    def _take(self, done: Done, journal: Journal | None) -> None:
        """Add a slice to the run."""
        self.delivered.add(done)
        if done.failure:
            raise RunError(done.failure if done.failure != INTERRUPTED else "a worker was interrupted")
        self.totals.add(done)
        self.entries.append(entry(done))
        self.content += sum(e.content for e in done.extents.values())
        if journal:
            journal.append(self.entries[-1])
        self.delivered.refuse_to_go_on()

    def _progress(self, shared: Path) -> Progress:
        news = {line for path in shared.glob(f"{WAITING}*") for line in path.read_text().splitlines()}
        done, of = len(self.entries), len(self.prepared.slices)
        return Progress(done, of, self.counts(), self.content, self.seconds(), tuple(sorted(news)))

    def _summary(self, head: dict[str, Any]) -> dict[str, Any]:
        signals = self.target.signals
        content = {name: sum(e[name]["content_bytes"] for e in self.entries) for name in signals}
        return {
            "run_id": head["run_id"],
            "scenario": head["scenario"],
            "counts": self.counts(),
            **self.delivered.told(),
            "bytes": content,
            **self.totals.breakdown(),
            "incidents": self.totals.incidents(),
            "content_digest": manifest.content_digest(self.entries, signals),
        }

    def _cut(self, folder: Folder) -> None:
        """Leave no line that belongs to a slice which was not finished."""
        for lane, offsets in enumerate(self.offsets):
            for name, size in offsets.items():
                folder.cut(self.target.file_name(name, lane), size)

    def _publish(self, folder: Folder, head: dict[str, Any], summary: dict[str, Any]) -> None:
        files = manifest.files(self.target, self.entries) if self.target.has_files else {}
        for name in files:
            folder.publish(name)
        lines = [json.dumps(i, separators=(",", ":")) + "\n" for i in summary["incidents"]]
        folder.write(INCIDENTS, "".join(lines))
        folder.write_json(SUMMARY, summary)
        slices = manifest.described(self.prepared, self.entries)
        made = {
            "counts": summary["counts"],
            **self.delivered.told(),
            "content_digest": summary["content_digest"],
            "files": files,
            "slices": slices,
        }
        folder.write_json(MANIFEST, {**head, **made})
