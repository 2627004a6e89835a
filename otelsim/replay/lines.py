"""A block of lines as numbers and places of texts; bad lines are told one by one.

Lines that are not in the documented form, to the letter, are read by Arrow.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from otelsim.draws import Int64s
from otelsim.replay import faults
from otelsim.replay.coding import Bools, Coder
from otelsim.replay.reading import Block
from otelsim.replay.scanning import Located, PointTexts, scanned_logs, scanned_points, table_of
from otelsim.signals.names import LEVELS, METRICS
from otelsim.wire.fragments import Bytes
from otelsim.wire.memory import SLACK
from otelsim.wire.otlp import log_lines as log
from otelsim.wire.otlp import point_lines as point
from otelsim.wire.otlp.log_lines import read_log_lines
from otelsim.wire.otlp.point_lines import judge_points, read_tags
from otelsim.wire.scan import EXEMPLAR, METRIC, POINT_COLUMNS, TAGS, TIME_US

Judge = Callable[[dict[str, Any]], str]
"""What is wrong with a record; empty where nothing is."""

_IDS = pa.struct([("trace_id", pa.string()), ("span_id", pa.string())])
LOG_SCHEMA = pa.schema([(name, pa.bool_() if name == "success" else pa.string()) for name in log.KEYS])
METRIC_SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("ts", pa.float64()),
        ("value", pa.float64()),
        ("tags", pa.struct([(tag, pa.string()) for tag in point.KEYS])),
        ("exemplar", _IDS),
    ]
)
_LEVELS, _TRUTHS = table_of(LEVELS), table_of(("false", "true"))
_NEEDED = np.array([log.KEYS.index(name) for name in faults.NEEDED])
_NEEDED_TAGS = [point.ACTION_CODE, point.SUCCESS, point.IS_WRITE]
_BOUNDS = (faults.LATEST_US, faults.MOST_DURATION_MS)

DURATION = re.compile(rb'"metric": ?"%b"' % METRICS[0].encode())
"""What a duration line is known by where it is not parsed."""
_BLANK = re.compile(rb"(?:\A|\n)[ \t\r]*\n")
"""A line that Arrow would leave out, though another may hold two records."""


class Fault(NamedTuple):
    """A line that is left out, and why."""

    line: int
    reason: str


class LogLines(NamedTuple):
    """A block's log lines: a row a line; what stands in a bad line's row has no meaning."""

    data: Bytes
    texts: Located
    columns: Int64s
    """int64[lines, `log_lines.COLUMNS`]."""
    ids: Bytes
    good: Bools
    faults: list[Fault]


class PointLines(NamedTuple):
    """A block's metric lines."""

    data: Bytes
    lines: Int64s
    values: npt.NDArray[np.float64]
    tags: Located
    codes: Int64s
    """Of tags, int64[tags, `point_lines.COLUMNS`]."""
    ids: Bytes
    """Of exemplars."""
    good: Bools
    faults: list[Fault]
    durations: Bools
    """Which lines are durations, be they good or not."""


def read_logs(block: Block, coder: Coder) -> LogLines:
    """Log lines."""
    texts = scanned_logs(block) if block.is_utf8() else None
    if texts is not None and (read := _logs(block.data, texts, coder)).good.all():
        return read
    table, told = _table(block, LOG_SCHEMA, faults.fault_of_log)
    read = _logs(*_gathered([table.column(name) for name in LOG_SCHEMA.names]), coder)
    read.faults.extend(_judged(block, read.good, told, (table, faults.fault_of_log)))
    return read


def _logs(data: Bytes, texts: Located, coder: Coder) -> LogLines:
    count = len(texts)
    columns, good = np.zeros((count, log.COLUMNS), np.int64), np.empty(count, np.bool_)
    ids = np.zeros(log.IDS * count + SLACK, np.uint8)
    coder.make_room(count, len(data))
    tables = (coder.releases.table(), coder.words.table())
    read_log_lines(data, texts, (_LEVELS, _NEEDED), tables, (columns, ids, good))
    coder.learn()
    good &= coder.right(columns[:, log.RELEASE])
    if other := np.flatnonzero(columns[:, log.TIME_US] < 0).tolist():
        columns[other, log.TIME_US] = _times([_text(data, texts, row, 0) for row in other])
        good &= columns[:, log.TIME_US] >= 0
    return LogLines(data, texts, columns, ids, good, [])


def read_points(block: Block, coder: Coder) -> PointLines:
    """Metric lines."""
    found = scanned_points(block) if block.is_utf8() else None
    if found is not None and (read := _points(block.data, found, coder)).good.all():
        return read
    table, told = _table(block, METRIC_SCHEMA, faults.fault_of_point)
    read = _points(*_taken_apart(table), coder)
    read.faults.extend(_judged(block, read.good, told, (table, faults.fault_of_point)))
    return read._replace(durations=_durations(block, table.column("metric")))


