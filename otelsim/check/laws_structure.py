"""SPEC 3: a trace is one root and its documented dependencies, each called once, inside its parent."""

import polars as pl

from otelsim.check.frames import SliceFrames
from otelsim.check.laws import SLICE
from otelsim.check.registry import Finding, judged


def _children(frames: SliceFrames) -> pl.DataFrame:
    return frames.calls.filter(pl.col("parent_span_id").is_not_null())


def _raised(frames: SliceFrames) -> pl.DataFrame:
    """Children whose parent is in the trace: those that can be compared with it."""
    return _children(frames).filter(pl.col("parent_key").is_not_null())


@SLICE.law("ids.root", "every trace has exactly one root")
def one_root(frames: SliceFrames) -> Finding:
    """A trace has one call without a parent."""
    roots = pl.col("parent_span_id").is_null().sum().alias("roots")
    traces = frames.calls.group_by("trace_id", maintain_order=True).agg(pl.col("log_line").first(), roots)
    return judged(traces, pl.col("roots") != 1, "trace_id", "roots")


@SLICE.law("structure.root_action", "a root's action is one of its service's")
def root_action(frames: SliceFrames) -> Finding:
    """The world knows the root's action."""
    roots = frames.calls.filter(pl.col("parent_span_id").is_null())
    return judged(roots, pl.col("targets").is_null(), "key", "action")


@SLICE.law("structure.parent", "a child's parent is in the same trace")
def parent_exists(frames: SliceFrames) -> Finding:
    """parent_span_id names a span of the trace."""
    return judged(_children(frames), pl.col("parent_key").is_null(), "span_id", "parent_span_id")


@SLICE.law("structure.children", "a call's children are its service's documented dependencies, one each, to call_depth")
def children(frames: SliceFrames) -> Finding:
    """Neither a dependency without a call nor a call without a dependency."""
    callers = frames.calls.filter(pl.col("depth") < frames.truth.call_depth)
    due = callers.join(frames.truth.dependencies, on="key").select("log_line", "trace_id", "span_id", "dependency")
    ids = ["trace_id", pl.col("parent_span_id").alias("span_id"), pl.col("key").alias("dependency")]
    made = _raised(frames).group_by(ids).agg(pl.len().alias("calls"), pl.col("log_line").first().alias("by"))
    both = due.with_columns(due=pl.lit(1)).join(
        made, on=["trace_id", "span_id", "dependency"], how="full", coalesce=True
    )
    both = both.with_columns(pl.coalesce("log_line", "by").alias("log_line"), pl.col("calls", "due").fill_null(0))
    return judged(both.sort("log_line"), pl.col("calls") != pl.col("due"), "span_id", "dependency", "calls", "due")


@SLICE.law("structure.child_action", "a child is named handle_<root action>")
def child_action(frames: SliceFrames) -> Finding:
    """Children at any depth are named after the root's action."""
    calls = _children(frames).filter(pl.col("root_action").is_not_null())
    return judged(calls, pl.col("action") != "handle_" + pl.col("root_action"), "span_id", "action", "root_action")


@SLICE.law("structure.inherits", "a child has its parent's user, target user and object")
def inherits(frames: SliceFrames) -> Finding:
    """A request keeps its user, target and object all the way down."""
    names = ("user_id", "target_user_id", "object_type", "object_id")
    bad = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"parent_{name}")) for name in names)
    return judged(_raised(frames), bad, "span_id", *names)


@SLICE.law("structure.place", "a child runs in its parent's environment and region")
def place(frames: SliceFrames) -> Finding:
    """A request stays where it came in."""
    names = ("environment", "region")
    bad = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"parent_{name}")) for name in names)
    return judged(_raised(frames), bad, "span_id", *names, *(f"parent_{name}" for name in names))


@SLICE.law("structure.within", "a child starts after its parent starts and ends no later than it ends")
def within(frames: SliceFrames) -> Finding:
    """A child lies inside its parent."""
    late = pl.col("end_us") > pl.col("parent_end_us")
    bad = (pl.col("start_us") <= pl.col("parent_start_us")) | late
    return judged(_raised(frames), bad, "span_id", "start_us", "end_us", "parent_start_us", "parent_end_us")
