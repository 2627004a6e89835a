"""Blocks of whole lines from a file or a stretch of one, plain or compressed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import zstandard
from isal import isal_zlib

from otelsim.errors import RunError, at

MOST_LINE_BYTES, MOST_LINES = 16 << 20, 1 << 16
_READ_BYTES = 1 << 20
_PACKED_BYTES = 4 << 10
"""Read at a time of what is compressed: little of it may be much."""
ZSTD, GZIP = ".zst", ".gz"
UNREADABLE: tuple[type[Exception], ...] = (OSError, EOFError, zstandard.ZstdError, isal_zlib.error)  # type: ignore[assignment]
"""What reading a file on may end with."""


class Stretch(NamedTuple):
    """Where lines stand in a file: its bytes as stored, and the number of the first line there."""

    offset: int = 0
    size: int | None = None
    """Bytes; None: to the end."""
    first_line: int = 1


class Block(NamedTuple):
    """Whole lines; the last one may lack its end."""

    path: Path
    first_line: int
    data: bytes
    lines: int


def blocks(path: Path, stretch: Stretch, size: int) -> Iterator[Block]:
    """The stretch's lines in blocks of about ``size`` bytes; RunError where the file cannot be read."""
    line = stretch.first_line
    pieces: list[bytes] = []
    try:
        with path.open("rb") as file:
            file.seek(stretch.offset)
            for piece in _plain(path.suffix, file, stretch.size, size):
                pieces.append(piece)
                if sum(map(len, pieces)) < size:
                    continue
                rest = b"".join(pieces)
                end = rest.rfind(b"\n") + 1
                if end:
                    block = Block(path, line, rest[:end], rest.count(b"\n", 0, end))
                    yield from _of_bounded_lines(block)
                    line, rest = line + block.lines, rest[end:]
                elif len(rest) > MOST_LINE_BYTES:
                    raise RunError(f"{at(path, line)}: a line is longer than {MOST_LINE_BYTES >> 20} MiB")
                pieces = [rest]
    except UNREADABLE as error:
        here = line + b"".join(pieces).count(b"\n")
        raise RunError(f"{at(path, here)}: cannot be read on: {_said(error)}") from None
    if rest := b"".join(pieces):
        yield from _of_bounded_lines(Block(path, line, rest, rest.count(b"\n") + (not rest.endswith(b"\n"))))


def _of_bounded_lines(block: Block) -> Iterator[Block]:
    """The block in pieces of at most MOST_LINES: very short lines take far more room as records."""
    while block.lines > MOST_LINES:
        *lines, rest = block.data.split(b"\n", MOST_LINES)
        yield Block(block.path, block.first_line, b"\n".join([*lines, b""]), MOST_LINES)
        block = Block(block.path, block.first_line + MOST_LINES, rest, block.lines - MOST_LINES)
    yield block


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "the file ends early"


def _stored(file: IO[bytes], size: int | None, most: int) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        piece = file.read(most if left is None else min(left, most))
        if not piece:
            if left:
                raise EOFError("the file ends before what its manifest tells of")
            return
        left = None if left is None else left - len(piece)
        yield piece


def _plain(suffix: str, file: IO[bytes], size: int | None, most: int) -> Iterator[bytes]:
    """What stands there, uncompressed; EOFError where a frame or member is torn."""
    if suffix == ZSTD:
        return _unpacked(_stored(file, size, _PACKED_BYTES), zstandard.ZstdDecompressor().decompressobj)
    if suffix == GZIP:
        return _unpacked(_stored(file, size, _PACKED_BYTES), lambda: isal_zlib.decompressobj(wbits=31))
    return _stored(file, size, min(most, _READ_BYTES))


def _unpacked(stored: Iterator[bytes], new: Callable[[], Any]) -> Iterator[bytes]:
    """Frames or members, one behind the other."""
    frame = new()
    begun = False
    for piece in stored:
        while piece:
            yield frame.decompress(piece)
            begun, piece = not frame.eof, frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = new()
    if begun:
        raise EOFError("the file ends within a compressed part")
