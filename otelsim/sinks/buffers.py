"""Room that lines are encoded into, and the interface of what takes them from there."""

import mmap
from typing import NamedTuple, Protocol

import numpy as np
import xxhash

from otelsim.wire.fragments import Bytes

BLOCK = 4_096
"""Alignment that O_DIRECT asks for, at most, on the devices of today."""
ROOM = 1 << 20
"""Bytes of a buffer: large enough for the device, small enough for the processor's cache."""


class Extent(NamedTuple):
    """What a slice became in one file: where it stands as stored, and the digest of its lines."""

    offset: int
    stored: int
    """Bytes in the file."""
    content: int
    """Bytes of the lines themselves."""
    digest: str
    """xxh3_128 of the lines."""
    stored_digest: str = ""
    """xxh3_128 of the bytes in the file, where these are not the lines."""


class Sink(Protocol):
    """Takes what stands in ``room[:at]``; lines are put behind what it leaves there."""

    room: Bytes
    at: int

    def begin(self, offset: int) -> None:
        """Start a slice at the file's ``offset``."""

    def drain(self) -> None:
        """Make room."""

    def end(self) -> Extent:
        """Finish the slice: all of it is handed to the system."""

    def close(self) -> None:
        """Let go of the file."""


def new_room(size: int = ROOM) -> Bytes:
    """``size`` bytes on a page boundary, uint8[]."""
    return np.frombuffer(mmap.mmap(-1, size), np.uint8)


class NullSink:
    """Encodes everything and writes nothing, for measuring."""

    def __init__(self, room: Bytes) -> None:
        self.room, self.at = room, 0
        self.content = 0
        self.digest = xxhash.xxh3_128()

    def begin(self, offset: int) -> None:
        """Start a slice."""
        self.content, self.at = 0, 0
        self.digest.reset()

    def drain(self) -> None:
        """Count and forget."""
        self.digest.update(self.room[: self.at].data)
        self.content += self.at
        self.at = 0

    def end(self) -> Extent:
        """The slice's digest; nothing is stored."""
        self.drain()
        return Extent(0, 0, self.content, self.digest.hexdigest())

    def close(self) -> None:
        """Nothing to close."""
