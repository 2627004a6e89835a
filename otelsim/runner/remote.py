"""A run's folder in object storage: what it says of itself, and a small object for each group that is done.

Nothing can be appended to or locked there. A group's objects are there before the marker that tells of it, and the
manifest comes last.
"""

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xxhash

from otelsim.errors import InputError
from otelsim.runner.folder import INCIDENTS, MANIFEST, SUMMARY, is_ours
from otelsim.runner.journal import Past
from otelsim.runner.sealing import line_of, read_line
from otelsim.runner.stored_files import parquet_files
from otelsim.sinks.places import Place, put
from otelsim.sinks.places.paths import PlacePath

PARTS = "parts"
"""The folder of markers."""
HEAD, END = "head.jsonl", "ended.jsonl"
_MARKER = re.compile(r"(head|ended|\d+)\.jsonl", re.ASCII)
READERS = 8
"""Markers read at a time: each is a request, which is mostly waited for, and a large run has tens of thousands."""


class _Ours:
    """Names of a run's objects; others may be of another run, below the same prefix."""

    def __contains__(self, name: object) -> bool:
        text = str(name)
        folder, _, marker = text.rpartition("/")
        return is_ours(text) or (folder == PARTS and _MARKER.fullmatch(marker) is not None)


class Markers:
    """What is done: an object a group, with its slices' lines as a journal has them."""

    def __init__(self, place: Place, head: dict[str, Any], entries: Iterable[dict[str, Any]]) -> None:
        self.place = place
        kept = {_marker(each) for each in entries}
        for name in _markers(place):
            if name not in kept:
                place.remove(f"{PARTS}/{name}")
        self._put(HEAD, [head])

    def extend(self, entries: list[dict[str, Any]]) -> None:
        """Add a group."""
        self._put(_marker(entries[0]), entries)

    def append(self, values: dict[str, Any]) -> None:
        """Say why the run ended early."""
        self._put(END, [values])

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, name: str, lines: list[dict[str, Any]]) -> None:
        put(self.place, f"{PARTS}/{name}", b"".join(map(line_of, lines)))


def _marker(entry: dict[str, Any]) -> str:
    return f"{entry['lane']}.jsonl"


def holds_markers(place: Place) -> bool:
    """Whether a place holds a run that can be resumed."""
    return HEAD in place.sizes(PARTS)


def _markers(place: Place) -> list[str]:
    """The names of what tells of a run."""
    return [name for name in place.sizes(PARTS) if _MARKER.fullmatch(name)]


class RemoteFolder:
    """A prefix that a run is kept under. Nobody can be kept from writing there at the same time."""

    def __init__(self, place: Place, overwrite: bool, resume: bool = False) -> None:
        """Check first: InputError leaves everything as it was; ``overwrite``: a run that is there is removed."""
        self.place = place
        place.check(writing=True)
        markers = (f"{PARTS}/{name}" for name in _markers(place))
        found = [*filter(is_ours, place.sizes()), *markers, *parquet_files(place)]
        begun = f"{PARTS}/{HEAD}" in found
        if resume:
            if not begun:
                raise InputError(place.name, "there is no run to resume here")
            return
        if found and not overwrite:
            what = "choose another prefix or give --overwrite"
            if begun and MANIFEST not in found:
                what = f"`otelsim resume {place.name}` goes on with it, --overwrite replaces it"
            raise InputError("--output", f"{place.name} holds another run: {what}")
        # The manifest first: what lacks some of its files must not look complete.
        for name in sorted(found, key=lambda name: name != MANIFEST):
            place.remove(name)
        place.tidy(_Ours())

    @property
    def path(self) -> Path:
        """What can be read like a path."""
        return PlacePath(self.place)

    def journal(self, head: dict[str, Any], entries: Iterable[dict[str, Any]]) -> Markers:
        """Markers, of which those of ``entries`` are there."""
        return Markers(self.place, head, entries)

    def past(self) -> Past:
        """What a run that was interrupted had done; InputError where it is not known which run it was."""
        past = Past(self._lines(HEAD)[0] or {}, [], [])
        if not isinstance(past.head.get("scenario"), dict):
            raise InputError(f"{self.place.name}/{PARTS}/{HEAD}", "is damaged: which run this was is not known")
        names = _markers(self.place)
        with ThreadPoolExecutor(READERS) as readers:
            contents = list(readers.map(self._lines, names))
        for name, lines in zip(names, contents, strict=True):
            if any(line is None for line in lines):
                past.faults.append(f"{self.place.name}/{PARTS}/{name}: is damaged: what it told of is made again")
            past.entries.extend(line for line in lines if line and "slice" in line)
        return past

    def _lines(self, name: str) -> list[dict[str, Any] | None]:
        return [read_line(line) for line in self.place.read(f"{PARTS}/{name}").splitlines()] or [None]

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back that a run is complete."""
        for name in (MANIFEST, SUMMARY, INCIDENTS):
            self.place.remove(name)

    def write(self, name: str, text: str) -> str:
        """Publish a small object; returns its digest."""
        put(self.place, name, text.encode())
        return xxhash.xxh3_128_hexdigest(text.encode())

    def write_json(self, name: str, value: Any) -> str:
        """Publish JSON that people can read; returns its digest."""
        return self.write(name, json.dumps(value, indent=1) + "\n")

    def publish(self, name: str) -> None:
        """Objects are published by whoever makes them."""

    def cut(self, name: str, size: int) -> None:
        """Objects are whole."""

    def ended(self) -> None:
        """The manifest has it all but for the counters, which a shard is joined to others by."""

    def close(self) -> None:
        """Nothing is held."""
