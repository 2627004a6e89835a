"""The files of a run held against what its journal or manifest says of every slice."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import IO, Any, NamedTuple

import xxhash

from otelsim.runner.manifest import file_of
from otelsim.runner.target import Target
from otelsim.sinks.unpacking import GARBLED, unpacked

_CHUNK = 1 << 20


class Damage(NamedTuple):
    """A slice that is not in its file as it was written."""

    slice: int
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: slice {self.slice} {self.what}"


class Stored(NamedTuple):
    """A file, and the slices (see `journal.entry`) that stand in it under the name ``signal``."""

    path: Path
    name: str
    """Its published name, in the run's folder."""
    signal: str
    entries: list[dict[str, Any]]

    @property
    def size(self) -> int:
        """Bytes that it has at least, if all of them stand in it."""
        return max(int(e[self.signal]["offset"]) + int(e[self.signal]["bytes"]) for e in self.entries)


def stored(target: Target, entries: list[dict[str, Any]], file: Callable[[str], Path]) -> list[Stored]:
    """The files that slices stand in; ``file`` gives the place of one by its name."""
    lanes: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        lanes.setdefault(entry["lane"], []).append(entry)
    return [
        Stored(file(name), name, signal, there)
        for signal in target.signals
        for _, there in sorted(lanes.items())
        for name in (file_of(target, signal, there[0]),)
    ]


def damages(files: Iterable[Stored], compression: str, told: Callable[[], None]) -> list[Damage]:
    """What is wrong with slices, in their order; files are read side by side, ``told`` hears of every slice read.

    Bytes are held against their digest as they are stored; with a ``compression`` also what it was that is stored so.
    """

    stop = threading.Event()

    def read(stored: Stored) -> list[Damage]:
        return list(_of_file(stored, compression, told, stop))

    with ThreadPoolExecutor(os.cpu_count()) as readers:
        try:
            return sorted(damage for found in readers.map(read, files) for damage in found)
        finally:
            stop.set()  # an interruption is not to wait until all is read


def _of_file(stored: Stored, compression: str, told: Callable[[], None], stop: threading.Event) -> Iterator[Damage]:
    read = 0
    try:
        with stored.path.open("rb", buffering=0) as file:
            with suppress(UnsupportedOperation):  # a file far away is none of this system's
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            for entry in stored.entries:
                if stop.is_set():
                    return
                if what := _wrong(file, entry[stored.signal], compression):
                    yield Damage(entry["slice"], stored.name, what)
                read += 1
                told()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        yield from (Damage(e["slice"], stored.name, what) for e in stored.entries[read:])


def _wrong(file: IO[bytes], extent: dict[str, Any], compression: str) -> str:
    """What is wrong with a slice; nothing where its bytes give the digests that were noted."""
    as_stored = _differs(file, extent, "", extent.get("stored_digest", extent["digest"]))
    if as_stored or not compression:
        return as_stored
    return _differs(file, extent, compression, extent["digest"])


def _differs(file: IO[bytes], extent: dict[str, Any], compression: str, noted: str) -> str:
    """How what a slice's bytes are unpacked to differs from what has the digest ``noted``."""
    file.seek(extent["offset"])
    digest = xxhash.xxh3_128()
    try:
        for piece in unpacked(_chunks(file, extent["bytes"]), compression, one=True):
            digest.update(piece)
    except _Short:
        return "is cut short"
    except EOFError:
        return "is not one whole frame"
    except GARBLED as error:
        return f"cannot be decompressed: {error}"
    return "" if digest.hexdigest() == noted else "has another digest than was noted"


class _Short(Exception):
    """A file ends before the slice does."""


def _chunks(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise _Short
        left -= len(chunk)
        yield chunk
