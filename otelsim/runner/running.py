"""A run from prepared tables to a published folder, or on from where an earlier one was interrupted."""

import json
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from otelsim.errors import OtelsimError, RunError
from otelsim.runner import manifest
from otelsim.runner.accounting import Delivered
from otelsim.runner.folder import INCIDENTS, MANIFEST, SUMMARY, Folder, told
from otelsim.runner.journal import ENDED, Journal, entry
from otelsim.runner.mending import Mending
from otelsim.runner.otlp_output import notated
from otelsim.runner.pool import Lanes, LocalPool, WorkerDied
from otelsim.runner.preparing import Prepared
from otelsim.runner.resuming import Entry, Layout
from otelsim.runner.sealing import sealed
from otelsim.runner.target import Target
from otelsim.runner.totals import Totals
from otelsim.runner.worker import INTERRUPTED, JOURNAL, TABLES, WAITING, Done
from otelsim.sinks.ledger import NAME as LEDGER

MOST_DEATHS = 3
"""So many workers that died end a run: what kills them is no accident."""


class Progress(NamedTuple):
    """How far a run is."""

    slices: int
    all_slices: int
    counts: dict[str, int]
    content_bytes: int
    seconds: float
    waiting: tuple[str, ...] = ()
    """Whom workers wait for, and why; empty while all goes well."""
    deaths: int = 0
    """Workers that died; what they had in hand is made again."""
    found: int = 0
    """Of the slices, those that an earlier run had made."""


Watcher = Callable[[Progress], None]


