"""A file far away as one that can be read and sought in."""

import io
from collections.abc import Callable
from typing import BinaryIO

BUFFER_BYTES = 1 << 20
"""Asked for at once where less is read."""


class Ranges(io.RawIOBase):
    """Reads by asking for ranges."""

    def __init__(self, size: int, ask: Callable[[int, int], bytes]) -> None:
        """``ask`` returns the bytes from an offset on, so many of them; OSError where it cannot."""
        self._size, self._ask, self._at = size, ask, 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Any range can be asked for."""
        return True

    def tell(self) -> int:
        """Where reading goes on."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go on reading elsewhere."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readall(self) -> bytes:
        """All the rest at once; io's own way would ask for 8 KiB at a time."""
        left = max(0, self._size - self._at)
        data = self._ask(self._at, left) if left else b""
        self._at += len(data)
        return data

    def readinto(self, room: memoryview, /) -> int:  # type: ignore[override]
        """Ask for what fits."""
        size = min(len(room), self._size - self._at)
        if size <= 0:
            return 0
        data = self._ask(self._at, size)
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def seekable(size: int, ask: Callable[[int, int], bytes]) -> BinaryIO:
    """A file of ``size`` bytes, of which ``ask`` gives those from an offset on."""
    return io.BufferedReader(Ranges(size, ask), BUFFER_BYTES)
