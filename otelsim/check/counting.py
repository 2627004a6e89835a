"""A slice's frames to its tally and its ids."""

from collections import Counter
from pathlib import Path

import polars as pl

from otelsim.check import ids
from otelsim.check.frames import SliceFrames
from otelsim.check.laws_metrics import SLOW_MS
from otelsim.check.tally import Counts, Tally


def count(frames: SliceFrames) -> Tally:
    """Everything the run's laws need of a slice."""
    calls = frames.calls
    roots = calls.filter(pl.col("parent_span_id").is_null())
    tally = Tally(
        totals=_totals(frames, roots.height),
        personas=_by(roots, "t_persona"),
        stacks=_by(calls, "stack"),
        services=_by(calls, "key"),
        levels=_by(calls, "level"),
        sources=_by(calls, "error_source"),
        edges=_edges(calls),
    )
    pairs = calls.select("user_id", "t_persona").drop_nulls().unique(maintain_order=True)
    tally.meet(pairs.iter_rows())
    return tally


def leave_ids(frames: SliceFrames, folder: Path) -> None:
    """Leave the slice's ids for the search of duplicates; ids of a wrong shape are another law's affair."""
    number = frames.entry["slice"]
    calls = frames.calls
    traces = calls.filter(pl.col("trace_id").str.contains("^[0-9a-f]{32}$")).unique("trace_id")
    ids.leave(folder, "trace_id", number, _bits(traces["trace_id"].str.slice(16)))
    for kind in ("span_id", "request_id"):
        ids.leave(folder, kind, number, _bits(calls[kind].str.replace("^req_", "")))


def _bits(digits: pl.Series) -> ids.Ids:
    sound = digits.filter(digits.str.contains("^[0-9a-f]{16}$"))
    return sound.str.to_integer(base=16, dtype=pl.UInt64).to_numpy()


def _totals(frames: SliceFrames, requests: int) -> Counts:
    calls = frames.calls
    quick = calls.filter(pl.col("success") & (pl.col("value") <= SLOW_MS))
    return Counter(
        requests=requests,
        spans=calls["span_id"].count(),
        logs=calls.height,
        points=frames.points,
        quick=quick.height,
        quick_exemplars=quick["exemplar_trace"].count(),
    )


def _by(calls: pl.DataFrame, column: str) -> Counts:
    counts = calls.filter(pl.col(column).is_not_null()).group_by(column).len()
    return Counter(dict(counts.iter_rows()))


def _edges(calls: pl.DataFrame) -> Counts:
    cascades = calls.filter(pl.col("kind") == "dependency")
    return _by(cascades.with_columns(edge=pl.col("key") + " -> " + pl.col("cause")), "edge")
