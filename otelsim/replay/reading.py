"""Blocks of whole lines from a file or a stretch of one, plain or compressed."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from otelsim.errors import RunError, at
from otelsim.replay.faults import too_long
from otelsim.sinks.unpacking import GARBLED, unpacked
from otelsim.wire.fragments import Bytes
from otelsim.wire.looking import counted
from otelsim.wire.memory import SLACK

MOST_LINE_BYTES, MOST_LINES = 1 << 20, 1 << 16
_MOST_SKIPPED = 1 << 30
"""Bytes of a line that is too long that are read in search of its end."""
_READ_BYTES, _LEAST_READ = 1 << 20, 1 << 10
_SHORT = "the file ends before what its manifest tells of"
ZSTD, GZIP = ".zst", ".gz"
_COMPRESSIONS = {ZSTD: "zstd", GZIP: "gzip"}
UNREADABLE: tuple[type[Exception], ...] = (OSError, *GARBLED)
"""What reading a file on may end with."""


class Stretch(NamedTuple):
    """Where lines stand in a file: its bytes as stored, and the number of the first line there."""

    offset: int = 0
    size: int | None = None
    """Bytes; None: to the end."""
    first_line: int | None = 1
    """None: not counted yet."""


class Place(NamedTuple):
    """A stretch of a file."""

    path: Path
    stretch: Stretch = Stretch()

    def number(self, line: int) -> int:
        """The number in the file of a line of the stretch, whose first is 1."""
        first = self.stretch.first_line
        return line + (lines_before(self.path, self.stretch.offset) if first is None else first - 1)


_counted: dict[Path, tuple[int, int]] = {}


def lines_before(path: Path, offset: int) -> int:
    """Line ends before a byte of a file; stretches come in order, so it is counted on from the one before."""
    known, lines = _counted.get(path, (0, 0))
    if known > offset:
        known = lines = 0
    with path.open("rb") as file:
        file.seek(known)
        while known < offset and (piece := file.read(min(_READ_BYTES, offset - known))):
            known, lines = known + len(piece), lines + piece.count(b"\n")
    _counted[path] = known, lines
    return lines


class Block(NamedTuple):
    """Whole lines; the last one may lack its end."""

    place: "Place"
    first_line: int
    """Counted from the stretch's begin."""
    data: Bytes
    """Their bytes and SLACK more; good until the next block of the file is asked for."""
    lines: int
    ascii: bool

    @property
    def path(self) -> Path:
        """The file."""
        return self.place.path

    def number(self, row: int) -> int:
        """The number of a line in its file."""
        return self.place.number(self.first_line + row)

    @property
    def size(self) -> int:
        """Bytes of the lines."""
        return len(self.data) - SLACK

    def text(self) -> bytes:
        """The lines."""
        return self.data[: self.size].tobytes()

    def ends_well(self) -> bool:
        """Whether the last line has its end."""
        return self.size > 0 and bool(self.data[self.size - 1] == ord("\n"))

    def is_utf8(self) -> bool:
        """Whether all of it is."""
        if self.ascii:
            return True
        try:
            self.text().decode()
        except UnicodeDecodeError:
            return False
        return True


def block_of(place: Place, first_line: int, text: bytes | bytearray, size: int | None = None) -> Block:
    """A block of lines, or of the first ``size`` bytes of a buffer that has SLACK behind them."""
    if size is None:
        # A buffer that may be written to, as all others are: kernels are compiled for each kind.
        size, text = len(text), bytearray(text + bytes(SLACK))
    data = np.frombuffer(text, np.uint8, size + SLACK)
    ends, is_ascii = counted(data, size)
    return Block(place, first_line, data, int(ends) + bool(size and data[size - 1] != ord("\n")), bool(is_ascii))


def blocks(path: Path, stretch: Stretch, size: int, room: bytearray | None = None) -> Iterator[Block]:
    """The stretch's lines in blocks of about ``size`` bytes; RunError where the file cannot be read.

    A line that is too long is told by a text of its own (see `faults.too_long`) in its place. ``room`` is a buffer
    (see `room_for`) that nothing else uses meanwhile.
    """
    held = _Held(Place(path, stretch), size, room_for(size) if room is None else room)
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(stretch.offset)
            if compression := _COMPRESSIONS.get(path.suffix):
                for piece in unpacked(_stored(file, stretch.size), compression):
                    yield from held.take(piece)
            else:
                for count in _read_into(file, stretch.size, held):
                    yield from held.more(count)
    except UNREADABLE as error:
        yield from held.whole_lines()
        raise RunError(f"{at(path, held.place.number(held.line))}: cannot be read on: {_said(error)}") from None
    yield from held.rest()


def room_for(size: int) -> bytearray:
    """A buffer for blocks of ``size``."""
    return bytearray(max(size, MOST_LINE_BYTES) + _READ_BYTES + SLACK)


