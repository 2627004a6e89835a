"""What the JSON lines of a run say, as frames: the truth that stores are held against."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tests.backends.end_to_end.runs import HOUR_S, Run

WORDS = (
    "environment", "provider", "account", "region", "partition", "target_type",
    "target", "application", "stack", "service", "tag", "release",
)  # fmt: skip
COMPOSITES = {
    "provider_id": WORDS[:3],
    "region_id": WORDS[:4],
    "partition_id": WORDS[:5],
    "target_id": WORDS[:7],
    "stack_id": WORDS[7:9],
    "service_id": WORDS[7:10],
    "deployment_id": WORDS[:11],
}
_LOG_SCHEMA = {
    "timestamp": pl.String(),
    "action": pl.String(),
    "success": pl.Boolean(),
    "release_id": pl.String(),
    "trace_id": pl.String(),
    "span_id": pl.String(),
    "parent_span_id": pl.String(),
    "object_type": pl.String(),
    "error_code": pl.String(),
    "error_source": pl.String(),
    "error_type": pl.String(),
}
_CATEGORIES = ("action", "release_id", "object_type", "error_code", "error_source", "error_type")
_POINT_SCHEMA = {"metric": pl.String(), "ts": pl.Float64(), "value": pl.Float64()}
_TAGS = pl.Struct({"is_write": pl.String(), "persona": pl.String()})


def calls(run: Run) -> pl.DataFrame:
    """A row a call: its log line, start_ms, duration_ms, is_write, persona, root_us (its root's start) and the ids."""
    parts = [_calls(run.folder, logs.name) for logs in sorted(run.folder.glob("logs_*.jsonl"))]
    found = pl.concat(parts)
    roots = found.filter(pl.col("parent_span_id").is_null()).select("trace_id", root_us="start_us")
    return found.join(roots, on="trace_id", how="left", maintain_order="left")


def _calls(folder: Path, log_name: str) -> pl.DataFrame:
    """The k-th request_duration_ms line belongs to the k-th log line."""
    logs = pl.scan_ndjson(folder / log_name, schema=_LOG_SCHEMA).select(*_log_columns()).collect()
    metrics = pl.scan_ndjson(folder / log_name.replace("logs", "metrics"), schema=_POINT_SCHEMA | {"tags": _TAGS})
    own = metrics.filter(pl.col("metric") == "request_duration_ms")
    tags = [pl.col("tags").struct.field(name).cast(pl.Categorical) for name in ("is_write", "persona")]
    return logs.hstack(own.select(*tags, duration_ms="value").collect())


def _log_columns() -> list[pl.Expr]:
    """Texts that recur become categories: a million requests' would not fit into a modest machine."""
    start_us = pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us").dt.epoch("us")
    words = pl.col("release_id").str.splitn(":", len(WORDS)).struct
    word = {name: words.field(f"field_{i}") for i, name in enumerate(WORDS)}
    composed = {name: pl.concat_str([word[w] for w in of], separator=":") for name, of in COMPOSITES.items()}
    ids = {name: column.cast(pl.Categorical) for name, column in (word | composed).items()}
    kept = [pl.col(name).cast(pl.Categorical) for name in _CATEGORIES]
    others = ["success", "trace_id", "span_id", "parent_span_id"]
    return [start_us.alias("start_us"), (start_us // 1_000).alias("start_ms"), *others, *kept, *_named(ids)]


def _named(columns: dict[str, pl.Expr]) -> Iterator[pl.Expr]:
    return (column.alias(name) for name, column in columns.items())


def points(run: Run, metric: str) -> pl.DataFrame:
    """start_ms and value of every point of a metric, with its tags in columns."""
    tags = {name: pl.String() for name in ("action", "success", "is_write", "object_type", "release_id")}
    lines = pl.scan_ndjson(run.folder / "metrics_*.jsonl", schema=_POINT_SCHEMA | {"tags": pl.Struct(tags)})
    # A double holds epoch seconds to a quarter of a microsecond, so rounding gives back what was written.
    start_ms = (pl.col("ts") * 1e6).round().cast(pl.Int64) // 1_000
    found = lines.filter(pl.col("metric") == metric).select(start_ms.alias("start_ms"), "value", "tags").collect()
    return found.unnest("tags")


def matching(frame: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """Rows with these values."""
    return frame.filter(*(pl.col(name).cast(pl.String) == value for name, value in labels.items()))


def within(frame: pl.DataFrame, end_s: int, seconds: int = HOUR_S, column: str = "start_ms") -> pl.DataFrame:
    """Rows that a window of so many seconds at ``end_s`` covers: after its begin, up to its end."""
    return frame.filter(pl.col(column).is_between((end_s - seconds) * 1_000, end_s * 1_000, closed="right"))


def rooted(frame: pl.DataFrame, end_s: int, seconds: int = HOUR_S) -> pl.DataFrame:
    """Rows whose roots start in the intervals of a window. An interval counts at its end, so its begin is in it."""
    first, end = (end_s - seconds) * 1_000_000, end_s * 1_000_000
    return frame.filter(pl.col("root_us").is_between(first, end, closed="left"))


def by(frame: pl.DataFrame, column: str, value: pl.Expr) -> dict[str, Any]:
    """An aggregate by the values of a column."""
    grouped = frame.group_by(pl.col(column).cast(pl.String)).agg(value.alias("value"))
    return dict(grouped.iter_rows())


def p99(column: str) -> pl.Expr:
    """The value of rank ⌈0.99 n⌉: the one in whose bucket a store finds the quantile."""
    rank = (pl.len() * 99 + 99) // 100 - 1
    return pl.col(column).sort().get(rank)


def hours_of(incident: dict[str, Any]) -> list[int]:
    """Ends of the whole hours that an incident fills, in epoch seconds; of the hour it lies in where it fills none."""
    first, end = (_seconds(incident[key]) for key in ("start", "end"))
    filled = list(range(-(-first // HOUR_S) * HOUR_S + HOUR_S, end + 1, HOUR_S))
    return filled or [math.ceil(end / HOUR_S) * HOUR_S]


def _seconds(text: str) -> int:
    return pl.Series([text]).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us").dt.epoch("s").item()


def exemplars(run: Run) -> dict[str, float]:
    """Durations (ms) that carry an exemplar, by trace id and span id in hex."""
    found = {}
    for file in run.folder.glob("metrics_*.jsonl"):
        for line in file.read_text().splitlines():
            point = json.loads(line)
            if exemplar := point.get("exemplar"):
                found[exemplar["trace_id"] + exemplar["span_id"]] = point["value"]
    return found
