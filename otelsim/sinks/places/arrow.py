"""Google's object storage and Hadoop's file system, through pyarrow.fs.

Its streams publish what there is of a file when they are let go of, so files are written under a name of their own
and then moved to their place, whole: within a bucket of Google's that is a copy and a removal.
"""

import errno
import itertools
import os
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.fs

from otelsim.errors import InputError, RunError
from otelsim.sinks.places.interface import UNFINISHED, Data, checked
from otelsim.sinks.places.seeking import seekable
from otelsim.sinks.places.uris import ArrowUri

TRYING_S, WORKING_S = 5, 120
"""How long Google's library tries again; its own limit is a quarter of an hour."""
_ERRORS = (OSError, pa.ArrowException)
_NUMBERS = itertools.count()


class ArrowPlace:
    """Files below a path of a file system."""

    def __init__(self, uri: ArrowUri) -> None:
        self.uri = uri

    def __getstate__(self) -> dict[str, Any]:
        """Connections stay in their process."""
        return {"uri": self.uri}

    @cached_property
    def system(self) -> Any:
        """This process's connection."""
        with self._told():
            return pyarrow.fs.FileSystem.from_uri(self.uri.limited(WORKING_S))[0]

    @property
    def name(self) -> str:
        """As the user gave it, keys hidden."""
        return self.uri.name

    def check(self, writing: bool = False) -> None:
        """List the folder; whether it can be written shows only where a file is made and removed."""
        try:
            system, path = pyarrow.fs.FileSystem.from_uri(self.uri.limited(TRYING_S))
            system.get_file_info(pyarrow.fs.FileSelector(path, allow_not_found=True))
            if writing:
                probe = ArrowUpload(system, f"{path}/.otelsim-check", self.name)
                probe.abort()
        except (*_ERRORS, RunError) as error:
            raise InputError(self.name, _said(error)) from None

    def create(self, name: str) -> "ArrowUpload":
        """Begin a file."""
        with self._told(name):
            return ArrowUpload(self.system, self._path(name), self.name)

    def read(self, name: str) -> bytes:
        """A file's content."""
        with self.open(name) as file:
            return file.read()

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The whole files in a folder."""
        path = self._path(folder) if folder else self.uri.path
        found = self._listed(path)
        return {e.base_name: e.size for e in found if e.is_file and not UNFINISHED.fullmatch(e.base_name)}

    def folders(self) -> list[str]:
        """The folders right in it."""
        return [e.base_name for e in self._listed(self.uri.path) if not e.is_file]

    def within(self, folder: str) -> "ArrowPlace":
        """A folder of it."""
        return ArrowPlace(self.uri.below(checked(self.name, folder)))

    def remove(self, name: str) -> None:
        """Remove a file."""
        with self._told(name), suppress(FileNotFoundError):
            self.system.delete_file(self._path(name))

    def tidy(self, names: Container[str] | None = None) -> int:
        """Remove files in the making."""
        start = len(self.uri.path) + 1
        made = [(each.path, UNFINISHED.fullmatch(each.path[start:])) for each in self._listed(self.uri.path, True)]
        left = [path for path, match in made if match and (names is None or match[1] in names)]
        for path in left:
            with self._told(path[start:]), suppress(FileNotFoundError):
                self.system.delete_file(path)
        return len(left)

    def open(self, name: str) -> BinaryIO:
        """A file for reading."""
        with _as_read():
            file = self.system.open_input_file(self._path(name))
            return seekable(file.size(), lambda offset, size: _read(file, offset, size))

    def _path(self, name: str) -> str:
        return f"{self.uri.path}/{checked(self.name, name)}"

    def _listed(self, path: str, below: bool = False) -> list[Any]:
        with _as_read():
            selector = pyarrow.fs.FileSelector(path, allow_not_found=True, recursive=below)
            return sorted(self.system.get_file_info(selector), key=lambda each: each.path)

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """One line for what cannot be written."""
        try:
            yield
        except _ERRORS as error:
            raise RunError(f"{self.name}: {name} cannot be written: {_said(error)}") from None


class ArrowUpload:
    """A file beside its place."""

    def __init__(self, system: Any, path: str, place: str) -> None:
        self.system, self.path, self.place = system, path, place
        self.part = f"{path}.part-{os.getpid()}-{next(_NUMBERS)}"
        if system.type_name != "gcs":  # which has no folders
            system.create_dir(path.rpartition("/")[0], recursive=True)
        self.file = system.open_output_stream(self.part, compression=None)

    def write(self, data: Data, /) -> None:
        """Add to it."""
        with self._told():
            self.file.write(data)

    def commit(self) -> None:
        """Move it to its place."""
        with self._told():
            self.file.close()
            self.system.move(self.part, self.path)

    def abort(self) -> None:
        """Remove it."""
        with suppress(*_ERRORS):
            self.file.close()
        with suppress(*_ERRORS):
            self.system.delete_file(self.part)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _ERRORS as error:
            raise RunError(f"{self.place}: {self.path} cannot be written: {_said(error)}") from None


def _read(file: Any, offset: int, size: int) -> bytes:
    with _as_read():
        return bytes(file.read_at(size, offset))


@contextmanager
def _as_read() -> Iterator[None]:
    """An OSError with something to show, as reading a file raises."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "no such file") from None
    except _ERRORS as error:
        raise OSError(getattr(error, "errno", None) or errno.EIO, _said(error)) from None


def _said(error: Exception) -> str:
    """The first line of what may be many."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
