"""What is done, one line a slice, as it gets done; and what an interrupted run had done.

Each line ends with a digest of what it says, so that a torn or altered one is known. The first says which run it is.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from otelsim.errors import InputError, at
from otelsim.runner.sealing import line_of, read_line
from otelsim.runner.worker import PART, Done
from otelsim.sinks.buffers import Extent
from otelsim.sinks.files import MODE, failure, publish

ENDED = "ended"
"""The key of a line that says why a run ended early."""


def entry(done: Done) -> dict[str, Any]:
    """A slice's line: where it stands, and its counters, so that nothing has to be counted again."""
    extents = {name: _told(extent) for name, extent in done.extents.items()}
    requests, calls, points, _ = done.tally["totals"]
    counts = {"requests": requests, "calls": calls, "points": points}
    kinds = {"records": done.counts} if done.counts else {}
    account = {"account": done.account} if done.account else {}
    files = {"files": done.files} if done.files else {}
    told = {"slice": done.number, "lane": done.lane, **counts, **kinds, **extents, **files}
    return {**told, "tally": done.tally, **account}


def _told(extent: Extent) -> dict[str, Any]:
    told = {"offset": extent.offset, "bytes": extent.stored, "content_bytes": extent.content, "digest": extent.digest}
    return {**told, "stored_digest": extent.stored_digest} if extent.stored_digest else told


class Record(Protocol):
    """Where it is kept what is done."""

    def extend(self, entries: list[dict[str, Any]]) -> None:
        """Add slices that were made together."""

    def append(self, values: dict[str, Any]) -> None:
        """Add anything else."""

    def close(self) -> None:
        """Let it go."""


class Journal:
    """Appended line by line, nothing held back; it appears whole, with its first line and ``entries``."""

    def __init__(self, path: Path, head: dict[str, Any], entries: Iterable[dict[str, Any]] = ()) -> None:
        self.path = part = path.with_name(path.name + PART)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.file = os.open(part, flags, MODE)
        except OSError as error:
            raise failure(part, error) from None
        for values in (head, *entries):
            self.append(values)
        publish(part, path)
        self.path = path

    def extend(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add the lines of slices that were made together, at once: an interruption leaves all of them or none."""
        self._write(b"".join(map(line_of, entries)))

    def append(self, values: dict[str, Any]) -> None:
        """Add a line."""
        self._write(line_of(values))

    def _write(self, lines: bytes) -> None:
        line = memoryview(lines)
        try:
            while line:
                line = line[os.write(self.file, line) :]
        except OSError as error:
            raise failure(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        os.close(self.file)


class Past(NamedTuple):
    """A journal that was read: its first line, the slices' lines, and what is wrong with it, one line each."""

    head: dict[str, Any]
    entries: list[dict[str, Any]]
    faults: list[str]


def read_journal(path: Path) -> Past:
    """What a run had done. A line that is torn or altered is left out and told of; InputError where there is no run."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise InputError(str(path), "there is no journal, so there is no run to resume here") from None
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}") from None
    head, past = read_line(lines[0]), Past({}, [], [])
    if head is None or not isinstance(head.get("scenario"), dict):
        raise InputError(at(path, 1), "the first line is no journal's, or damaged: which run this was is not known")
    for number, line in enumerate(lines[1:], 2):
        values = read_line(line)
        if values is None and line:
            torn = " (torn)" if number == len(lines) else ""
            past.faults.append(f"{at(path, number)}: is damaged{torn}: what it told of is made again")
        elif values is not None and "slice" in values:
            past.entries.append(values)
    return past._replace(head=head)
