"""A block of lines as columns, read by Arrow; bad lines are found by column and told one by one."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from otelsim.draws import Int64s
from otelsim.replay import faults
from otelsim.replay.reading import Block
from otelsim.replay.scanning import LOGS, scanned
from otelsim.replay.scanning import METRICS as METRIC_LINES
from otelsim.signals.names import LEVELS, METRICS
from otelsim.wire.fragments import Bytes

Bools = npt.NDArray[np.bool_]
Judge = Callable[[dict[str, Any]], str]
"""What is wrong with a record; empty where nothing is."""

_IDS = pa.struct([("trace_id", pa.string()), ("span_id", pa.string())])
LOG_SCHEMA = pa.schema([*((name, pa.string()) for name in faults.LOG_TEXTS), ("success", pa.bool_())])
METRIC_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("ts", pa.float64()),
        ("value", pa.float64()),
        ("tags", pa.struct([(tag, pa.string()) for tag in faults.TAGS])),
        ("exemplar", _IDS),
    ]
)


DURATION = re.compile(rb'"metric": ?"%b"' % METRICS[0].encode())
"""What a duration line is known by where it is not parsed."""
_BLANK = re.compile(rb"(?:\A|\n)[ \t\r]*\n")
"""A line that Arrow would leave out, though another may hold two records."""
_EXEMPLAR = {"exemplar.trace_id": 32, "exemplar.span_id": 16}


class Fault(NamedTuple):
    """A line that is left out, and why."""

    line: int
    reason: str


class Read(NamedTuple):
    """A block's records: a row a line; what stands in a bad line's row has no meaning."""

    columns: dict[str, Any]
    """Arrow arrays by name; a tag is ``tags.<name>``, an exemplar's ids ``exemplar.<name>``."""
    times_us: Int64s
    good: Bools
    faults: list[Fault]
    durations: Bools
    """Which metric lines are durations, be they good or not."""
    ids: dict[str, Bytes]
    """Ids as bytes, uint8[n, 8 or 16], by their columns' names; zeros where there is none."""


def read_logs(block: Block) -> Read:
    """Log lines."""
    columns = scanned(block.data, block.lines, LOGS) if _is_utf8(block.data) else None
    if columns and (read := _logs(block, columns)).good.all():
        return read
    table, told = _table(block, LOG_SCHEMA, faults.fault_of_log)
    columns = {name: table.column(name).combine_chunks() for name in LOG_SCHEMA.names}
    return _judged(block, _logs(block, columns), told, (table, faults.fault_of_log))


def _logs(block: Block, columns: dict[str, Any]) -> Read:
    times_us, timed = _times(columns["timestamp"])
    good = timed & _one_of(columns["level"], LEVELS) & _all_there(columns, faults.NEEDED)
    ids = {}
    for name, digits in (("trace_id", 32), ("span_id", 16), ("parent_span_id", 16)):
        ids[name], right = hexadecimal(columns[name], digits)
        good &= right | (name == "parent_span_id") & ~there(columns[name])
    good &= _known_releases(columns["release_id"])
    return Read(columns, times_us, good, [], np.zeros(block.lines, np.bool_), ids)


def read_points(block: Block) -> Read:
    """Metric lines."""
    columns = scanned(block.data, block.lines, METRIC_LINES) if _is_utf8(block.data) else None
    if columns and (read := _points(block, columns)).good.all():
        return read
    table, told = _table(block, METRIC_SCHEMA, faults.fault_of_point)
    columns = {name: table.column(name).combine_chunks() for name in ("metric", "ts", "value")}
    for struct in ("tags", "exemplar"):
        whole = table.column(struct).combine_chunks()
        columns |= {f"{struct}.{part.name}": a for part, a in zip(whole.type, whole.flatten(), strict=True)}
        columns[struct] = whole
    return _judged(block, _points(block, columns), told, (table, faults.fault_of_point))


def _points(block: Block, columns: dict[str, Any]) -> Read:
    times, values = (columns[name].fill_null(-1).to_numpy(zero_copy_only=False) for name in ("ts", "value"))
    good = (times >= 0) & (times < faults.LATEST_S) & np.isfinite(values)
    good &= _one_of(columns["metric"], METRICS) & _all_there(columns, ("value", *_named(faults.NEEDED_TAGS)))
    good &= (values >= 0) & (values <= faults.MOST_DURATION_MS) | ~_one_of(columns["metric"], METRICS[:1])
    for name in ("tags.success", "tags.is_write"):
        good &= _one_of(columns[name], ("true", "false"))
    ids = {name: hexadecimal(columns[name], size) for name, size in _EXEMPLAR.items()}
    good &= ~there(columns["exemplar"]) | np.logical_and.reduce([right for _, right in ids.values()])
    good &= _known_releases(columns["tags.release_id"])
    # A double holds epoch seconds to a quarter of a microsecond, so rounding gives back what was written.
    times_us = np.where(good, np.rint(np.where(good, times, 0) * 1e6), 0).astype(np.int64)
    bare = {name: found for name, (found, _) in ids.items()}
    return Read(columns, times_us, good, [], _durations(block, columns["metric"]), bare)


def _durations(block: Block, metric: Any) -> Bools:
    """Where a line is a duration; one that cannot be read is told by its text, so that the others keep their places."""
    found, known = _one_of(metric, METRICS[:1]), there(metric)
    if not known.all():
        lines = block.data.split(b"\n")
        for row in np.flatnonzero(~known).tolist():
            found[row] = bool(DURATION.search(lines[row]))
    return found


