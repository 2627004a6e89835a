"""One slice as frames: its calls (a log line and its duration), and its points in blocks of bounded size."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from otelsim.check.grammar import LOG_LINE, LOG_SCHEMA, METRIC_LINE, METRIC_SCHEMA, TAGS
from otelsim.check.truth import Truth

DURATION = "request_duration_ms"
BLOCK_BYTES = 8 << 20
"""Metric lines parsed at a time: they are three quarters of a run, and only durations are needed for longer."""
_CARRIED = (
    "key",
    "start_us",
    "end_us",
    "user_id",
    "target_user_id",
    "object_type",
    "object_id",
    "environment",
    "region",
)
"""What a child is compared with in its parent."""

Schema = Mapping[str, Any]
"""Names and polars types of a line's keys."""


@dataclass(frozen=True)
class SliceFrames:
    """All that the laws of a slice look at."""

    entry: Mapping[str, Any]
    """The slice's row of the manifest."""
    truth: Truth
    log_lines: pl.DataFrame
    """log_line (from 1), well (matches the grammar), text (start of the line)."""
    calls: pl.DataFrame
    """A row a log line, with its duration, its root's, its parent's and its action's columns."""
    points: int
    """Metric lines in all."""
    durations: int
    """Metric lines that are durations."""


@dataclass(frozen=True)
class PointFrames:
    """A block of a slice's metric lines: all points of some calls."""

    lines: pl.DataFrame
    """point_line (from 1, within the slice), well, text."""
    points: pl.DataFrame
    """A row a metric line; ``call`` counts the durations so far, -1 before the first."""
    before_us: int
    """The latest time before the block; 0 before the first."""

    @property
    def durations(self) -> pl.DataFrame:
        """The duration lines' columns that go with the calls."""
        taken = ["value", "ts_us", "exemplar_trace", "exemplar_span", *(f"t_{tag}" for tag in TAGS)]
        return self.points.filter(pl.col("metric") == DURATION).select(taken)


def blocks(metrics: bytes, size: int = BLOCK_BYTES) -> Iterator[PointFrames]:
    """A slice's metric lines, cut before durations into blocks of about ``size`` bytes; at least one."""
    start, line, before_us = 0, 1, 0
    while start < len(metrics) or not start:
        cut = metrics.find(b'\n{"metric":"' + DURATION.encode(), start + size) + 1
        end = cut or len(metrics)
        lines, raw = parse(metrics[start:end], "point_line", METRIC_LINE, METRIC_SCHEMA, line)
        block = PointFrames(lines, _points(raw), before_us)
        yield block
        line, before_us = line + lines.height, max(before_us, _latest(block.points))
        start = max(end, 1)


def build(entry: Mapping[str, Any], truth: Truth, logs: bytes, durations: pl.DataFrame, points: int) -> SliceFrames:
    """A slice's calls from its uncompressed log lines and the durations of its blocks."""
    log_lines, records = parse(logs, "log_line", LOG_LINE, LOG_SCHEMA)
    calls = with_family(with_durations(_calls(records), durations), truth)
    return SliceFrames(entry, truth, log_lines, calls, points, durations.height)


def _latest(points: pl.DataFrame) -> int:
    latest = points["ts_us"].max()
    return latest if isinstance(latest, int) else 0


