"""A place as a path, for those who read a run's folder."""

import io
from pathlib import Path
from typing import cast

from otelsim.sinks.places.interface import Place


class _PlacePath:
    """What readers need of a path: its names are those of a place."""

    def __init__(self, place: Place, name: str = "") -> None:
        self.place, self.relative = place, name

    @property
    def name(self) -> str:
        """The last part of it."""
        return str(self).rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.place.name}/{self.relative}" if self.relative else self.place.name

    def __truediv__(self, name: str) -> "_PlacePath":
        return _PlacePath(self.place, f"{self.relative}/{name}" if self.relative else name)

    def exists(self) -> bool:
        """Whether there is such a file."""
        folder, _, name = self.relative.rpartition("/")
        return name in self.place.sizes(folder)

    def read_bytes(self) -> bytes:
        """Its content."""
        return self.place.read(self.relative)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Its content as text."""
        return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding).read()


def PlacePath(place: Place, name: str = "") -> Path:  # noqa: N802
    """A file of a place, or the place itself, as what can be read like a path."""
    return cast(Path, _PlacePath(place, name))
