"""Concentration: of users, of whom they turn to, of what they look at; and where calls go."""

import numpy as np
import polars as pl
import pytest

from .bounds import binomial_fault, none
from .runs import Run

pytestmark = pytest.mark.slow


def test_few_users_do_much(year_run: Run):
    counts = year_run.roots.group_by("user").len().sort("len", descending=True)["len"]
    top = year_run.scenario.total_users // 100
    assert counts.head(top).sum() >= 0.10 * len(year_run.roots)


def test_inside_a_persona_few_users_do_much(year_run: Run):
    """The top 1 % of a persona's users cannot be counted; its top tenth does a good third."""
    counts = year_run.roots.group_by("persona", "user").len()
    for (persona,), users in counts.group_by("persona"):
        if len(users) >= 10 and users["len"].sum() >= 1_000:
            top = users.sort("len", descending=True).head(round(len(users) / 10))
            assert top["len"].sum() > 0.3 * users["len"].sum(), persona


def test_users_turn_to_their_friends(year_run: Run):
    """A busy user's ten commonest targets get at least 30 % of what is targeted."""
    targeted = year_run.roots.filter(pl.col("target").is_not_null())
    assert targeted["target"].is_between(0, year_run.scenario.total_users - 1).all()
    assert not (targeted["target"] == targeted["user"]).any()
    by_target = targeted.group_by("user", "target").len()
    share = pl.col("len").top_k(10).sum() / pl.col("len").sum()
    busy = by_target.group_by("user").agg(share.alias("share"), pl.col("len").sum()).filter(pl.col("len") >= 100)
    assert len(busy) >= 50
    assert busy["share"].min() >= 0.30


@pytest.mark.parametrize("name", ["post", "media"])
def test_objects_are_popular_by_rank(year_run: Run, name: str):
    kind = next(o for o in year_run.world.object_types if o.name == name)
    creating = [a.name for a in year_run.world.actions if a.creates]
    seen = year_run.roots.filter((pl.col("object_type") == name) & ~pl.col("action").cast(pl.String).is_in(creating))
    counts = seen.group_by("object").len().sort("len", descending=True)["len"].head(40).to_numpy()
    ranks = np.arange(1, len(counts) + 1)
    slope = -np.polyfit(np.log(ranks), np.log(counts), 1)[0]
    assert slope == pytest.approx(kind.exponent, abs=0.1)
    assert 0.95 <= slope <= 1.5


def test_all_exponents_are_allowed(year_run: Run):
    assert all(1.0 <= o.exponent <= 1.5 for o in year_run.world.object_types)


def test_creations_are_new(year_run: Run):
    creating = [a.name for a in year_run.world.actions if a.creates]
    made = year_run.roots.filter(pl.col("action").cast(pl.String).is_in(creating))
    assert len(made) > 1_000
    assert made.select("object_type", "object").is_duplicated().sum() == 0


def test_every_service_sees_traffic(year_run: Run):
    assert {s.key for s in year_run.world.services} == set(year_run.calls["service"].cast(pl.String))


def test_canaries_get_their_share(year_run: Run):
    """5 % of their service's calls in each placement."""
    world = year_run.world
    counts = dict(year_run.calls.group_by(pl.col("deployment").cast(pl.String)).len().iter_rows())
    siblings: dict[tuple[int, int], list[str]] = {}
    for d in world.deployments:
        siblings.setdefault((d.service, d.placement), []).append(d.deployment_id)
    canaries = [d for d in world.deployments if d.tag != "default"]
    assert {round(d.share, 6) for d in canaries} == {0.05}
    faults: dict[object, str | None] = {}
    hits = trials = 0
    for d in canaries:
        n = sum(counts.get(sibling, 0) for sibling in siblings[d.service, d.placement])
        faults[d.deployment_id] = binomial_fault(counts.get(d.deployment_id, 0), n, d.share)
        hits, trials = hits + counts.get(d.deployment_id, 0), trials + n
    none(faults | {"all": binomial_fault(hits, trials, 0.05)})


def test_placements_get_their_share(year_run: Run):
    """Every call of a request is where its root is."""
    by_place: dict[str, float] = {}
    for p in year_run.world.placements:
        where = f"{p.environment}:{p.provider}:{p.account}:{p.region}"
        by_place[where] = by_place.get(where, 0) + p.share
    where = pl.col("deployment").cast(pl.String).str.extract(r"^((?:[^:]*:){3}[^:]*)").alias("where")
    calls = year_run.calls.select("trace", "parent", where)
    assert calls.group_by("trace").agg(pl.col("where").n_unique())["where"].max() == 1
    counts = dict(calls.filter(pl.col("parent").is_null()).group_by("where").len().iter_rows())
    none({w: binomial_fault(counts.get(w, 0), len(year_run.roots), share) for w, share in by_place.items()})


def test_durations_look_lognormal(year_run: Run):
    """Right-skewed: the mean of an action is above its median."""
    shape = year_run.roots.group_by("action").agg(pl.len(), pl.mean("duration"), pl.median("duration").alias("median"))
    common = shape.filter(pl.col("len") >= 1_000)
    assert len(common) >= 20
    assert (common["duration"] > common["median"]).all()
