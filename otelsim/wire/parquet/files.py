"""Tables into files of Parquet, partitioned by signal and date: ``traces/date=2025-03-03/part-00012.parquet``.

The date is that of a row's own time, so calls of one slice may go into two files a signal.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from otelsim.draws import Int64s
from otelsim.outcome.tables import START_US
from otelsim.wire.parquet.known import Known
from otelsim.wire.parquet.names import file_name
from otelsim.wire.parquet.schema import SCHEMAS, TIME
from otelsim.wire.parquet.tables import tables

GROUP_CALLS = 1 << 15
"""Calls of a row group, at most: what is held in memory of a file, as columns and once more as tables (about 25 MB)."""
COMPRESSION, LEVEL = "zstd", 1
_DAY_US = 86_400_000_000


class Part(NamedTuple):
    """A file that is complete."""

    bytes: int
    records: int
    digest: str
    """xxh3_128 of its bytes."""


class Taker(Protocol):
    """Takes a file's bytes."""

    def write(self, data: bytes, /) -> None:
        """Take some."""


class Parts:
    """The files that some slices become; ``create`` begins one by its name."""

    def __init__(self, known: Known, number: int, create: Callable[[str], Taker]) -> None:
        self.known, self.number, self.create = known, number, create
        self.held: dict[int, list[Int64s]] = {}
        self.files: dict[str, _File] = {}
        self.done: dict[str, Part] = {}

    def take(self, calls: Int64s) -> None:
        """Take calls, int64[24, n], which the caller may use no more: nothing later may come before the first of them.

        So files of the days before that are complete, and what is held of them is let go.
        """
        days = calls[START_US] // _DAY_US
        if len(days):
            self._complete(int(days.min()))
        for day in np.unique(days).tolist():
            self.held.setdefault(day, []).append(calls[:, days == day])
            if sum(each.shape[1] for each in self.held[day]) >= GROUP_CALLS:
                self._write(day)

    def end(self) -> dict[str, Part]:
        """Complete the files; returns them by name."""
        self._complete()
        return self.done

    def abandon(self) -> None:
        """Write no more: what was begun is somebody else's to remove."""
        self.held.clear()
        for file in self.files.values():
            file.abandon()

    def _complete(self, before: int | None = None) -> None:
        """Complete the files of all days, or of those before one."""
        for day in sorted(day for day in self.held if before is None or day < before):
            self._write(day)
        for name, file in list(self.files.items()):
            if before is None or file.day < before:
                self.done[name] = file.end()
                del self.files[name]

    def _write(self, day: int) -> None:
        """What is held of a day, as a row group of each of its files."""
        calls = np.concatenate(self.held.pop(day), axis=1)
        for signal, table in tables(self.known, calls).items():
            name = file_name(signal, day, self.number)
            if name not in self.files:
                self.files[name] = _File(signal, day, self.create(name))
            self.files[name].write(table)


class _File:
    """A file in the making, as pyarrow writes it."""

    def __init__(self, signal: str, day: int, taker: Taker) -> None:
        self.stream, self.day = _Counted(taker), day
        self.records = 0
        columns = SCHEMAS[signal]
        times = [field.name for field in columns if field.type == TIME]
        self.writer = pq.ParquetWriter(
            self.stream,
            columns,
            compression=COMPRESSION,
            compression_level=LEVEL,
            use_dictionary=[field.name for field in columns if pa.types.is_dictionary(field.type)],
            column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
            # Only they tell readers what to skip: row groups have nearly every text, and ids are spread evenly.
            write_statistics=times,
        )

    def write(self, table: Any) -> None:
        """A row group."""
        self.writer.write_table(table, row_group_size=len(table))
        self.records += len(table)

    def end(self) -> Part:
        """The footer."""
        self.writer.close()
        return Part(self.stream.size, self.records, self.stream.digest.hexdigest())

    def abandon(self) -> None:
        """A writer that is let go of writes its footer in any case: it is to go nowhere."""
        self.stream.taker = None
        with suppress(OSError, pa.ArrowException):
            self.writer.close()


class _Counted:
    """What pyarrow takes for a file."""

    closed = False

    def __init__(self, taker: Taker) -> None:
        self.taker: Taker | None = taker
        self.size, self.digest = 0, xxhash.xxh3_128()

    def write(self, data: bytes) -> int:
        """Hand on."""
        if self.taker is not None:
            self.taker.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held."""
