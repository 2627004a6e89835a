"""A run whose files are made whole, a group of slices each (see `grouping`)."""

from typing import Any

from otelsim.runner.folder import RunFolder
from otelsim.runner.grouping import Grouped, GroupTask
from otelsim.runner.lanes import Groups
from otelsim.runner.pool import Pool
from otelsim.runner.preparing import Prepared
from otelsim.runner.resuming import Entry
from otelsim.runner.running import Run
from otelsim.runner.sharding import WHOLE, Shard
from otelsim.runner.stored_files import possible_names, sizes_of
from otelsim.runner.target import Target
from otelsim.runner.worker import Tables
from otelsim.runner.working import Watcher


class GroupedRun(Run):
    """One run, or one shard of it, as groups."""

    def __init__(self, prepared: Prepared, target: Target, workers: int, watch: Watcher, shard: Shard = WHOLE) -> None:
        super().__init__(prepared, target, workers, watch, shard)
        assert target.groups is not None
        self.each, self.slices = target.groups.slices, len(prepared.slices)
        self.lanes = -(-self.slices // self.each)
        self.groups = shard.share(self.lanes)
        self.numbers = [n for group in self.groups for n in self._slices(group)]
        self.be_done_by(workers)

    def be_done_by(self, workers: int) -> None:
        """Have it made by so many, or as many as there are groups."""
        self.processes = max(1, min(workers, len(self.groups)))

    def tables(self) -> Tables:
        """What workers make groups from."""
        return Grouped(self.prepared, self.notated)

    def through(self, pool: Pool, missing: list[int]) -> Groups:
        """Groups that are missing, in order."""
        groups = sorted({number // self.each for number in missing})
        return Groups(pool, [GroupTask(g, tuple(self._slices(g))) for g in groups])

    def generate(self, folder: RunFolder | None) -> dict[str, Any]:
        """Make everything; returns the summary."""
        self.target.place_of_groups().check(writing=True)
        return super().generate(folder)

    def take_up(self, folder: RunFolder, whole: list[Entry]) -> dict[str, Any]:
        """Make what is missing of a run that was interrupted; returns the summary of all of it.

        ``whole`` are the journal's entries of groups that are kept.
        """
        for each in whole:
            self._take_over(each)
        self.found = len(whole)
        self.target.place_of_groups().tidy(self._names())
        folder.withdraw(())
        return self._finish(folder, self._journal(folder, whole))

    def whole(self, entries: list[Entry], faults: list[str]) -> list[Entry]:
        """The journal's entries of groups that are whole; ``faults`` gets a line for each that is damaged.

        A file is published in one go, so one that has its name and its size is taken to be what was written.
        """
        there, kept = {group: list[Entry]() for group in self.groups}, list[Entry]()
        for entry in entries:
            if entry["lane"] in there:
                there[entry["lane"]].append(entry)
        files = {group: self._files(group, found) for group, found in there.items()}
        sizes = sizes_of(self.target.place_of_groups(), (name for ends in files.values() for name in ends))
        for group, found in there.items():
            if len(found) < len(self._slices(group)):
                continue
            damaged = [name for name, size in files[group].items() if sizes.get(name) != size]
            faults += [f"{name}: is not as it was written: it is made again" for name in damaged]
            if not damaged:
                kept += found
        return kept

    def _files(self, group: int, found: list[Entry]) -> dict[str, int]:
        """The files of a group by the journal's entries of its slices, and their bytes."""
        if self.target.parquet:
            return {name: file["bytes"] for each in found for name, file in each.get("files", {}).items()}
        return {self.target.file_name(s, group): sum(e[s]["bytes"] for e in found) for s in self.target.signals}

    def _stands(self, done: Entry) -> None:
        """Nothing is appended to."""

    def _cut(self, folder: RunFolder) -> dict[str, int]:
        """Nothing is half written under its name."""
        return {}

    def _leave(self, folder: RunFolder) -> None:
        """Nothing is left that others would have to read back."""

    def _publish_files(self, folder: RunFolder, names: list[str]) -> None:
        """They are published; what workers that died left goes."""
        self.target.place_of_groups().tidy(self._names())

    def _slices(self, group: int) -> range:
        return range(group * self.each, min(self.slices, (group + 1) * self.each))

    def _names(self) -> list[str]:
        """Every file of its groups."""
        if self.target.parquet:
            bounds = self.prepared.slices
            return [name for g in self.groups for name in possible_names([bounds[n] for n in self._slices(g)], g)]
        return [self.target.file_name(s, group) for group in self.groups for s in self.target.signals]