class _Held:
    """Lines in the making."""

    def __init__(self, place: Place, size: int, room: bytearray) -> None:
        self.place, self.wanted, self.room, self.line = place, size, room, 1
        self.filled = self.offset = self.skipped = 0

    def free(self) -> memoryview:
        """Where more bytes may be read to."""
        begin = self.filled
        return memoryview(self.room)[begin : begin + min(_READ_BYTES, max(self.wanted - begin, _LEAST_READ))]

    def take(self, piece: bytes) -> Iterator[Block]:
        """Add bytes; gives the blocks that are full."""
        for first in range(0, len(piece), _READ_BYTES):
            part = piece[first : first + _READ_BYTES]
            self.room[self.filled : self.filled + len(part)] = part
            yield from self.more(len(part))

    def more(self, count: int) -> Iterator[Block]:
        """So many bytes more stand where it was `free`; gives the blocks that are full."""
        if self.skipped:
            rest = self._behind_line(bytes(self.room[self.filled : self.filled + count]))
            self.room[self.filled : self.filled + len(rest)] = rest
            count = len(rest)
        self.filled += count
        if self.filled >= self.wanted:
            yield from self.whole_lines()
            if self.filled > MOST_LINE_BYTES:
                yield from self._too_long()

    def whole_lines(self) -> Iterator[Block]:
        """Those that have their ends; the rest is kept."""
        if end := self.room.rfind(b"\n", 0, self.filled) + 1:
            yield from self._given(end)
            rest = self.room[end : self.filled]
            self.room[: len(rest)] = rest
            self.filled, self.offset = len(rest), self.offset + end

    def rest(self) -> Iterator[Block]:
        """All that is left."""
        if self.filled:
            yield from self._given(self.filled)

    def _given(self, size: int) -> Iterator[Block]:
        block = block_of(self.place, self.line, self.room, size)
        if size > MOST_LINE_BYTES and self._has_long_line(size):
            block = block_of(self.place, self.line, b"".join(self._told(_lines(block.text()))))
        self.line += block.lines
        yield from _of_bounded_lines(block)

    def _has_long_line(self, size: int) -> bool:
        begin = 0
        while size - begin > MOST_LINE_BYTES:
            end = self.room.rfind(b"\n", begin, begin + MOST_LINE_BYTES + 1)
            if end < 0:
                return True
            begin = end + 1
        return False

    def _told(self, lines: list[bytes]) -> Iterator[bytes]:
        begin = self._begin()
        for line in lines:
            yield line if len(line) <= MOST_LINE_BYTES + 1 else too_long(begin) + b"\n"
            begin += len(line)

    def _begin(self) -> int:
        """Where what is held begins in the file's content, or, of what is compressed, in the stretch's."""
        return self.offset + (0 if self.place.path.suffix in _COMPRESSIONS else self.place.stretch.offset)

    def _too_long(self) -> Iterator[Block]:
        """What is held is the begin of a line without an end in sight."""
        text = too_long(self._begin()) + b"\n"
        self.skipped, self.filled, self.line = self.filled, 0, self.line + 1
        yield block_of(self.place, self.line - 1, text)

    def _behind_line(self, part: bytes) -> bytes:
        """What stands behind the line that is skipped."""
        end = part.find(b"\n") + 1
        self.skipped += end or len(part)
        if self.skipped > _MOST_SKIPPED:
            here = at(self.place.path, self.place.number(self.line - 1))
            raise RunError(f"{here}: a line is longer than {_MOST_SKIPPED >> 20:,} MiB")
        if not end:
            return b""
        self.offset, self.skipped = self.offset + self.skipped, 0
        return part[end:]


def _of_bounded_lines(block: Block) -> Iterator[Block]:
    """The block in pieces of at most MOST_LINES: very short lines take far more room as records."""
    if block.lines <= MOST_LINES:
        yield block
        return
    lines = _lines(block.text())
    for first in range(0, len(lines), MOST_LINES):
        yield block_of(block.place, block.first_line + first, b"".join(lines[first : first + MOST_LINES]))


def _lines(text: bytes) -> list[bytes]:
    """With their ends."""
    *lines, rest = text.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])


def _said(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "the file ends early"


def _stored(file: IO[bytes], size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        piece = file.read(_READ_BYTES if left is None else min(left, _READ_BYTES))
        if not piece:
            if left:
                raise EOFError(_SHORT)
            return
        left = None if left is None else left - len(piece)
        yield piece


def _read_into(file: Any, size: int | None, held: _Held) -> Iterator[int]:
    """The same of what is not compressed, straight to where it is held; gives how much was read."""
    left = size
    while left is None or left > 0:
        count = file.readinto(held.free()[:left])
        if not count:
            if left:
                raise EOFError(_SHORT)
            return
        left = None if left is None else left - count
        yield count
