"""The output folder: refused if it holds another run, locked while in use, published whole."""

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import xxhash

from otelsim.errors import InputError
from otelsim.runner.journal import Journal, Past, Record, read_journal
from otelsim.runner.leaving import LEFT
from otelsim.runner.stored_files import parquet_files
from otelsim.runner.worker import JOURNAL, PART
from otelsim.sinks.files import MODE, cut, failure, publish
from otelsim.sinks.ledger import NAME as LEDGER
from otelsim.sinks.places.interface import UNFINISHED
from otelsim.sinks.places.local import LocalPlace

MANIFEST, SUMMARY, INCIDENTS, LOCK = "manifest.json", "summary.json", "incidents.jsonl", ".otelsim.lock"
_OURS = re.compile(
    r"((logs|metrics|otlp_(traces|logs|metrics))_\d+\.jsonl(\.zst|\.gz)?|journal\.jsonl|manifest\.json|summary\.json"
    r"|incidents\.jsonl|report\.html)(\.part)?|otlp_acknowledged_\d+\.part|\.otelsim-left"
)
PATIENCE_S = 20.0
"""How long the workers of a run that was killed may take to end."""
REMADE = ".otelsim-remade"
"""A folder in it: slices on their way to where they stood."""


class RunFolder(Protocol):
    """Where a run keeps what it says of itself, and what it is to go on from."""

    @property
    def path(self) -> Path:
        """Where it is: a path, or what can be read like one."""

    def journal(self, head: dict[str, Any], entries: Iterable[dict[str, Any]]) -> Record:
        """A new journal that begins with ``entries``."""

    def past(self) -> Past:
        """What a run that was interrupted had done; InputError where there is none."""

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back that a run is complete: its ``names`` are to be gone on with."""

    def write(self, name: str, text: str) -> str:
        """Publish a small file; returns its digest (xxh3_128)."""

    def write_json(self, name: str, value: Any) -> str:
        """Publish a JSON file that people can read; returns its digest."""

    def publish(self, name: str) -> None:
        """Give a complete file its name, durably."""

    def cut(self, name: str, size: int) -> int | None:
        """Cut an unpublished file to what is known to be whole."""

    def ended(self) -> None:
        """The run is complete: remove what only the run itself needed."""

    def close(self) -> None:
        """Let it go."""


class Folder:
    """A run's folder, held by this process until it is closed."""

    def __init__(self, path: Path, overwrite: bool, resume: bool = False) -> None:
        """Check everything first: InputError leaves the folder as it was.

        ``overwrite``: a run that it holds is removed; ``resume``: there must be one, which is left as it is.
        """
        self.path = path
        self._refuse_file()
        self.lock = -1
        if resume and not holds_journal(path):
            raise InputError(str(path), "there is no journal, so there is no run to resume here")
        try:
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            self.lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
            self._take()
            if resume:
                self._wait_for_workers()
            else:
                self._clear(overwrite)
        except OSError as error:
            self.close()
            raise failure(path, error) from None
        except InputError:
            self.close()
            raise

    def _refuse_file(self) -> None:
        for part in [self.path, *self.path.parents]:
            if _stands(part):
                if not part.is_dir():
                    raise InputError("--output", f"{part} is not a folder")
                return

    def _take(self) -> None:
        if not _locked(self.lock):
            raise InputError("--output", f"{self.path} is in use by another run")

    def _wait_for_workers(self) -> None:
        """A run that was killed leaves workers for a moment, which hold a lock on its journal (see `worker.begin`)."""
        journal, until = os.open(self.path / JOURNAL, os.O_RDONLY | os.O_CLOEXEC), time.monotonic() + PATIENCE_S
        try:
            while not _locked(journal):
                if time.monotonic() > until:
                    raise InputError("--output", f"{self.path} is in use by the workers of another run")
                time.sleep(0.05)
        finally:
            os.close(journal)

    def _clear(self, overwrite: bool) -> None:
        """Refuse a folder that holds another run, or remove that; a journal that never got its name is no run."""
        old = self.files()
        if [p.name for p in old] != [JOURNAL + PART][: len(old)] and not overwrite:
            what = "choose another folder or give --overwrite"
            if (self.path / JOURNAL).exists() and not (self.path / MANIFEST).exists():
                what = "`otelsim resume` goes on with it, --overwrite replaces it"
            raise InputError("--output", f"{self.path} holds another run: {what}")
        tables = [self.path / name for name in parquet_files(LocalPlace(self.path, str(self.path)))] if old else []
        for path in (*old, *tables):
            with told(path):
                path.unlink()
        shutil.rmtree(self.path / REMADE, ignore_errors=True)

    def journal(self, head: dict[str, Any], entries: Iterable[dict[str, Any]]) -> Record:
        """A new journal that begins with ``entries``."""
        return Journal(self.path / JOURNAL, head, entries)

    def past(self) -> Past:
        """What a run that was interrupted had done; InputError where there is none."""
        return read_journal(self.path / JOURNAL)

    def files(self) -> list[Path]:
        """Files of a run that stand in the folder."""
        return sorted(p for p in self.path.iterdir() if is_ours(p.name))

    def publish(self, name: str) -> None:
        """Give a complete file its name, durably."""
        publish(self.path / (name + PART), self.path / name)

    def file(self, name: str) -> Path:
        """Where a file of records stands, be it published or not."""
        path = self.path / name
        return path if path.exists() else self.path / (name + PART)

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back that a run is complete: its ``names`` are to be gone on with, and what sums them up is removed."""
        for name in (MANIFEST, SUMMARY, INCIDENTS):
            with told(self.path / name):
                (self.path / name).unlink(missing_ok=True)
        for name in names:
            with told(self.path / name):
                if (self.path / name).exists():
                    (self.path / name).rename(self.path / (name + PART))

    def ended(self) -> None:
        """The run is complete: remove what only the run itself needed."""
        self.remove(LEDGER.format(lane="*"))
        self.remove(LEFT)

    def remove(self, pattern: str) -> None:
        """Remove what only the run itself needed."""
        for path in self.path.glob(pattern):
            with told(path):
                path.unlink()

    def write(self, name: str, text: str) -> str:
        """Write a small file and publish it; returns its digest (xxh3_128)."""
        path = self.path / (name + PART)
        with told(path):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, MODE)
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(text)
        self.publish(name)
        return xxhash.xxh3_128_hexdigest(text.encode())

    def write_json(self, name: str, value: Any) -> str:
        """Write a JSON file that people can read, and publish it; returns its digest."""
        return self.write(name, json.dumps(value, indent=1) + "\n")

    def cut(self, name: str, size: int) -> int | None:
        """Cut an unpublished file to what is known to be whole; RunError where it is no file, or shorter.

        Returns when it was changed last (st_ctime_ns), None where there is none.
        """
        path = self.path / (name + PART)
        try:
            file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failure(path, error) from None
        try:
            cut(file, path, size)
            return os.fstat(file).st_ctime_ns
        finally:
            os.close(file)

    def close(self) -> None:
        """Let the folder go; the lock's file stays, since removing it would race."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_ours(name: str) -> bool:
    """Whether a run's file is called so, or one that was to become it, rather than one that somebody has put there."""
    unfinished = UNFINISHED.fullmatch(name)
    return bool(_OURS.fullmatch(unfinished[1] if unfinished else name))


def holds_journal(path: Path) -> bool:
    """Whether a folder holds a run that can be resumed."""
    return _stands(path / JOURNAL)


def _stands(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError as error:  # a name that is too long, or a folder that nobody may look into
        raise InputError("--output", f"{path} cannot be looked at: {error.strerror}") from None


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an OSError into one line with the path."""
    try:
        yield
    except OSError as error:
        raise failure(path, error) from None
