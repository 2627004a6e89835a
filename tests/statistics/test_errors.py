"""How often requests fail, and of what: every rate within its binomial bounds."""

import polars as pl
import pytest

from .bounds import binomial_fault, none
from .causes import active, at_an_edge, dependencies, failing_component, listings, named
from .runs import Run

pytestmark = pytest.mark.slow


def _forced(run: Run) -> pl.DataFrame:
    """The children that a cascade of their parent names."""
    upstream = run.roots.filter(pl.col("upstream").is_not_null()).select(request="upstream")
    return run.children.join(upstream, on="request")


def _unforced(run: Run) -> pl.DataFrame:
    upstream = run.roots.filter(pl.col("upstream").is_not_null()).select(request="upstream")
    return run.children.join(upstream, on="request", how="anti")


def _source(kind: str) -> pl.Expr:
    return pl.col("error_source").cast(pl.String).str.starts_with(kind).fill_null(value=False)


def _rates(calls: pl.DataFrame, hit: pl.Expr) -> dict[str, tuple[int, int]]:
    grouped = calls.group_by(pl.col("persona").cast(pl.String)).agg(hit.sum().alias("hits"), pl.len())
    return {persona: (hits, n) for persona, hits, n in grouped.iter_rows()}


@pytest.mark.parametrize("which", ["year", "incidents"])
def test_roots_fail_themselves_at_the_personas_rate(which: str, request: pytest.FixtureRequest):
    run = request.getfixturevalue("year_run" if which == "year" else "incident_run")
    own = _rates(run.roots.filter(~_source("infrastructure") & ~_source("dependency")), _source("self"))
    rates = {p.name: 1 - p.success_rate for p in run.world.personas}
    assert all(0.001 <= rate <= 0.0100001 for rate in rates.values())
    none({p: binomial_fault(*own[p], rate) for p, rate in rates.items() if p in own})


def test_children_fail_themselves_at_a_tenth_of_it(incident_run: Run):
    factor = incident_run.world.settings.child_error_factor
    own = _rates(_unforced(incident_run).filter(~_source("infrastructure")), _source("self"))
    rates = {p.name: (1 - p.success_rate) * factor for p in incident_run.world.personas}
    none({p: binomial_fault(*own[p], rate) for p, rate in rates.items() if p in own})
    hits, trials = (sum(x) for x in zip(*own.values(), strict=True))
    expected = sum(own[p][1] * rates[p] for p in own) / trials
    none({"all": binomial_fault(hits, trials, expected)})


@pytest.mark.parametrize("level", ["roots", "children"])
def test_self_errors_have_their_codes(incident_run: Run, level: str):
    """70 % of a root's are the client's, none of a child's; each code has its weight within its type."""
    errors = getattr(incident_run, level).filter(_source("self"))
    counts = dict(errors.group_by(pl.col("error_code").cast(pl.String)).len().iter_rows())
    client = incident_run.world.settings.client_error_share if level == "roots" else 0.0
    kinds = incident_run.world.self_errors
    weights = {t: sum(e.weight for e in kinds if e.error_type == t) for t in ("client", "server")}
    share = {"client": client, "server": 1 - client}
    expected = {e.code: share[e.error_type] * e.weight / weights[e.error_type] for e in kinds}
    assert set(counts) <= set(expected)
    none({code: binomial_fault(counts.get(code, 0), len(errors), p) for code, p in expected.items()})
    if level == "children":
        assert not {e.code for e in kinds if e.error_type == "client"} & set(counts)


@pytest.mark.parametrize("level", ["roots", "children"])
def test_components_fail_their_services_at_their_rate(incident_run: Run, level: str):
    """Of the calls that no earlier component failed; forced children apart."""
    calls = incident_run.roots if level == "roots" else _unforced(incident_run)
    calls = named(calls).with_columns(failing_component(incident_run))
    tried = active(incident_run, calls).join(listings(incident_run), on=["component", "service"])
    tried = tried.filter(pl.col("failed_by").is_null() | (pl.col("failed_by") >= pl.col("component")))
    rates = tried.group_by("component", "failure_rate").agg(
        (pl.col("failed_by") == pl.col("component")).sum(), pl.len()
    )
    none({(c, p): binomial_fault(hits, n, p) for c, p, hits, n in rates.iter_rows()})
    if level == "roots":
        assert set(rates["component"]) == set(range(len(incident_run.world.components)))


