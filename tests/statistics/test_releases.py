"""Releases: how many, in which order, and that what runs never goes back."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest

from otelsim.scenario import Scenario, resolve
from otelsim.times import instant_s
from otelsim.world.loading import load_world
from otelsim.world.releases import calendar

from .runs import START, WORLD, Run

pytestmark = pytest.mark.slow

HOUR_US = 3_600_000_000


@pytest.fixture(scope="module", params=[42, 7])
def rollouts(request: pytest.FixtureRequest):
    """service -> build number -> [(stage, whether no canary, time, deployment)] of a year, without what ran before."""
    world = load_world(WORLD)
    scenario = resolve(replace(Scenario(), seed=request.param, start_s=instant_s(START)), 0)
    rows, made = calendar(world, scenario), defaultdict(lambda: defaultdict(list))
    for d, since_us, build in zip(
        rows.deployment.tolist(), rows.since_us.tolist(), rows.build_num.tolist(), strict=True
    ):
        deployment = world.deployments[d]
        stage = world.placements[deployment.placement].rollout_stage
        if since_us > 0:
            made[deployment.service][build].append((stage, deployment.tag == "default", since_us, d))
    return world, scenario, made


def test_26_to_52_a_year(rollouts):
    world, _, made = rollouts
    assert set(made) == set(range(len(world.services)))
    for s, builds in made.items():
        assert 26 <= len(builds) <= 52
        assert len(builds) == world.services[s].releases_per_year


def test_dev_then_stg_then_canary_then_regions(rollouts):
    world, _, made = rollouts
    order = {"dev": 0, "stg": 1, "prod": 2}
    for builds in made.values():
        for reached in builds.values():
            by_time = sorted(reached, key=lambda r: r[2])
            assert [r[:2] for r in by_time] == sorted(r[:2] for r in reached)
            places = [order[world.placements[world.deployments[r[3]].placement].environment] for r in by_time]
            assert places == sorted(places)


def test_regions_follow_within_hours(rollouts):
    world, _, made = rollouts
    for builds in made.values():
        for reached in builds.values():
            prod = [r for r in reached if world.placements[world.deployments[r[3]].placement].environment == "prod"]
            times = sorted(r[2] for r in prod if r[1])
            assert all(0 < b - a <= 12 * HOUR_US for a, b in pairwise(times))
            canaries = [r[2] for r in prod if not r[1]]
            assert not canaries or not times or 0 < times[0] - max(canaries) <= 12 * HOUR_US


def test_builds_rise_in_the_records(year_run: Run):
    """In the order of time no deployment's build number falls, and dev is never behind prod."""
    calls = year_run.calls.sort("start_us")
    falls = calls.group_by("deployment", maintain_order=True).agg((pl.col("build").diff() < 0).sum().alias("falls"))
    assert falls["falls"].sum() == 0
    environment = pl.col("deployment").cast(pl.String).str.extract(r"^([^:]*)").alias("environment")
    last = calls.group_by("service", environment).agg(pl.max("build"), pl.n_unique("build").alias("builds"))
    prod = last.filter(pl.col("environment") == "prod")
    assert len(prod) == len(year_run.world.services)
    # The build of the start, and those of the year; a little used service may miss some.
    assert prod["builds"].median() >= 26
    assert prod["builds"].max() <= 53