def _named(tags: tuple[str, ...]) -> Iterator[str]:
    return (f"tags.{tag}" for tag in tags)


def there(column: Any) -> Bools:
    """Where a column is not null."""
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def _all_there(columns: dict[str, Any], names: tuple[str, ...]) -> Bools:
    found: Bools = np.logical_and.reduce([there(columns[name]) for name in names])
    return found


def _one_of(column: Any, known: tuple[str, ...]) -> Bools:
    return np.array(pc.is_in(column, pa.array(known)).to_numpy(zero_copy_only=False), np.bool_)


def _known_releases(column: Any) -> Bools:
    coded = column.dictionary_encode()
    valid = [release is not None and not faults.fault_of_release(release) for release in coded.dictionary.to_pylist()]
    found: Bools = np.array([*valid, False])[coded.indices.fill_null(len(valid)).to_numpy()]
    return found


def _times(column: Any) -> tuple[Int64s, Bools]:
    """Epoch microseconds, and where there is a time between 1970 and 2100."""
    try:
        times = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).fill_null(-1).to_numpy()
    except pa.ArrowInvalid:
        times = np.array([_time(text) for text in column.to_pylist()], np.int64)
    good = (times >= 0) & (times < faults.LATEST_US)
    return np.where(good, times, 0), good


def _time(text: str | None) -> int:
    try:
        return -1 if text is None else faults.instant_us(text)
    except ValueError:
        return -1


_NIBBLES, _NO_NIBBLE = np.full(256, 255, np.uint8), np.uint64(0xF0F0F0F0F0F0F0F0)
for _digits in ("0123456789abcdef", "0123456789ABCDEF"):
    _NIBBLES[np.frombuffer(_digits.encode(), np.uint8)] = np.arange(16)


def hexadecimal(column: Any, digits: int) -> tuple[Bytes, Bools]:
    """Ids of so many hexadecimal digits as bytes, uint8[n, digits / 2], and where there is one: not only zeros."""
    data, starts, sizes = located(column)
    right = there(column) & (sizes == digits)
    ids = np.zeros((len(column), digits // 2), np.uint8)
    if (right | (sizes == 0)).all():
        # Texts stand one behind the other.
        text = data[starts[0] : starts[-1] + sizes[-1]].reshape(-1, digits) if len(starts) else data.reshape(0, digits)
    else:
        text = data[starts[right][:, None] + np.arange(digits)]
    nibbles = _NIBBLES[text]
    wide = nibbles.view(np.uint64).reshape(len(nibbles), digits // 8)
    ids[right] = nibbles[:, ::2] << 4 | nibbles[:, 1::2] & 15
    right[right] = ((wide & _NO_NIBBLE) == 0).all(axis=1) & (wide != 0).any(axis=1)
    return ids, right


def located(column: Any) -> tuple[Bytes, Int64s, Int64s]:
    """The bytes that a column's texts stand in, where each begins, and its size."""
    _, offsets, data = column.buffers()
    if offsets is None or not len(column):
        return np.zeros(0, np.uint8), np.zeros(len(column), np.int64), np.zeros(len(column), np.int64)
    edges = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    held = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return held, edges[:-1], np.diff(edges)


def _judged(block: Block, read: Read, told: dict[int, str], how: tuple[Any, Judge]) -> Read:
    """The faults of all rows that are not good, in order."""
    table, fault_of = how
    for row in told:
        read.good[row] = False
    for row in np.flatnonzero(~read.good).tolist():
        reason = told.get(row) or fault_of(table.slice(row, 1).to_pylist()[0])
        read.faults.append(Fault(block.first_line + row, reason or "cannot be read"))
    return read


def _table(block: Block, schema: Any, fault_of: Judge) -> tuple[Any, dict[int, str]]:
    """The block's records, and why a row is null where its line could not be read at all."""
    table = _read(block.data, schema) if _is_utf8(block.data) else None
    if table is not None and table.num_rows == block.lines and not _BLANK.search(block.data):
        return table, {}
    lines = block.data.split(b"\n")[: block.lines]
    told = {row: fault for row, line in enumerate(lines) if (fault := faults.fault_of_text(line))}
    kept = [b"{}" if row in told else line for row, line in enumerate(lines)]
    table = _read(b"\n".join(kept), schema)
    if table is None or table.num_rows != block.lines:
        table = _one_by_one(kept, schema, fault_of, told)
    return table, told


def _one_by_one(lines: list[bytes], schema: Any, fault_of: Judge, told: dict[int, str]) -> Any:
    """JSON that Arrow does not take, such as numbers where texts are wanted, becomes rows of nulls that are told of."""
    tables = []
    for row, line in enumerate(lines):
        table = _read(line, schema)
        if table is None or table.num_rows != 1:
            told.setdefault(row, fault_of(json.loads(line)) or "is no JSON that can be read")
            table = _read(b"{}", schema)
        tables.append(table)
    return pa.concat_tables(tables).combine_chunks()


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _options(schema: Any) -> Any:
    return pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")


def _read(data: bytes, schema: Any) -> Any:
    """A table, or None where Arrow does not take the lines."""
    options = pa.json.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        table = pa.json.read_json(pa.BufferReader(data), options, _options(schema))
    except pa.ArrowInvalid:
        return None
    return table.select(schema.names)
