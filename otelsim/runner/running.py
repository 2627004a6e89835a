"""A run from prepared tables to a published folder, or on from where an earlier one was interrupted."""

import json
from functools import cached_property
from typing import Any

from otelsim.runner import manifest
from otelsim.runner.folder import INCIDENTS, MANIFEST, SUMMARY, Folder, RunFolder
from otelsim.runner.journal import Record, entry
from otelsim.runner.lanes import Lanes
from otelsim.runner.leaving import leave_word
from otelsim.runner.mending import Mending
from otelsim.runner.otlp_output import notated
from otelsim.runner.pool import LocalPool, kernels_of
from otelsim.runner.preparing import Prepared
from otelsim.runner.resuming import Entry, Layout
from otelsim.runner.sealing import sealed
from otelsim.runner.sharding import WHOLE, Shard
from otelsim.runner.target import Target
from otelsim.runner.totals import Totals
from otelsim.runner.worker import JOURNAL, Done, Simulation, Tables
from otelsim.runner.working import Watcher, Work


class Run(Work):
    """One run, or one shard of it: its state, and what becomes of its files."""

    def __init__(self, prepared: Prepared, target: Target, workers: int, watch: Watcher, shard: Shard = WHOLE) -> None:
        super().__init__(target, workers, shard.share(len(prepared.slices)), watch)
        self.prepared, self.kernels, self.shard = prepared, kernels_of(target), shard
        self.totals = Totals(prepared)
        self.content = 0

    @cached_property
    def head(self) -> dict[str, Any]:
        """What the manifest says before anything is made."""
        return manifest.head(self.prepared, self.target, self.workers, self.shard)

    def be_done_by(self, workers: int) -> None:
        """Have the rest of it made by fewer, if not by more: its files are as many as there were at first."""
        self.processes = min(workers, self.processes)

    def generate(self, folder: RunFolder | None) -> dict[str, Any]:
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

    def _journal(self, folder: RunFolder, entries: list[Entry]) -> Record:
        return folder.journal(manifest.journal_head(self.head, self.prepared), entries)

    def _take_over(self, done: Entry) -> None:
        """Add a slice that an earlier run had made."""
        self.totals.add(done["tally"])
        self.delivered.add(done.get("account", {}), done.get("records", {}))
        self._enter(done)
        self._stands(done)

    def _stands(self, done: Entry) -> None:
        """Go on behind a slice in the files of its lane."""
        self.offsets[done["lane"]] = {n: done[n]["offset"] + done[n]["bytes"] for n in self.target.signals}

    def _finish(self, folder: RunFolder | None, journal: Record | None) -> dict[str, Any]:
        self.carried_through(journal, lambda: self._leave(folder) if folder else None)
        summary = self._summary()
        if folder:
            self._publish(folder, summary)
        self.delivered.check(self.counts())
        return summary

    def counts(self) -> dict[str, int]:
        """Records made so far, by kind."""
        return self.delivered.counts(self.totals.counts())

    def _mend(self, mending: Mending) -> list[Entry]:
        """Make what fills the gaps, and fill them."""
        mending.prepare()
        lanes = mending.lanes(self.lanes)
        offsets = [dict.fromkeys(self.target.signals, 0) for _ in lanes]
        made: dict[int, Done] = {}
        while any(todo := [[n for n in lane if n not in made] for lane in lanes]):
            again = LocalPool(self.tables(), mending.target, self.kernels, self.processes)
            with self.deaths_counted(), again as pool:
                for each in Lanes(pool, todo, offsets):
                    made |= {done.number: done for done in each}
        return mending.fill(made)

    def tables(self) -> Tables:
        """What workers make slices from."""
        return Simulation(self.prepared, self.notated)

    @cached_property
    def notated(self) -> Any:
        """The tables of the run's notation, None where it has none."""
        otlp = self.target.otlp
        return notated(self.prepared, otlp.notation) if otlp else None

    def enter(self, done: Done) -> Entry:
        """Add a slice to the run; returns its line."""
        self.totals.add(done.tally)
        new = entry(done)
        self._enter(new)
        return new

    def _enter(self, done: Entry) -> None:
        self.entries.append(manifest.without_counters(done))
        self.content += sum(done[name]["content_bytes"] for name in self.target.signals)

    def size(self) -> int:
        """Bytes of the records made so far."""
        return self.content

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

    def _cut(self, folder: RunFolder) -> dict[str, int]:
        """Leave no line that belongs to a slice which was not finished; returns when each file was changed last."""
        sizes = enumerate(self.offsets) if self.target.has_files else ()
        ends = {self.target.file_name(s, lane): size for lane, offsets in sizes for s, size in offsets.items()}
        changed = {name: folder.cut(name, size) for name, size in ends.items()}
        return {name: at for name, at in changed.items() if at is not None}

    def _leave(self, folder: RunFolder) -> None:
        """Leave files for whoever resumes the run."""
        leave_word(folder.path / JOURNAL, self._cut(folder))

    def _publish_files(self, folder: RunFolder, names: list[str]) -> None:
        self._cut(folder)
        for name in names:
            folder.publish(name)

    def _publish(self, folder: RunFolder, summary: dict[str, Any]) -> None:
        files = manifest.files(self.target, self.entries) if self.target.has_files else {}
        self._publish_files(folder, list(files))
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
        if self.shard != WHOLE:
            made["tally"] = self.totals.told()
        folder.write_json(MANIFEST, sealed({**self.head, **made}))
        folder.ended()
