"""Columns of a block as the pieces that messages are joined from (see `wire.otlp.joined`)."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.replay.lines import Bools, located, there
from otelsim.wire.fragments import Bytes
from otelsim.wire.memory import SLACK
from otelsim.wire.otlp.attributes import opening

_ONE_BY_ONE = 1 << 16
"""Lengths up to this are told apart by a table."""


class Text(NamedTuple):
    """A column of texts in a pool."""

    starts: Int64s
    sizes: Int64s
    """0 where there is none."""
    there: Bools


class Pool:
    """The bytes that pieces stand in, in the making."""

    def __init__(self) -> None:
        self.parts: list[Bytes] = []
        self.size = 0

    def add(self, data: bytes | Bytes) -> int:
        """Where the bytes stand."""
        part = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
        first = self.size
        self.parts.append(part)
        self.size += len(part)
        return first

    def text(self, column: Any) -> Text:
        """An Arrow column of texts."""
        data, starts, sizes = located(column)
        known = there(column)
        return Text(starts + self.add(data), np.where(known, sizes, 0), known)

    def whole(self) -> Bytes:
        """All of it, with the slack that copies need."""
        return np.concatenate([*self.parts, np.zeros(SLACK, np.uint8)])


class Pieces:
    """The pieces of ``count`` records, in the order in which they are added."""

    def __init__(self, pool: Pool, count: int) -> None:
        self.pool, self.count = pool, count
        self.starts: list[Int64s] = []
        self.sizes: list[Int64s] = []

    def coded(self, texts: Sequence[bytes], codes: Int64s, known: Bools | None = None) -> None:
        """Text ``codes[i]`` of a few, where it is ``known``."""
        edges = self.pool.add(b"".join(texts)) + np.cumsum([0, *map(len, texts)])
        sizes = np.diff(edges)[codes]
        self._add(edges[codes], sizes if known is None else np.where(known, sizes, 0))

    def fixed(self, rows: Bytes, known: Bools | None = None) -> None:
        """Rows of equally many bytes, uint8[count, width]."""
        width = rows.shape[1]
        starts = self.pool.add(np.ascontiguousarray(rows).ravel()) + width * np.arange(self.count)
        sizes = np.full(self.count, width)
        self._add(starts, sizes if known is None else np.where(known, sizes, 0))

    def heads(self, head: Callable[[int], bytes], sizes: Int64s, known: Bools) -> None:
        """What ``head`` says of a length, where there is one."""
        lengths, codes = _told_apart(np.where(known, sizes, 0))
        self.coded([head(length) for length in lengths], codes, known)

    def located(self, text: Text, known: Bools | None = None) -> None:
        """A text as it stands, where it is ``known``."""
        self._add(text.starts, text.sizes if known is None else np.where(known, text.sizes, 0))

    def headed(self, head: Callable[[int], bytes], text: Text) -> None:
        """A text behind what ``head`` says of its length, where there is one."""
        self.heads(head, text.sizes, text.there)
        self.located(text)

    def attribute(self, number: int, key: str, text: Text) -> None:
        """A KeyValue as field ``number``."""
        self.headed(lambda length: _opening(number, key, length), text)

    def joined(self) -> tuple[Bytes, Int64s, Int64s]:
        """What `wire.otlp.joined` takes; the pool must be complete."""
        return self.pool.whole(), np.stack(self.starts), np.stack(self.sizes)

    def _add(self, starts: Int64s, sizes: Int64s) -> None:
        self.starts.append(starts.astype(np.int64))
        self.sizes.append(sizes.astype(np.int64))


@lru_cache(maxsize=4_096)
def _opening(number: int, key: str, length: int) -> bytes:
    return opening(number, key, "", length)


def _told_apart(sizes: Int64s) -> tuple[list[int], Int64s]:
    """The lengths that occur, and which of them each is."""
    if not len(sizes) or sizes.max() > _ONE_BY_ONE:
        lengths, codes = np.unique(sizes, return_inverse=True)
        return lengths.tolist(), codes
    counts = np.bincount(sizes)
    return np.flatnonzero(counts).tolist(), (np.cumsum(counts > 0) - 1)[sizes]


def words(values: Int64s) -> Bytes:
    """64-bit words as they stand on the wire, uint8[n, 8]."""
    return np.ascontiguousarray(values, "<i8").view(np.uint8).reshape(-1, 8)


def beside(*columns: int | Bytes) -> Bytes:
    """Columns of bytes side by side, uint8[n, width]; a number stands for itself in each row."""
    rows = next(len(column) for column in columns if not isinstance(column, int))
    return np.hstack([np.full((rows, 1), c, np.uint8) if isinstance(c, int) else c for c in columns])
