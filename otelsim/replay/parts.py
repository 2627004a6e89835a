"""Files cut into parts that workers take one at a time, in time order as far as files are."""

import re
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
"""Log lines of a part, about; a file of metrics alone is cut at so many durations."""
_SCANNED_BYTES = 8 << 20
_LINE_END = re.compile(b"\n")

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
    cut = None if any(path.suffix in (ZSTD, GZIP) for path in pair.paths()) else _cuts(pair)
    if cut is None:
        yield Part(*(Lines(path, Stretch()) if path else None for path in pair))
        return
    alone = [None] * max(map(len, cut))
    both = (_lines(path, places) if path else alone for path, places in zip(pair, cut, strict=True))
    yield from (Part(*lines) for lines in zip(*both, strict=True))


def _cuts(pair: Pair) -> tuple[list[Cut], list[Cut]] | None:
    """Where the files of a pair are cut; None where their durations cannot be told without parsing."""
    if pair.logs is None:
        return [], list(_every(pair.metrics, DURATION)) if pair.metrics else []
    logs = list(_every(pair.logs, _LINE_END))
    if pair.metrics is None:
        return logs, []
    metrics = list(_at(pair.metrics, [before for _, before in logs]))
    return (logs, metrics) if len(metrics) == len(logs) else None


def _lines(path: Path, cuts: list[Cut]) -> list[Lines | None]:
    """The file between cuts; the first is the file's begin."""
    ends = [*(offset for offset, _ in cuts[1:]), path.stat().st_size]
    return [
        Lines(path, Stretch(offset, end - offset, before + 1)) for (offset, before), end in zip(cuts, ends, strict=True)
    ]


def _every(path: Path, mark: re.Pattern[bytes]) -> Iterator[Cut]:
    """The file's begin, and every place behind PART_LINES or a few more lines that hold ``mark``."""
    yield 0, 0
    offset = lines = marks = 0
    for block in _scanned(path):
        if marks >= PART_LINES:
            yield offset, lines
            marks = 0
        marks += block.lines if mark is _LINE_END else len(mark.findall(block.data))
        offset, lines = offset + len(block.data), lines + block.lines


def _at(path: Path, wanted: list[int]) -> Iterator[Cut]:
    """Where the duration line begins that has so many durations before it, for each of ``wanted``, which ascend.

    The file's begin for 0; it ends early where the file has no more, or texts with escapes, among which may be some.
    """
    left = iter(wanted[1:])
    yield 0, 0
    target = next(left, None)
    offset = lines = durations = 0
    for block in _scanned(path):
        if target is None or b"\\u" in block.data:
            return
        places = [match.start() for match in DURATION.finditer(block.data)]
        while target is not None and target < durations + len(places):
            begin = block.data.rfind(b"\n", 0, places[target - durations]) + 1
            yield offset + begin, lines + block.data.count(b"\n", 0, begin)
            target = next(left, None)
        offset, lines, durations = offset + len(block.data), lines + block.lines, durations + len(places)


def _scanned(path: Path) -> Iterator[Block]:
    """A file's lines, to be counted; what cannot be read is told when it is replayed."""
    try:
        yield from blocks(path, Stretch(), _SCANNED_BYTES)
    except RunError:
        return
