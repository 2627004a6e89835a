"""Slices put back where they stood in their files, between others that are whole."""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from otelsim.errors import RunError
from otelsim.runner.folder import REMADE, Folder, told
from otelsim.runner.journal import entry
from otelsim.runner.resuming import Entry, Gap
from otelsim.runner.target import Target
from otelsim.runner.worker import PART, Done

_CHUNK = 1 << 20


class Mending:
    """The gaps of a run's files, and the folder where what fills them is made."""

    def __init__(self, folder: Folder, target: Target, gaps: Iterable[Gap], known: dict[int, Entry]) -> None:
        """``known`` are the journal's entries of damaged slices, by slice."""
        self.folder, self.known, self.gaps = folder, known, list(gaps)
        self.place = folder.path / REMADE
        self.target = target._replace(directory=self.place)

    def lanes(self, count: int) -> list[list[int]]:
        """The slices to make, by lane."""
        lanes: list[list[int]] = [[] for _ in range(count)]
        for gap in self.gaps:
            lanes[gap.lane] += gap.slices
        return lanes

    def prepare(self) -> None:
        """Make the folder, empty."""
        with told(self.place):
            shutil.rmtree(self.place, ignore_errors=True)
            self.place.mkdir(mode=0o750)

    def fill(self, made: dict[int, Done]) -> list[Entry]:
        """Put slices into their gaps; returns their entries. RunError, and nothing changed, where they do not fit."""
        found = [self._entries(gap, made) for gap in self.gaps]
        for gap, entries in zip(self.gaps, found, strict=True):
            for signal in self.target.signals:
                self._copy(gap, signal, entries, made)
        shutil.rmtree(self.place, ignore_errors=True)
        return [e for entries in found for e in entries]

    def _entries(self, gap: Gap, made: dict[int, Done]) -> list[Entry]:
        ends, entries = dict(gap.begins), list[Entry]()
        for number in gap.slices:
            new = entry(made[number])
            for signal in self.target.signals:
                new[signal] = {**new[signal], "offset": ends[signal]}
                ends[signal] += new[signal]["bytes"]
            before = self.known.get(number)
            if before and any(before[s] != new[s] for s in self.target.signals):
                raise RunError(_differs(self.folder.path, number))
            entries.append(new)
        if ends != gap.ends:
            raise RunError(_differs(self.folder.path, gap.slices[-1]))
        return entries

    def _copy(self, gap: Gap, signal: str, entries: list[Entry], made: dict[int, Done]) -> None:
        name = self.target.file_name(signal, gap.lane)
        path = self.folder.file(name)
        with told(path):
            source = os.open(self.place / (name + PART), os.O_RDONLY | os.O_CLOEXEC)
            place = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                for new in entries:
                    _copy_range(source, made[new["slice"]].extents[signal].offset, place, new[signal])
                os.fsync(place)
            finally:
                os.close(source)
                os.close(place)


def _copy_range(source: int, begin: int, place: int, extent: dict[str, Any]) -> None:
    done = 0
    while done < extent["bytes"]:
        chunk = os.pread(source, min(_CHUNK, extent["bytes"] - done), begin + done)
        if not chunk:
            raise OSError(errno.EIO, "what was made for it is cut short")
        done += os.pwrite(place, chunk, extent["offset"] + done)


def _differs(path: Path, number: int) -> str:
    return f"{path}: slice {number} comes out other than it was: it was made by another version or another world"
