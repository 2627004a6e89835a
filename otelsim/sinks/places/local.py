"""A folder of this machine, or one that it has mounted."""

import errno
import itertools
import os
from collections.abc import Container, Iterator
from pathlib import Path
from typing import BinaryIO

from otelsim.errors import InputError
from otelsim.sinks.files import MODE, failure, publish, sync
from otelsim.sinks.places.interface import UNFINISHED, Data, Place, checked

FOLDER_MODE = 0o750


class LocalPlace:
    """Files are written beside their place under a name of their own, and then renamed."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self._name = path, name

    @property
    def name(self) -> str:
        """As the user gave it."""
        return self._name

    def check(self, writing: bool = False) -> None:
        """Try whether the folder is there, or can be made."""
        if not writing:
            if not _is(self.path, os.R_OK | os.X_OK):
                raise InputError(self.name, "no such folder, or none that can be read")
            return
        there = next((part for part in (self.path, *self.path.parents) if _stands(part)), Path("/"))
        if not _is(there, os.W_OK | os.X_OK):
            raise InputError(self.name, f"{there} is no folder that can be written to")

    def create(self, name: str) -> "LocalUpload":
        """Begin a file; RunError where that cannot be."""
        path = self._path(name)
        try:
            _make(path.parent)
        except OSError as error:
            raise failure(path, error) from None
        return LocalUpload(path)

    def read(self, name: str) -> bytes:
        """A file's content."""
        return self._path(name).read_bytes()

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The whole files in a folder."""
        path = self._path(folder) if folder else self.path
        try:
            with os.scandir(path) as found:
                files = {file.name: file.stat().st_size for file in found if file.is_file()}
        except FileNotFoundError:
            return {}
        return {name: size for name, size in sorted(files.items()) if not UNFINISHED.fullmatch(name)}

    def folders(self) -> list[str]:
        """The folders right in it."""
        try:
            with os.scandir(self.path) as found:
                return sorted(each.name for each in found if each.is_dir())
        except FileNotFoundError:
            return []

    def within(self, folder: str) -> "LocalPlace":
        """A folder of it."""
        return LocalPlace(self._path(folder), f"{self.name.rstrip('/')}/{folder}")

    def remove(self, name: str) -> None:
        """Remove a file."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise failure(path, error) from None

    def tidy(self, names: Container[str] | None = None) -> int:
        """Remove files in the making."""
        left = [path for path, name in self._unfinished() if names is None or name in names]
        for path in left:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise failure(path, error) from None
        return len(left)

    def open(self, name: str) -> BinaryIO:
        """A file for reading."""
        return self._path(name).open("rb")

    def _unfinished(self) -> Iterator[tuple[Path, str]]:
        """Files in the making, and what they were to be called; links to other folders are not followed."""
        for folder, _, files in os.walk(self.path):
            for file in files:
                if match := UNFINISHED.fullmatch(file):
                    yield Path(folder) / file, (Path(folder) / match[1]).relative_to(self.path).as_posix()

    def _path(self, name: str) -> Path:
        return self.path / checked(self.name, name)


def folder_of(place: Place) -> Path | None:
    """The folder that a place is, None where it is none of this machine's."""
    return place.path if isinstance(place, LocalPlace) else None


class LocalUpload:
    """A file beside its place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part, self.file = _begun(path)

    def write(self, data: Data, /) -> None:
        """Add to it."""
        left = memoryview(data).cast("B")
        try:
            while left:
                left = left[os.write(self.file, left) :]
        except OSError as error:
            raise failure(self.path, error) from None

    def commit(self) -> None:
        """Rename it, durably."""
        self._close()
        publish(self.part, self.path)

    def abort(self) -> None:
        """Remove it."""
        try:
            self._close()
            self.part.unlink(missing_ok=True)
        except OSError:
            pass  # it keeps its name, by which `tidy` knows it

    def _close(self) -> None:
        if self.file >= 0:
            file, self.file = self.file, -1
            os.close(file)


def _begun(path: Path) -> tuple[Path, int]:
    """A new file beside ``path``. Another host's process may have our number, so names that are taken are left."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for number in itertools.count():
        part = path.with_name(f"{path.name}.part-{os.getpid()}-{number}")
        try:
            return part, os.open(part, flags, MODE)
        except FileExistsError:
            continue
        except OSError as error:
            raise failure(path, error) from None
    raise AssertionError("numbers do not end")


def _make(folder: Path) -> None:
    """Make a folder and those above it, durably."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(FOLDER_MODE, exist_ok=True)
    sync(folder.parent, os.O_RDONLY | os.O_DIRECTORY)


def _stands(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:  # a name that is too long, or below a folder that nobody may look into
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def _is(folder: Path, access: int) -> bool:
    """Whether it is a folder that allows this."""
    try:
        return folder.is_dir() and os.access(folder, access)
    except OSError:
        return False
