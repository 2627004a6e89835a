"""The output folder: refused if it holds another run, locked while in use, published whole."""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otelsim.errors import InputError
from otelsim.runner.worker import PART
from otelsim.sinks.files import MODE, failure

JOURNAL, MANIFEST, SUMMARY, INCIDENTS, LOCK = (
    "journal.jsonl",
    "manifest.json",
    "summary.json",
    "incidents.jsonl",
    ".otelsim.lock",
)
_OURS = re.compile(
    r"((logs|metrics|otlp_(traces|logs|metrics))_\d+\.jsonl(\.zst|\.gz)?|journal\.jsonl|manifest\.json|summary\.json|incidents\.jsonl)(\.part)?"
)


class Folder:
    """A run's folder, held by this process until it is closed."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        """Check everything first: InputError leaves the folder as it was."""
        self.path = path
        self._refuse_file()
        self.lock = -1
        try:
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
            self.lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
            self._take(overwrite)
        except OSError as error:
            self.close()
            raise failure(path, error) from None
        except InputError:
            self.close()
            raise

    def _refuse_file(self) -> None:
        for part in [self.path, *self.path.parents]:
            if part.exists() or part.is_symlink():
                if not part.is_dir():
                    raise InputError("--output", f"{part} is not a folder")
                return

    def _take(self, overwrite: bool) -> None:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("--output", f"{self.path} is in use by another run") from None
        old = self.files()
        if old and not overwrite:
            raise InputError("--output", f"{self.path} holds another run: choose another folder or give --overwrite")
        for path in old:
            with told(path):
                path.unlink()

    def files(self) -> list[Path]:
        """Files of a run that stand in the folder."""
        return sorted(p for p in self.path.iterdir() if _OURS.fullmatch(p.name))

    def publish(self, name: str) -> None:
        """Give a complete file its name, durably."""
        part = self.path / (name + PART)
        with told(part):
            file = os.open(part, os.O_RDONLY)
            os.fsync(file)
            os.close(file)
            part.rename(self.path / name)
            self._sync()

    def write(self, name: str, text: str) -> None:
        """Write a small file and publish it."""
        path = self.path / (name + PART)
        with told(path):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, MODE)
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(text)
        self.publish(name)

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file that people can read, and publish it."""
        self.write(name, json.dumps(value, indent=1) + "\n")

    def cut(self, name: str, size: int) -> None:
        """Cut an unpublished file to what is known to be whole."""
        path = self.path / (name + PART)
        if path.exists():
            with told(path):
                os.truncate(path, size)

    def _sync(self) -> None:
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)

    def close(self) -> None:
        """Let the folder go; the lock's file stays, since removing it would race."""
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn an OSError into one line with the path."""
    try:
        yield
    except OSError as error:
        raise failure(path, error) from None
