"""How long calls take: their shape in quiet times, and how incidents slow them down."""

import polars as pl
import pytest

from .causes import active, at_an_edge, dependencies, listings, named
from .runs import Run

pytestmark = pytest.mark.slow


def _quiet(run: Run) -> pl.Expr:
    """Whether a call starts outside all incidents, and no later than an hour before the next."""
    windows = [(i.start_s * 1_000_000 - 3_600_000_000, i.end_s * 1_000_000) for i in run.incidents]
    return ~pl.any_horizontal(pl.col("start_us").is_between(*window) for window in windows)


def test_shape_in_quiet_times(year_run: Run):
    """p99 / p50 is from 1.5 to 7 for each action and persona, roots and children of each service apart."""
    quantile = pl.col("duration").quantile
    shape = (
        year_run.calls.filter(_quiet(year_run))
        .group_by("service", "action", "persona")
        .agg(pl.len(), (quantile(0.99) / quantile(0.5)).alias("ratio"))
        .filter(pl.col("len") >= 300)
    )
    assert len(shape) >= 50
    outside = shape.filter(~pl.col("ratio").is_between(1.5, 7))
    assert len(outside) == 0, outside


def test_personas_have_their_latency(year_run: Run):
    """Leaf calls of a persona take its latency_multiplier times the action's usual time."""
    multiplier = {p.name: p.latency_multiplier for p in year_run.world.personas}
    calls = _leaves(year_run).filter(_quiet(year_run)).with_columns(
        residual=pl.col("duration").log() - pl.col("persona").cast(pl.String).replace_strict(multiplier).log()
    )  # fmt: skip
    calls = calls.with_columns(residual=pl.col("residual") - pl.mean("residual").over("service", "action"))
    personas = calls.group_by("persona").agg(pl.mean("residual"), pl.len(), pl.std("residual").alias("sd"))
    personas = personas.filter(pl.col("len") >= 300)
    bound = 5 * pl.col("sd") / pl.col("len").sqrt() + 0.03
    assert len(personas) >= 50
    assert personas.select((pl.col("residual").abs() < bound).all()).item()


def _leaves(run: Run) -> pl.DataFrame:
    """Successful calls without children, in requests that succeeded at the root: their duration is their own time."""
    calling = [s.key for s, d in zip(run.world.services, run.world.dependencies, strict=True) if d]
    successes = named(run.calls).filter(pl.col("success"))
    roots = successes.filter(pl.col("parent").is_null())
    below = successes.filter(pl.col("parent").is_not_null()).join(roots.select(parent="span"), on="parent", how="semi")
    return pl.concat([roots.filter(~pl.col("service").is_in(calling)), below])


def _log_time(run: Run) -> pl.Expr:
    """The logarithm of a call's duration, its persona's part taken out."""
    multiplier = {p.name: p.latency_multiplier for p in run.world.personas}
    return pl.col("duration").log() - pl.col("persona").cast(pl.String).replace_strict(multiplier).log()


def test_incidents_slow_their_services_by_their_factor(incident_run: Run):
    """Own time is multiplied by the largest factor of the incidents active at the start that list the service."""
    calls = _leaves(incident_run).with_columns(log_time=_log_time(incident_run))
    touched = active(incident_run, calls).join(listings(incident_run), on=["component", "service"])
    slow = touched.sort("latency_factor").unique("span", keep="last")
    usual = calls.join(slow.select("span"), on="span", how="anti").group_by("service", "action")
    usual = usual.agg(pl.mean("log_time").alias("usual"), pl.len().alias("n")).filter(pl.col("n") >= 100)
    slow = slow.join(usual, on=["service", "action"]).with_columns(excess=pl.col("log_time") - pl.col("usual"))
    factors = slow.group_by("component", "latency_factor").agg(
        pl.mean("excess").exp().alias("measured"), pl.std("excess").alias("sd"), pl.len()
    )
    assert len(factors) >= len(incident_run.world.components) - 2
    for component, factor, measured, sd, n in factors.iter_rows():
        # Besides chance: the usual times are measured themselves, and rounding shifts the shortest calls.
        leeway = factor * (5 * sd / n**0.5 + 0.03)
        assert measured == pytest.approx(factor, abs=leeway), incident_run.world.components[component].name


def _callers(run: Run) -> pl.DataFrame:
    """Successful roots of services that call, with their last child's end and the largest factor below them.

    Those that are themselves listed by an active incident are left out, and those near an incident's edge.
    """
    roots = named(run.roots).filter(pl.col("success") & ~at_an_edge(run)).with_columns(log_time=_log_time(run))
    hit = active(run, roots).join(listings(run), on=["component", "service"])
    roots = roots.join(hit.select("span"), on="span", how="anti").join(
        dependencies(run).select("service").unique(), on="service", how="semi"
    )
    below = named(run.children).join(roots.select(parent="span"), on="parent", how="semi")
    ends = below.group_by("parent").agg((pl.col("start_us") + pl.col("duration") * 1_000).max().alias("last_end"))
    factors = active(run, below).join(listings(run), on=["component", "service"])
    largest = factors.group_by("parent").agg(pl.max("latency_factor").alias("below"))
    roots = roots.join(ends, left_on="span", right_on="parent")
    return roots.join(largest, left_on="span", right_on="parent", how="left").with_columns(
        pl.col("below").fill_null(1.0)
    )


def test_callers_are_slower_only_by_their_last_child(incident_run: Run):
    """A caller that waits ends right after its last child; one that does not takes as long as ever."""
    roots = _callers(incident_run).with_columns(end=pl.col("start_us") + pl.col("duration") * 1_000)
    assert (roots["end"] > roots["last_end"]).all()
    usual = roots.filter(pl.col("below") == 1.0).group_by("service", "action")
    usual = usual.agg(pl.mean("log_time").alias("usual"), pl.max("log_time").alias("longest"), pl.len().alias("n"))
    slow = roots.filter(pl.col("below") > 1.0).join(usual.filter(pl.col("n") >= 100), on=["service", "action"])
    assert len(slow) >= 1_000
    excess = (slow["log_time"] - slow["usual"]).mean()
    assert 0.0 < excess < slow["below"].log().mean()
    # None of them waited: own times are as ever, so hardly one is longer than the longest of quiet times.
    waited = slow["end"] - slow["last_end"] <= 0.02 * (slow["end"] - slow["start_us"]) + 20
    beyond = slow.filter(~waited & (pl.col("log_time") > pl.col("longest") + 0.1))
    assert len(beyond) <= 5 + 0.002 * len(slow)
    assert waited.sum() > 0