def _points(data: Bytes, found: PointTexts, coder: Coder) -> PointLines:
    lines, values, tags, exemplars = found
    codes, ids = np.empty((len(tags), point.COLUMNS), np.int64), np.empty(point.IDS * len(exemplars) + SLACK, np.uint8)
    coder.make_room(len(tags), len(data))
    read_tags(data, tags, _TRUTHS, (coder.releases.table(), coder.words.table()), codes)
    coder.learn()
    right = (codes[:, _NEEDED_TAGS] >= 0).all(axis=1) & coder.right(codes[:, point.RELEASE])
    good = judge_points(lines, values, right, (data, exemplars, ids), _BOUNDS)
    return PointLines(data, lines, values, tags, codes, ids, good, [], lines[:, METRIC] == 0)


def _taken_apart(table: Any) -> tuple[Bytes, PointTexts]:
    """Metric lines as Arrow has read them, as if they had been scanned: each has tags and an exemplar of its own."""
    tags, exemplar = (table.column(name).combine_chunks() for name in ("tags", "exemplar"))
    data, texts = _gathered([*tags.flatten(), *exemplar.flatten()])
    lines, rows = np.empty((table.num_rows, POINT_COLUMNS), np.int64), np.arange(table.num_rows)
    times, values = (table.column(name).fill_null(np.nan).to_numpy().copy() for name in ("ts", "value"))
    timed = (times >= 0) & (times < faults.LATEST_S)
    # A double holds epoch seconds to a quarter of a microsecond, so rounding gives back what was written.
    lines[:, TIME_US] = np.where(timed, np.rint(np.where(timed, times, 0) * 1e6), -1)
    lines[:, METRIC] = pc.index_in(table.column("metric"), pa.array(METRICS)).fill_null(-1).to_numpy()
    lines[:, TAGS], lines[:, EXEMPLAR] = rows, np.where(exemplar.is_valid(), rows, -1)
    width = 2 * len(point.KEYS)
    return data, PointTexts(
        lines, values, np.ascontiguousarray(texts[:, :width]), np.ascontiguousarray(texts[:, width:])
    )


def _durations(block: Block, metric: Any) -> Bools:
    """Where a line is a duration; one that cannot be read is told by its text, so that the others keep their places."""
    found = np.array(pc.equal(metric, METRICS[0]).fill_null(False))
    unknown = np.flatnonzero(np.array(metric.is_null())).tolist()
    lines = block.text().split(b"\n") if unknown else []
    for row in unknown:
        found[row] = bool(DURATION.search(lines[row]))
    return found


def _gathered(columns: list[Any]) -> tuple[Bytes, Located]:
    """Texts (and truths) of Arrow columns as if they had been scanned: their bytes, and where they stand."""
    parts, size = [], 0
    texts = np.empty((len(columns[0]), 2 * len(columns)), np.int32)
    for k, column in enumerate(columns):
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if pa.types.is_boolean(whole.type):
            texts[:, 2 * k], texts[:, 2 * k + 1] = whole.fill_null(False), np.where(whole.is_valid(), 0, -1)
            continue
        texts[:, 2 * k], texts[:, 2 * k + 1], data = _located(whole, size)
        parts.append(data)
        size += len(data)
    return np.concatenate([*parts, np.zeros(SLACK, np.uint8)]), texts


def _located(column: Any, before: int) -> tuple[Int64s, Int64s, Bytes]:
    """Where the texts of an Arrow column begin, how long they are (-1: null), and the bytes that they stand in."""
    _, offsets, data = column.buffers()
    if offsets is None or data is None or not len(column):
        nothing = np.where(column.is_valid(), 0, -1).astype(np.int64)
        return np.full(len(column), before), nothing, np.zeros(0, np.uint8)
    edges = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    sizes = np.where(column.is_valid(), np.diff(edges), -1)
    return edges[:-1] - edges[0] + before, sizes, np.frombuffer(data, np.uint8)[edges[0] : edges[-1]]


def _text(data: Bytes, texts: Located, row: int, k: int) -> str | None:
    first, size = texts[row, 2 * k : 2 * k + 2].tolist()
    return data[first : first + size].tobytes().decode() if size >= 0 else None


def _times(texts: list[str | None]) -> Int64s:
    """Epoch microseconds, or -1 where there is no time between 1970 and 2100."""
    try:
        column = pa.array(texts, pa.string()).cast(pa.timestamp("us", "UTC"))
        times = column.cast(pa.int64()).fill_null(-1).to_numpy()
    except pa.ArrowInvalid:
        times = np.array([_time(text) for text in texts], np.int64)
    return np.where((times >= 0) & (times < faults.LATEST_US), times, -1)


def _time(text: str | None) -> int:
    try:
        return -1 if text is None else faults.instant_us(text)
    except ValueError:
        return -1


def _judged(block: Block, good: Bools, told: dict[int, str], how: tuple[Any, Judge]) -> list[Fault]:
    """The faults of all rows that are not good, in order."""
    table, fault_of = how
    good[list(told)] = False
    found = []
    for row in np.flatnonzero(~good).tolist():
        reason = told.get(row) or fault_of(table.slice(row, 1).to_pylist()[0])
        found.append(Fault(block.number(row), reason or "cannot be read"))
    return found


def _table(block: Block, schema: Any, fault_of: Judge) -> tuple[Any, dict[int, str]]:
    """The block's records, and why a row is null where its line could not be read at all."""
    text = block.text()
    table = _read(text, schema) if block.is_utf8() else None
    if table is not None and table.num_rows == block.lines and not _BLANK.search(text):
        return table, {}
    lines = text.split(b"\n")[: block.lines]
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
