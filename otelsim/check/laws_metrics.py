"""SPEC 4: the points of a call agree with its log line, and exemplars stand where they should."""

import polars as pl

from otelsim.check.frames import DURATION, PointFrames, SliceFrames
from otelsim.check.grammar import METRICS, TAGS
from otelsim.check.laws import POINTS, SLICE
from otelsim.check.registry import Finding, judged

SLOW_MS = 500
_SHARED = ("service", "stack", "action", "release_id")


def _timed(frames: SliceFrames) -> pl.DataFrame:
    """Calls that have a duration line at their own position."""
    return frames.calls.filter(pl.col("t_service").is_not_null())


@SLICE.law("pairing.count", "there are as many request_duration_ms lines as log lines")
def count(frames: SliceFrames) -> Finding:
    """No log line lacks its duration, no duration its log line."""
    lines, durations = frames.calls.height, frames.durations
    told = f"{lines} log lines, {durations} {DURATION} lines"
    off = abs(lines - durations)
    return Finding(lines, off, (told,) if off else ())


@SLICE.law(
    "pairing.log", "the k-th request_duration_ms line has the k-th log line's service, action, success, release and ts"
)
def log(frames: SliceFrames) -> Finding:
    """A duration line describes the log line at its own position, to the microsecond."""
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"t_{name}")) for name in _SHARED)
    failed = pl.col("success").cast(pl.String) != pl.col("t_success")
    moved = pl.col("ts_us").ne_missing(pl.col("start_us"))
    return judged(
        _timed(frames), differs | failed | moved, "span_id", "key", "action", "t_service", "t_action", "ts_us"
    )


@SLICE.law(
    "pairing.tags", "is_write and object_type are the root action's; object_type is left out where there is none"
)
def tags(frames: SliceFrames) -> Finding:
    """Tags follow the action."""
    calls = _timed(frames).filter(pl.col("writes").is_not_null())
    write = pl.col("t_is_write") != pl.col("writes").cast(pl.String)
    typed = pl.col("t_object_type").ne_missing(pl.col("typed"))
    return judged(calls, write | typed, "span_id", "root_action", "t_is_write", "t_object_type")


@POINTS.law("pairing.same", "all points of a call have its duration line's ts and tags")
def same(block: PointFrames) -> Finding:
    """The points of a call differ in metric and value only."""
    names = ["ts_us", *(f"t_{tag}" for tag in TAGS)]
    others = block.points.filter((pl.col("metric") != DURATION) & (pl.col("call") >= 0))
    durations = block.points.filter(pl.col("metric") == DURATION).select(names)
    beside = durations[others["call"]].rename({name: f"own_{name}" for name in names})
    bad = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"own_{name}")) for name in names)
    return judged(others.hstack(beside), bad, "metric", "ts_us", "own_ts_us", "t_action", "own_t_action")


@POINTS.law("pairing.points", "4 points a call, and cache_hit (0 or 1) for successful reads only")
def points(block: PointFrames) -> Finding:
    """Each metric once a call; whether it was a hit, where a cache was asked."""
    counts = [(pl.col("metric") == name).sum().alias(name) for name in METRICS]
    hit = pl.col("value").filter(pl.col("metric") == "cache_hit").is_in([0.0, 1.0]).all().alias("binary")
    read = ((pl.col("t_success") == "true") & (pl.col("t_is_write") == "false")).first().alias("read")
    line = pl.col("point_line").first()
    calls = block.points.group_by("call", maintain_order=True).agg(line, *counts, hit, read)
    each = pl.any_horizontal(pl.col(name) != 1 for name in METRICS[:-1])
    bad = each | (pl.col("cache_hit") != pl.col("read").cast(pl.UInt32)) | ~pl.col("binary") | (pl.col("call") < 0)
    return judged(calls, bad, *METRICS, "read")


@SLICE.law("persona.trace", "a trace has one persona")
def persona(frames: SliceFrames) -> Finding:
    """A child's persona is its root's."""
    calls = _timed(frames).filter(pl.col("root_persona").is_not_null())
    return judged(calls, pl.col("t_persona") != pl.col("root_persona"), "span_id", "t_persona", "root_persona")


@SLICE.law("exemplar.due", "the duration of every failed and every slow request (over 500 ms) carries an exemplar")
def exemplar_due(frames: SliceFrames) -> Finding:
    """What one looks for can be found from its metric."""
    calls = _timed(frames).filter(~pl.col("success") | (pl.col("value") > SLOW_MS))
    return judged(calls, pl.col("exemplar_trace").is_null(), "span_id", "value", "success")


@SLICE.law("exemplar.ids", "an exemplar has its request's trace_id and span_id")
def exemplar_ids(frames: SliceFrames) -> Finding:
    """Exemplars lead to their own span."""
    calls = _timed(frames).filter(pl.col("exemplar_trace").is_not_null())
    bad = (pl.col("exemplar_trace") != pl.col("trace_id")) | pl.col("exemplar_span").ne_missing(pl.col("span_id"))
    return judged(calls, bad, "trace_id", "span_id", "exemplar_trace", "exemplar_span")


@POINTS.law("exemplar.durations", "only request_duration_ms carries exemplars")
def exemplar_durations(block: PointFrames) -> Finding:
    """Other metrics have none."""
    others = block.points.filter(pl.col("metric") != DURATION)
    return judged(others, pl.col("exemplar_trace").is_not_null(), "metric")
