"""What is done, one line a slice, as it gets done; and what an interrupted run had done.

Each line ends with a digest of what it says, so that a torn or altered one is known. The first says which run it is.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import xxhash

from otelsim.errors import InputError, at
from otelsim.runner.sealing import SEAL, sealed, text
from otelsim.runner.worker import PART, Done
from otelsim.sinks.files import MODE, failure, publish

ENDED = "ended"
"""The key of a line that says why a run ended early."""


def entry(done: Done) -> dict[str, Any]:
    """A slice's line: where it stands, and its counters, so that nothing has to be counted again."""
    extents = {
        name: {"offset": e.offset, "bytes": e.stored, "content_bytes": e.content, "digest": e.digest}
        for name, e in done.extents.items()
    }
    requests, calls, points, _ = done.tally["totals"]
    counts = {"requests": requests, "calls": calls, "points": points}
    kinds = {"records": done.counts} if done.counts else {}
    account = {"account": done.account} if done.account else {}
    return {"slice": done.number, "lane": done.lane, **counts, **kinds, **extents, "tally": done.tally, **account}


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

    def append(self, values: dict[str, Any]) -> None:
        """Add a line."""
        line = memoryview(_line(values))
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
    head, past = _read(lines[0]), Past({}, [], [])
    if head is None or not isinstance(head.get("scenario"), dict):
        raise InputError(at(path, 1), "the first line is no journal's, or damaged: which run this was is not known")
    for number, line in enumerate(lines[1:], 2):
        values = _read(line)
        if values is None and line:
            torn = " (torn)" if number == len(lines) else ""
            past.faults.append(f"{at(path, number)}: is damaged{torn}: what it told of is made again")
        elif values is not None and "slice" in values:
            past.entries.append(values)
    return past._replace(head=head)


def _line(values: dict[str, Any]) -> bytes:
    return text(sealed(values, xxhash.xxh3_64_hexdigest)) + b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    """A line's values, None where it does not say what was written."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or sealed(values, xxhash.xxh3_64_hexdigest) != values:
        return None
    del values[SEAL]
    return values
