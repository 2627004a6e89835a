"""Compressed files read again: whatever they claim, a little at a time, and to the end of a whole frame or member."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import zstandard
from isal import isal_zlib

GARBLED: tuple[type[Exception], ...] = (zstandard.ZstdError, isal_zlib.error, EOFError)  # type: ignore[assignment]
"""What undoing a compression fails with; EOFError where a frame or member is torn."""
MOST_WINDOW = 32 << 20
"""Bytes that a frame of zstd may ask to be kept: `zstd` itself asks for more with ``--long`` and ``--ultra`` only."""
_AT_ONCE = 512
"""Bytes undone at a time: four of them may stand for 128 KiB."""


class _Decompressor(Protocol):
    """Undoes a frame or member."""

    @property
    def unused_data(self) -> bytes:
        """What stood behind it."""

    @property
    def eof(self) -> bool:
        """Whether it is complete."""

    def decompress(self, data: bytes, /) -> bytes:
        """What more of it says."""


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW).decompressobj(),
    "gzip": lambda: isal_zlib.decompressobj(31),
}


def unpacked(stored: Iterable[bytes], compression: str | None, one: bool = False) -> Iterator[bytes]:
    """What is stored by ``compression`` (zstd, gzip, or none) in frames or members one behind the other, in pieces.

    With ``one`` there may be only one. Raises one of GARBLED.
    """
    if not compression:
        yield from stored
        return
    frame, begun = _DECOMPRESSORS[compression](), False
    for large in stored:
        for first in range(0, len(large), _AT_ONCE):
            piece = large[first : first + _AT_ONCE]
            while piece:
                if frame.eof:
                    if one:
                        raise EOFError("more stands behind the compressed part")
                    frame = _DECOMPRESSORS[compression]()
                yield frame.decompress(piece)
                begun, piece = True, frame.unused_data if frame.eof else b""
    if begun and not frame.eof:
        raise EOFError("the file ends within a compressed part")
