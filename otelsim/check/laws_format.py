"""SPEC 4: the lines, and null exactly where a value does not apply."""

import polars as pl

from otelsim.check.frames import PointFrames, SliceFrames
from otelsim.check.laws import POINTS, SLICE
from otelsim.check.registry import Finding, judged

_ERROR = ("error_code", "error_message", "error_source", "error_type")
_ABSENT = {name: pl.col(name).is_null() for name in (*_ERROR, "upstream_request_id", "target_user_id", "object_type")}


@SLICE.law(
    "format.log_line", "log lines: compact JSON, keys in order, RFC 3339 µs Z, trace 32 hex, span 16 hex, user_ req_"
)
def log_line(frames: SliceFrames) -> Finding:
    """Every log line matches the grammar."""
    return judged(frames.log_lines, ~pl.col("well"), "text")


@POINTS.law("format.metric_line", "metric lines: compact JSON, keys in order, ts with µs, at most 2 decimals")
def metric_line(block: PointFrames) -> Finding:
    """Every metric line matches the grammar."""
    return judged(block.lines, ~pl.col("well"), "text")


@SLICE.law("nulls.success", "a success has no error_* and no upstream_request_id")
def success(frames: SliceFrames) -> Finding:
    """Successes carry no error."""
    calls = frames.calls.filter(pl.col("success"))
    return judged(calls, ~pl.all_horizontal(_ABSENT[name] for name in (*_ERROR, "upstream_request_id")), "span_id")


@SLICE.law("nulls.failure", "a failure has error_code, error_message, error_source and error_type")
def failure(frames: SliceFrames) -> Finding:
    """Failures carry a whole error."""
    calls = frames.calls.filter(~pl.col("success"))
    return judged(calls, pl.any_horizontal(_ABSENT[name] for name in _ERROR), "span_id", *_ERROR)


@SLICE.law("nulls.upstream", "upstream_request_id stands on dependency errors and nowhere else")
def upstream(frames: SliceFrames) -> Finding:
    """Only a cascade has an upstream request."""
    cascades = pl.col("kind").eq_missing("dependency")
    calls = frames.calls.filter(~pl.col("success"))
    return judged(calls, cascades == _ABSENT["upstream_request_id"], "span_id", "error_source", "upstream_request_id")


@SLICE.law("nulls.target", "target_user_id stands exactly where the root's action targets a user")
def target(frames: SliceFrames) -> Finding:
    """Targeted actions have a target."""
    calls = frames.calls.filter(pl.col("targets").is_not_null())
    return judged(calls, pl.col("targets") == _ABSENT["target_user_id"], "span_id", "root_action", "target_user_id")


@SLICE.law("format.object", "object_type is the action's, object_id is <object_type>_…, both null where it has none")
def object_of_action(frames: SliceFrames) -> Finding:
    """Objects are of the action's type."""
    calls = frames.calls.filter(pl.col("targets").is_not_null())
    kind, name = pl.col("object_type"), pl.col("object_id")
    named = name.str.starts_with(kind + "_") & (name.str.len_bytes() > kind.str.len_bytes() + 1)
    bad = kind.ne_missing(pl.col("typed")) | pl.when(kind.is_null()).then(name.is_not_null()).otherwise(~named)
    return judged(calls, bad, "span_id", "root_action", "object_type", "object_id")