def test_infrastructure_fails_only_in_incidents(incident_run: Run):
    """Every infrastructure error is in a service that its component lists, while it is active."""
    calls = named(incident_run.calls).with_columns(failing_component(incident_run))
    failed = calls.filter(pl.col("failed_by").is_not_null())
    explained = active(incident_run, failed).join(listings(incident_run), on=["component", "service"])
    explained = explained.filter(pl.col("component") == pl.col("failed_by"))
    assert len(explained) == len(failed) > 0


def test_infrastructure_codes_are_even(incident_run: Run):
    calls = incident_run.calls.with_columns(failing_component(incident_run)).filter(pl.col("failed_by").is_not_null())
    code = pl.col("error_code").cast(pl.String)
    counts = {(c, code): n for c, code, n in calls.group_by("failed_by", code).len().iter_rows()}
    totals = dict(calls.group_by("failed_by").len().iter_rows())
    components = enumerate(incident_run.world.components)
    codes = {(i, code): 1 / len(c.error_codes) for i, c in components for code in c.error_codes}
    assert set(counts) <= set(codes)
    none({key: binomial_fault(counts.get(key, 0), totals[key[0]], p) for key, p in codes.items() if key[0] in totals})


def test_forced_children_fail_with_their_parent(incident_run: Run):
    """The child that a cascade names is in its trace, below it, failed by a component, with the same code."""
    forced = _forced(incident_run).with_columns(failing_component(incident_run))
    cascades = incident_run.roots.filter(_source("dependency"))
    assert len(forced) == len(cascades) > 0
    assert forced["failed_by"].is_not_null().all()
    pairs = cascades.join(forced, left_on="upstream", right_on="request", suffix="_child")
    assert (pairs["span"] == pairs["parent_child"]).all()
    assert (pairs["trace"] == pairs["trace_child"]).all()
    assert (pairs["error_code"].cast(pl.String) == pairs["error_code_child"].cast(pl.String)).all()
    named_child = "dependency:" + pairs["service_child"].cast(pl.String)
    assert (pairs["error_source"].cast(pl.String) == named_child).all()


def _tried_pairs(run: Run) -> pl.DataFrame:
    """The pairs (dependency, component) that rule 2 tried for each root it came to, in order; a ``hit`` is the last."""
    roots = named(run.roots).filter(~_source("infrastructure") & ~at_an_edge(run))
    forced = _forced(run).with_columns(failing_component(run))
    behind = forced.select("failed_by", upstream="request", below=pl.col("service").cast(pl.String))
    roots = roots.select("span", "service", "start_us", "upstream").join(behind, on="upstream", how="left")
    pairs = active(run, roots).join(dependencies(run), on="service")
    listed = listings(run).rename({"service": "dependency"})
    pairs = pairs.join(listed, on=["component", "dependency"]).sort("span", "place", "component")
    same = (pl.col("failed_by") == pl.col("component")) & (pl.col("below") == pl.col("dependency"))
    pairs = pairs.with_columns(hit=same.fill_null(value=False))
    return pairs.filter(pl.col("hit").cast(pl.Int32).cum_sum().shift(1, fill_value=0).over("span") == 0)


def test_cascades_reach_callers_at_their_rate(incident_run: Run):
    """With cascade_factor x failure_rate for each pair that is tried, by component."""
    factor = incident_run.scenario.cascade_factor
    assert factor is not None
    rates = _tried_pairs(incident_run).group_by("component", "failure_rate").agg(pl.col("hit").sum(), pl.len())
    none({(c, p): binomial_fault(hits, n, min(1.0, factor * p)) for c, p, hits, n in rates.iter_rows()})


def test_every_kind_of_error_is_there(incident_run: Run):
    least = incident_run.scenario.min_errors
    assert least >= 1_000
    for kind in ("self", "infrastructure", "dependency"):
        assert len(incident_run.calls.filter(_source(kind))) >= least, kind


def test_requests_have_all_their_children(incident_run: Run):
    """One a dependency, whatever the root's outcome; so the calls are as many as the tables say."""
    children = incident_run.children.group_by("parent").len()
    roots = named(incident_run.roots).join(children, left_on="span", right_on="parent", how="left")
    wanted = {s.key: len(d) for s, d in zip(incident_run.world.services, incident_run.world.dependencies, strict=True)}
    expected = roots["service"].replace_strict(wanted)
    assert (roots["len"].fill_null(0).cast(pl.Int64) == expected.cast(pl.Int64)).all()
