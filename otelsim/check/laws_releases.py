"""SPEC 2: a request carries the release its deployment ran at that moment."""

import polars as pl

from otelsim.check.frames import SliceFrames
from otelsim.check.laws import SLICE
from otelsim.check.registry import Finding, judged


def _deployed(frames: SliceFrames) -> pl.DataFrame:
    return frames.calls.join(frames.truth.deployments, on="deployment_id", how="left", maintain_order="left")


@SLICE.law("releases.deployment", "release_id names a deployment that exists, of the record's own service")
def deployment(frames: SliceFrames) -> Finding:
    """The generator invents no deployment."""
    return judged(_deployed(frames), pl.col("deployed_key").ne_missing(pl.col("key")), "span_id", "key", "release_id")


@SLICE.law("releases.current", "release_id is what its deployment ran at the record's timestamp")
def current(frames: SliceFrames) -> Finding:
    """Releases change in step with the calendar."""
    known = _deployed(frames).filter(pl.col("deployed_key").is_not_null() & pl.col("start_us").is_not_null())
    ran = known.sort("start_us", maintain_order=True).join_asof(
        frames.truth.calendar, left_on="start_us", right_on="since_us", by="deployment_id", check_sortedness=False
    )
    return judged(
        ran, pl.col("release_id").ne_missing(pl.col("current")), "span_id", "timestamp", "release_id", "current"
    )
