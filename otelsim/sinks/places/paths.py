"""A place as a path, for those who read a run's folder."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

from otelsim.sinks.places import uris
from otelsim.sinks.places.finding import place_of
from otelsim.sinks.places.interface import Place


def path_of(text: str) -> Path:
    """What a user names to be read: a local path, or a URI, whose place is asked whether it is there.

    InputError where it cannot be asked, or names none.
    """
    if not uris.is_uri(text):
        return Path(text)
    if uris.scheme_of(text) == "file":
        return uris.file_path(text)
    place = place_of(text)
    place.check()
    above, name = uris.parent(text)
    # A bucket has no folders, only names: one that nothing stands below may be a file's.
    return PlacePath(place_of(above), name) if name and not place.sizes() else PlacePath(place)


def PlacePath(place: Place, name: str = "") -> Path:  # noqa: N802
    """A file of a place, or the place itself, as what can be read like a path.

    It has of `Path` what readers use, not what only a local file has. Its type says `Path` all the same: the readers of
    runs ask for one, and a subclass would be usable as a path of this machine, which it is not.
    """
    return cast(Path, _PlacePath(place, name))


def place_and_name(path: Path) -> tuple[Place, str] | None:
    """What such a path stands for; None where it is one of this machine."""
    return (path.place, path.relative) if isinstance(path, _PlacePath) else None


class _PlacePath:
    """What readers need of a path: its names are those of a place."""

    def __init__(self, place: Place, name: str = "") -> None:
        self.place, self.relative = place, name

    def __str__(self) -> str:
        head = self.place.name.partition("?")[0].rstrip("/")
        return f"{head}/{self.relative}" if self.relative else self.place.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _PlacePath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __lt__(self, other: "_PlacePath") -> bool:
        return str(self) < str(other)

    def __truediv__(self, name: str) -> "_PlacePath":
        return _PlacePath(self.place, f"{self.relative}/{name}" if self.relative else name)

    joinpath = __truediv__

    @property
    def name(self) -> str:
        """The last part of it."""
        return str(self).partition("?")[0].rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The end of its name."""
        return Path(self.name).suffix

    @property
    def parent(self) -> "_PlacePath":
        """The folder that it is in; the place itself is in none but itself."""
        return _PlacePath(self.place, self.relative.rpartition("/")[0])

    def resolve(self) -> "_PlacePath":
        """There are no links."""
        return self

    def is_symlink(self) -> bool:
        """There are no links."""
        return False

    def is_file(self) -> bool:
        """Whether there is such a file."""
        try:
            return bool(self.relative) and not self.open().close()
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Whether there are files below it."""
        return bool(self.place.sizes(self.relative))

    def exists(self) -> bool:
        """Whether it is one or the other."""
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Iterator["_PlacePath"]:
        """The files right in it."""
        return (self / name for name in self.place.sizes(self.relative))

    def stat(self) -> Any:
        """Its size. No time of a change: what has the same size and content is the same."""
        with self.open() as file:
            return SimpleNamespace(st_size=file.seek(0, io.SEEK_END), st_mtime_ns=0)

    def open(self, mode: str = "rb", buffering: int = -1) -> BinaryIO:
        """The file for reading."""
        assert mode == "rb", "places are read in bytes"
        return self.place.open(self.relative)

    def read_bytes(self) -> bytes:
        """Its content."""
        return self.place.read(self.relative)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Its content as text."""
        return self.read_bytes().decode(encoding)
