"""Files cut into parts that workers take one at a time, in time order as far as files are."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from otelsim.check.files import RunFiles
from otelsim.errors import RunError
from otelsim.replay.files import Given, Pair
from otelsim.replay.reading import GZIP, ZSTD, Block, Stretch, blocks
from otelsim.replay.source import Lines, Part
from otelsim.signals.names import METRICS

PART_LINES = 50_000
"""Log lines of a part, about; a file of metrics alone is cut at so many durations."""
_SCANNED_BYTES = 8 << 20
_DURATION = f'"{METRICS[0]}"'.encode()

Cut = tuple[int, int]
"""Where a part begins: bytes and lines before it."""


def parts_of(found: Given) -> list[Part]:
    """All parts, those of the same time beside each other."""
    if found.run:
        return _slices(found.run, {pair.paths()[0].name: pair for pair in found.pairs})
    cut = [list(_cut(pair)) for pair in found.pairs]
    return [part for row in zip_longest(*cut) for part in row if part]


def _slices(run: RunFiles, _: dict[str, Pair]) -> list[Part]:
    """A run's slices: its manifest tells where each stands."""
    lines: dict[tuple[str, int], int] = {}

    def part(entry: dict[str, Any], signal: str, count: int) -> Lines:
        first = lines.get((signal, entry["lane"]), 1)
        lines[signal, entry["lane"]] = first + count
        extent = entry[signal]
        return Lines(run.path(signal, entry["lane"]), Stretch(extent["offset"], extent["bytes"], first))

    entries = sorted(run.slices, key=lambda entry: int(entry["slice"]))
    return [Part(part(e, "logs", e["calls"]), part(e, "metrics", e["points"])) for e in entries]


def _cut(pair: Pair) -> Iterator[Part]:
    """A pair's parts: plain files are cut where a log line and its duration begin, compressed ones are one part."""
    if any(path.suffix in (ZSTD, GZIP) for path in pair.paths()):
        yield Part(*(Lines(path, Stretch()) if path else None for path in pair))
        return
    if pair.logs is None and pair.metrics is not None:
        yield from (Part(None, lines) for lines in _lines(pair.metrics, list(_every(pair.metrics, _DURATION))))
        return
    assert pair.logs is not None
    cuts = list(_every(pair.logs, b"\n"))
    logs = _lines(pair.logs, cuts)
    if pair.metrics is None:
        yield from (Part(lines, None) for lines in logs)
        return
    durations = list(_at(pair.metrics, [before for _, before in cuts]))
    yield from (Part(*both) for both in zip(logs, _lines(pair.metrics, durations), strict=True))


def _lines(path: Path, cuts: list[Cut]) -> list[Lines]:
    """The file between cuts; the first is the file's begin."""
    ends = [*(offset for offset, _ in cuts[1:]), path.stat().st_size]
    return [
        Lines(path, Stretch(offset, end - offset, before + 1)) for (offset, before), end in zip(cuts, ends, strict=True)
    ]


def _every(path: Path, mark: bytes) -> Iterator[Cut]:
    """The file's begin, and every place behind PART_LINES or a few more lines that hold ``mark``."""
    yield 0, 0
    offset = lines = marks = 0
    for block in _scanned(path):
        if marks >= PART_LINES:
            yield offset, lines
            marks = 0
        offset, lines, marks = offset + len(block.data), lines + block.lines, marks + block.data.count(mark)


def _at(path: Path, wanted: list[int]) -> Iterator[Cut]:
    """Where the duration line begins that has so many durations before it, for each of ``wanted``, which ascend.

    The file's begin for 0, and its end where it has no more.
    """
    left = iter(wanted)
    target: int | None = next(left)
    offset = lines = durations = 0
    for block in _scanned(path):
        here = block.data.count(_DURATION)
        place = -1
        found = durations
        while target is not None and target < durations + here:
            while found <= target:
                place = block.data.find(_DURATION, place + 1)
                found += 1
            begin = block.data.rfind(b"\n", 0, place) + 1
            yield (offset + begin, lines + block.data.count(b"\n", 0, begin)) if target else (0, 0)
            target = next(left, None)
        offset, lines, durations = offset + len(block.data), lines + block.lines, durations + here
    while target is not None:
        yield (offset, lines) if target else (0, 0)
        target = next(left, None)


def _scanned(path: Path) -> Iterator[Block]:
    """A file's lines, to be counted; what cannot be read is told when it is replayed."""
    try:
        yield from blocks(path, Stretch(), _SCANNED_BYTES)
    except RunError:
        return
