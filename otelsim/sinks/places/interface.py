"""What a place of files can do.

Names are relative to the place, with ``/`` between folders. A name that would lead outside (``..``, a leading ``/``,
an empty part) raises InputError. Reading raises OSError, as files do, with a ``strerror`` to show; writing RunError.
Places can be pickled: a process opens a connection of its own when it first needs one.
"""

import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from otelsim.errors import InputError

Data = bytes | bytearray | memoryview
UNFINISHED = re.compile(r"(.+)\.part-\d+-\d+")
"""Name of a file in the making, where a place must give it one: those of its own name, process and number."""


class Upload(Protocol):
    """A file in the making: nothing is visible under its name before it is committed."""

    def write(self, data: Data, /) -> None:
        """Add to it."""

    def commit(self) -> None:
        """Give it its name, whole and durable; what had the name before is replaced."""

    def abort(self) -> None:
        """Leave nothing of it; no error, since there is one already."""


class Place(Protocol):
    """Where files are kept."""

    @property
    def name(self) -> str:
        """As the user gave it, secrets hidden."""

    def check(self, writing: bool = False) -> None:
        """Try whether it can be read, or written; InputError says why not, in bounded time. Makes nothing visible."""

    def create(self, name: str) -> Upload:
        """Begin a file, in a folder that need not be there yet."""

    def read(self, name: str) -> bytes:
        """A small file's content; FileNotFoundError where there is none."""

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The files right in a folder, by name: their bytes. Nothing where there is no such folder."""

    def folders(self) -> list[str]:
        """The names of the folders right in it."""

    def within(self, folder: str) -> "Place":
        """A folder of it as a place of its own."""

    def remove(self, name: str) -> None:
        """Remove a file; no error where there is none."""

    def tidy(self, names: Container[str] | None = None) -> int:
        """Remove what interrupted writers left of files in the making; returns how many there were.

        A live writer's files would be lost with them, and no place can tell those apart. So whoever calls this
        names the files that nobody but himself may write (a shard: those of its own groups), none of them in hand;
        None is for him who holds the whole run, no other writer being left.
        """

    def open(self, name: str) -> BinaryIO:
        """A file for reading, in which one can seek; FileNotFoundError where there is none."""


@contextmanager
def whole(place: Place, name: str) -> Iterator[Upload]:
    """A file that is committed at the end of the block, or aborted if that ends with an exception."""
    upload = place.create(name)
    try:
        yield upload
        upload.commit()
    except BaseException:
        upload.abort()
        raise


def put(place: Place, name: str, data: Data) -> None:
    """Make a file at once."""
    with whole(place, name) as upload:
        upload.write(data)


def checked(place: str, name: str) -> str:
    """``name``, if it leads to a file within the ``place``; InputError if not."""
    if not is_inside(name):
        raise InputError(place, f"{name!r} is no name of a file within it")
    return name


def is_inside(path: str) -> bool:
    """Whether a relative path stays below where it starts."""
    return "\0" not in path and all(part not in ("", ".", "..") for part in path.split("/"))