class Run:
    """One run: its state, and what becomes of its files."""

    def __init__(self, prepared: Prepared, target: Target, workers: int, watch: Watcher) -> None:
        self.prepared, self.target, self.watch = prepared, target, watch
        self.workers = workers
        self.lanes = min(workers, len(prepared.slices))
        self.processes = self.lanes
        self.offsets = [dict.fromkeys(target.signals, 0) for _ in range(self.lanes)]
        self.totals = Totals(prepared)
        self.delivered = Delivered(target)
        self.entries: list[Entry] = []
        self.content = self.deaths = self.found = 0
        self.began = time.monotonic()

    @cached_property
    def head(self) -> dict[str, Any]:
        """What the manifest says before anything is made."""
        return manifest.head(self.prepared, self.target, self.workers)

    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began

    def generate(self, folder: Folder | None) -> dict[str, Any]:
        """Make everything; returns the summary. What a failure leaves behind is whole slices."""
        return self._finish(folder, self._journal(folder, []) if folder else None)

    def go_on(self, folder: Folder, layout: Layout, known: dict[int, Entry]) -> dict[str, Any]:
        """Make what is missing of a run that was interrupted; returns the summary of all of it.

        ``known`` are the journal's entries of all slices, also of damaged ones.
        """
        entries = layout.whole
        if layout.gaps:
            entries = entries + self._mend(Mending(folder, self.target, layout.gaps, known))
        for each in sorted(entries, key=lambda e: int(e["slice"])):
            self._take_over(each)
        self.found = len(self.entries)
        folder.withdraw(self.target.file_name(s, lane) for s in self.target.signals for lane in range(self.lanes))
        return self._finish(folder, self._journal(folder, entries))

    def look_back(self, entries: list[Entry]) -> None:
        """Take over a run that is complete; RunError where not all of it was taken."""
        for each in entries:
            self._take_over(each)
        self.delivered.check(self.counts())

    def _journal(self, folder: Folder, entries: list[Entry]) -> Journal:
        return Journal(folder.path / JOURNAL, manifest.journal_head(self.head, self.prepared), entries)

    def _take_over(self, done: Entry) -> None:
        """Add a slice that an earlier run had made."""
        self.totals.add(done["tally"])
        self.delivered.add(done.get("account", {}), done.get("records", {}))
        self._enter(done)
        self.offsets[done["lane"]] = {n: done[n]["offset"] + done[n]["bytes"] for n in self.target.signals}

    def _finish(self, folder: Folder | None, journal: Journal | None) -> dict[str, Any]:
        try:
            self._all_slices(journal)
        except (OtelsimError, KeyboardInterrupt) as error:
            with suppress(RunError):  # it would hide why the run ended
                self._cut(folder)
            if journal and self.delivered.told():
                with suppress(RunError):  # a full disk has been told of
                    journal.append({ENDED: str(error) or INTERRUPTED, **self.delivered.told()})
            raise
        finally:
            if journal:
                journal.close()
        self._cut(folder)
        summary = self._summary()
        if folder:
            self._publish(folder, summary)
        self.delivered.check(self.counts())
        return summary

    def counts(self) -> dict[str, int]:
        """Records made so far, by kind."""
        return self.delivered.counts(self.totals.counts())

    def _todo(self) -> list[list[int]]:
        """What is missing, by lane."""
        done = {e["slice"] for e in self.entries}
        every = range(len(self.prepared.slices))
        return [[n for n in every[lane :: self.lanes] if n not in done] for lane in range(self.lanes)]

    def _all_slices(self, journal: Journal | None) -> None:
        with tempfile.TemporaryDirectory(prefix="otelsim-") as name:
            shared = Path(name)
            self._share(shared / TABLES)
            while any(todo := self._todo()):
                for news in shared.glob(f"{WAITING}*"):
                    news.unlink()
                with self._deaths_counted():
                    self._through(LocalPool(self.processes, shared, self.target), todo, journal)

    def _through(self, local: LocalPool, todo: list[list[int]], journal: Journal | None) -> None:
        """Make slices by the processes of a pool."""
        with local as pool:
            made = Lanes(pool.executor, todo, self.offsets)
            try:
                for done in made:
                    if done is not None:
                        self._take(done, journal)
                    self.watch(self._progress(pool.shared))
            except WorkerDied:
                raise
            except BaseException:
                if self.target.sink == "otlp":
                    pool.stop.set()
                    for done in made.left():
                        self.delivered.add(done.account, {} if done.failure else done.counts)
                raise

    def _mend(self, mending: Mending) -> list[Entry]:
        """Make what fills the gaps, and fill them."""
        mending.prepare()
        lanes = mending.lanes(self.lanes)
        offsets = [dict.fromkeys(self.target.signals, 0) for _ in lanes]
        made: dict[int, Done] = {}
        with tempfile.TemporaryDirectory(prefix="otelsim-") as shared:
            self._share(Path(shared) / TABLES)
            while any(todo := [[n for n in lane if n not in made] for lane in lanes]):
                with self._deaths_counted(), LocalPool(self.processes, Path(shared), mending.target) as pool:
                    for done in Lanes(pool.executor, todo, offsets):
                        if done is not None:
                            made[done.number] = done
        return mending.fill(made)

    @contextmanager
    def _deaths_counted(self) -> Iterator[None]:
        """A worker's death is made up for, but not for ever."""
        try:
            yield
        except WorkerDied:
            self.deaths += 1
            if self.deaths == MOST_DEATHS:
                raise

    def _share(self, tables: Path) -> None:
        otlp = self.target.otlp
        made = notated(self.prepared, otlp.notation) if otlp else None
        with told(tables):
            tables.write_bytes(pickle.dumps((self.prepared, made), protocol=5))

    def _take(self, done: Done, journal: Journal | None) -> None:
        """Add a slice to the run."""
        self.delivered.add(done.account, {} if done.failure else done.counts)
        if done.failure:
            raise RunError(done.failure if done.failure != INTERRUPTED else "a worker was interrupted")
        self.totals.add(done.tally)
        new = entry(done)
        self._enter(new)
        # What was refused as a whole is not done: whoever resumes may have the right header.
        self.delivered.refuse_to_go_on()
        if journal:
            journal.append(new)

    def _enter(self, done: Entry) -> None:
        self.entries.append(manifest.without_counters(done))
        self.content += sum(done[name]["content_bytes"] for name in self.target.signals)

    def _progress(self, shared: Path) -> Progress:
        news = {line for path in shared.glob(f"{WAITING}*") for line in path.read_text().splitlines()}
        done, of = len(self.entries), len(self.prepared.slices)
        waiting = tuple(sorted(news))
        return Progress(done, of, self.counts(), self.content, self.seconds(), waiting, self.deaths, self.found)

    def _summary(self) -> dict[str, Any]:
        signals = self.target.signals
        content = {name: sum(e[name]["content_bytes"] for e in self.entries) for name in signals}
        return {
            "run_id": self.head["run_id"],
            "scenario": self.head["scenario"],
            "counts": self.counts(),
            **self.delivered.told(),
            "bytes": content,
            **self.totals.breakdown(),
            "incidents": self.totals.incidents(),
            "content_digest": manifest.content_digest(self.entries, signals),
        }

    def _cut(self, folder: Folder | None) -> None:
        """Leave no line that belongs to a slice which was not finished."""
        if folder is None or not self.target.has_files:
            return
        for lane, offsets in enumerate(self.offsets):
            for name, size in offsets.items():
                folder.cut(self.target.file_name(name, lane), size)

    def _publish(self, folder: Folder, summary: dict[str, Any]) -> None:
        files = manifest.files(self.target, self.entries) if self.target.has_files else {}
        for name in files:
            folder.publish(name)
        lines = [json.dumps(i, separators=(",", ":")) + "\n" for i in summary["incidents"]]
        documents = {
            INCIDENTS: folder.write(INCIDENTS, "".join(lines)),
            SUMMARY: folder.write_json(SUMMARY, summary),
        }
        made = {
            "counts": summary["counts"],
            **self.delivered.told(),
            "content_digest": summary["content_digest"],
            "files": files,
            "documents": documents,
            "slices": manifest.described(self.prepared, self.entries),
        }
        folder.write_json(MANIFEST, sealed({**self.head, **made}))
        folder.remove(LEDGER.format(lane="*"))
