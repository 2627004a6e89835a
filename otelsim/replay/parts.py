"""Files cut into parts that workers take one at a time, in time order as far as files are."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from otelsim.check.files import RunFiles
from otelsim.errors import RunError
from otelsim.replay.files import Given, Pair
from otelsim.replay.lines import DURATION
from otelsim.replay.reading import GZIP, ZSTD, Block, Stretch, blocks
from otelsim.replay.source import Lines, Part

PART_LINES = 50_000
"""Log lines of a part, about, where metric lines go with them."""
PART_BYTES = 32 << 20
"""Bytes of a part of a file that has no other."""
_SCANNED_BYTES = 8 << 20
_LOOKED_AT_BYTES = 1 << 14

Cut = tuple[int, int]
"""Where a part begins: bytes and lines before it."""


def parts_of(found: Given) -> list[Part]:
    """All parts, those of the same time beside each other."""
    if found.run:
        return _slices(found.run)
    cut = [list(_cut(pair)) for pair in found.pairs]
    return [part for row in zip_longest(*cut) for part in row if part]


def _slices(run: RunFiles) -> list[Part]:
    """A run's slices: its manifest tells where each stands."""
    lines: dict[tuple[str, int], int] = {}

    def part(entry: dict[str, Any], signal: str, count: int) -> Lines:
        first = lines.get((signal, entry["lane"]), 1)
        lines[signal, entry["lane"]] = first + count
        extent = entry[signal]
        return Lines(run.path(signal, entry), Stretch(extent["offset"], extent["bytes"], first))

    entries = sorted(run.slices, key=lambda entry: int(entry["slice"]))
    return [Part(part(e, "logs", e["calls"]), part(e, "metrics", e["points"])) for e in entries]


def _cut(pair: Pair) -> Iterator[Part]:
    """A pair's parts: plain files are cut where a log line and its duration begin, compressed ones are one part."""
    if any(path.suffix in (ZSTD, GZIP) for path in pair.paths()):
        yield _whole(pair)
    elif pair.logs is None or pair.metrics is None:
        yield from _alone(pair)
    elif cut := _cuts(pair.logs, pair.metrics):
        both = (_lines(path, places) for path, places in zip(pair, cut, strict=True) if path)
        yield from (Part(*lines) for lines in zip(*both, strict=True))
    else:
        yield _whole(pair)


def _whole(pair: Pair) -> Part:
    return Part(*(Lines(path, Stretch()) if path else None for path in pair))


def _alone(pair: Pair) -> Iterator[Part]:
    """A file that has no other, cut anywhere; its lines are counted where one of them is to be told of."""
    for path in pair.paths():
        size, begin = path.stat().st_size, 0
        while begin < size:
            end = min(size, _behind_line(path, begin + PART_BYTES))
            lines = Lines(path, Stretch(begin, end - begin, None if begin else 1))
            yield Part(lines if pair.logs else None, lines if pair.metrics else None)
            begin = end


def _behind_line(path: Path, offset: int) -> int:
    """Where the line ends in which a byte of a file stands."""
    with path.open("rb") as file:
        file.seek(offset)
        while piece := file.read(_LOOKED_AT_BYTES):
            if end := piece.find(b"\n") + 1:
                return offset + end
            offset += len(piece)
    return offset


def _cuts(logs: Path, metrics: Path) -> tuple[list[Cut], list[Cut]] | None:
    """Where the files of a pair are cut; None where their durations cannot be told without parsing."""
    places = list(_every(logs))
    found = list(_at(metrics, [before for _, before in places]))
    return (places, found) if len(found) == len(places) else None


def _lines(path: Path, cuts: list[Cut]) -> list[Lines]:
    """The file between cuts; the first is the file's begin."""
    ends = [*(offset for offset, _ in cuts[1:]), path.stat().st_size]
    return [
        Lines(path, Stretch(offset, end - offset, before + 1)) for (offset, before), end in zip(cuts, ends, strict=True)
    ]


def _every(path: Path) -> Iterator[Cut]:
    """The file's begin, and every place behind PART_LINES or a few more lines."""
    yield 0, 0
    offset = lines = told = 0
    for block in _scanned(path):
        if lines - told >= PART_LINES:
            yield offset, lines
            told = lines
        offset, lines = offset + block.size, lines + block.lines


def _at(path: Path, wanted: list[int]) -> Iterator[Cut]:
    """Where the duration line begins that has so many durations before it, for each of ``wanted``, which ascend.

    The file's begin for 0; it ends early where the file has no more, or texts with escapes, among which may be some.
    """
    left = iter(wanted[1:])
    yield 0, 0
    target = next(left, None)
    offset = lines = durations = 0
    for block in _scanned(path):
        text = block.text()
        if target is None or b"\\u" in text:
            return
        places = [match.start() for match in DURATION.finditer(text)]
        while target is not None and target < durations + len(places):
            begin = text.rfind(b"\n", 0, places[target - durations]) + 1
            yield offset + begin, lines + text.count(b"\n", 0, begin)
            target = next(left, None)
        offset, lines, durations = offset + block.size, lines + block.lines, durations + len(places)


def _scanned(path: Path) -> Iterator[Block]:
    """A file's lines, to be counted; what cannot be read is told when it is replayed."""
    try:
        yield from blocks(path, Stretch(), _SCANNED_BYTES)
    except RunError:
        return
