"""SPEC 4 and 8: a slice's lines in time order, its roots within its stretch, its counts as promised."""

import polars as pl

from otelsim.check.files import microseconds
from otelsim.check.frames import PointFrames, SliceFrames
from otelsim.check.laws import POINTS, SLICE
from otelsim.check.registry import Finding, compared, judged


@SLICE.law("time.logs", "log lines of a slice are in time order")
def logs_in_order(frames: SliceFrames) -> Finding:
    """No log line is older than the one before it."""
    lines = frames.calls.filter(pl.col("start_us").is_not_null())
    return judged(lines, pl.col("start_us").diff().fill_null(0) < 0, "timestamp")


@POINTS.law("time.metrics", "metric lines of a slice are in time order")
def metrics_in_order(block: PointFrames) -> Finding:
    """No point is older than the one before it."""
    lines = block.points.filter(pl.col("ts_us").is_not_null())
    bad = pl.col("ts_us") < pl.col("ts_us").shift(1, fill_value=block.before_us)
    return judged(lines, bad, "metric", "ts_us")


@SLICE.law("time.slice", "roots start within their slice's stretch of time")
def roots_within(frames: SliceFrames) -> Finding:
    """start <= timestamp < end."""
    roots = frames.calls.filter(pl.col("parent_span_id").is_null() & pl.col("start_us").is_not_null())
    first, end = (microseconds(frames.entry[name]) for name in ("start", "end"))
    return judged(roots, (pl.col("start_us") < first) | (pl.col("start_us") >= end), "timestamp")


@SLICE.law("counts.slice", "a slice has as many roots, log lines and metric lines as its manifest says")
def slice_counts(frames: SliceFrames) -> Finding:
    """Requests, calls and points of the manifest's row."""
    roots = int(frames.calls["parent_span_id"].is_null().sum())
    found = {"requests": roots, "calls": frames.calls.height, "points": frames.points}
    told = [f"{name}: {n} found, {frames.entry[name]} promised" for name, n in found.items() if n != frames.entry[name]]
    return compared(told, len(found))