def parse(
    data: bytes, line: str, pattern: str, schema: Mapping[str, Any], first: int = 1
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines, judged by ``pattern``, and their records; a line that is no JSON gives a record of nulls.

    ``first`` is the number of the first line.
    """
    raw = _lines(data)
    lines = raw.select(well=pl.col("text").str.contains(pattern).fill_null(False), text=pl.col("text").str.head(160))
    try:
        records = pl.read_ndjson(io.BytesIO(data), schema=dict(schema))
    except pl.exceptions.PolarsError:
        records = _mended(raw["text"], lines["well"], schema)
    if records.height != raw.height:
        records = _mended(raw["text"], lines["well"], schema)
    return lines.with_row_index(line, first), records.with_row_index(line, first)


def with_durations(calls: pl.DataFrame, durations: pl.DataFrame) -> pl.DataFrame:
    """Calls with the k-th duration line's value, tags (``t_…``) and exemplar beside the k-th log line."""
    joined = calls.join(durations.with_row_index("log_line", 1), on="log_line", how="left", maintain_order="left")
    # Durations have two decimals: units of 10 µs, so the sum is exact.
    return joined.with_columns(end_us=pl.col("start_us") + (pl.col("value") * 100).round().cast(pl.Int64) * 10)


def with_family(calls: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """Calls with their depth and the columns of their root, their parent and their root's action."""
    roots = calls.filter(pl.col("parent_span_id").is_null()).unique("trace_id", keep="first", maintain_order=True)
    root = roots.select("trace_id", root_key="key", root_action="action", root_persona="t_persona")
    spans = calls.unique(["trace_id", "span_id"], keep="first", maintain_order=True)
    parent = spans.select("trace_id", pl.col("span_id").alias("parent_span_id"), *_named("parent_", _CARRIED))
    family = calls.join(root, on="trace_id", how="left", maintain_order="left")
    family = family.join(parent, on=["trace_id", "parent_span_id"], how="left", maintain_order="left")
    family = family.join(truth.actions, on=["root_key", "root_action"], how="left", maintain_order="left")
    return _with_depth(family, truth.call_depth)


def _with_depth(calls: pl.DataFrame, call_depth: int) -> pl.DataFrame:
    level = calls.filter(pl.col("parent_span_id").is_null()).select("trace_id", "span_id", depth=pl.lit(0))
    levels = [level]
    for depth in range(1, call_depth + 1):
        above = level.select("trace_id", pl.col("span_id").alias("parent_span_id"))
        level = calls.join(above, on=["trace_id", "parent_span_id"], how="semi")
        level = level.select("trace_id", "span_id", depth=pl.lit(depth))
        levels.append(level)
    known = pl.concat(levels).unique(["trace_id", "span_id"], keep="first")
    return calls.join(known, on=["trace_id", "span_id"], how="left", maintain_order="left")


def _named(prefix: str, names: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.col(name).alias(prefix + name) for name in names]


def _calls(records: pl.DataFrame) -> pl.DataFrame:
    words = pl.col("release_id").str.splitn(":", 5).struct
    kind = pl.col("error_source").str.splitn(":", 2).struct
    return records.with_columns(
        start_us=pl.col("timestamp")
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.6fZ", time_unit="us", strict=False)
        .to_physical(),
        key=pl.col("stack") + ":" + pl.col("service"),
        environment=words.field("field_0"),
        region=words.field("field_3"),
        deployment_id=pl.col("release_id").str.replace(":[^:]*$", ""),
        kind=kind.field("field_0"),
        cause=kind.field("field_1"),
    )


def _points(records: pl.DataFrame) -> pl.DataFrame:
    tags, exemplar = pl.col("tags").struct, pl.col("exemplar").struct
    return records.select(
        "point_line",
        "metric",
        "value",
        # A double holds epoch seconds to a quarter of a microsecond, so rounding gives back what was written.
        ts_us=(pl.col("ts") * 1e6).round().cast(pl.Int64),
        call=(pl.col("metric") == DURATION).fill_null(False).cast(pl.Int64).cum_sum() - 1,
        exemplar_trace=exemplar.field("trace_id"),
        exemplar_span=exemplar.field("span_id"),
        **{f"t_{tag}": tags.field(tag) for tag in TAGS},
    )


def _lines(data: bytes) -> pl.DataFrame:
    # \x01 cannot stand in valid JSON, so a whole line is one field.
    source = io.BytesIO(data)
    return pl.read_csv(source, has_header=False, separator="\x01", quote_char=None, schema={"text": pl.String})


def _mended(text: pl.Series, well: pl.Series, schema: Schema) -> pl.DataFrame:
    kept = [line if good else "{}" for line, good in zip(text, well, strict=True)]
    return pl.read_ndjson(io.BytesIO("\n".join(kept).encode()), schema=dict(schema))
