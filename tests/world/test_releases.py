"""The release calendar: 26 to 52 a service and year, from dev to the last region within hours."""

from dataclasses import replace

import numpy as np
import pytest

from otelsim.scenario import Scenario
from otelsim.world.model import ReleaseRow, World
from otelsim.world.releases import YEAR_S, Calendar, calendar
from tests.simulated import DAY, MONDAY, world_of

WORLDS = {name: world_of(name) for name in ("social_network", "multi_cloud")}
WORLD = WORLDS["multi_cloud"]


def made(world: World, seconds: int = YEAR_S, seed: int = 42) -> Calendar:
    return calendar(world, Scenario(seed=seed, start_s=MONDAY, end_s=MONDAY + seconds))


def rows(c: Calendar, d: int) -> list[tuple[int, int]]:
    """(seconds after the start, build number) of a deployment's releases; the first holds since ever."""
    part = slice(c.first[d], c.first[d + 1])
    return [
        (t // 1_000_000 - MONDAY, b) for t, b in zip(c.since_us[part].tolist(), c.build_num[part].tolist(), strict=True)
    ]


@pytest.fixture(params=WORLDS)
def world(request) -> World:
    return WORLDS[request.param]


def test_26_to_52_releases_a_service_and_year(world):
    c = made(world)
    for service in range(len(world.services)):
        builds = {b for d, x in enumerate(world.deployments) if x.service == service for _, b in rows(c, d)[1:]}
        assert 26 <= world.services[service].releases_per_year <= 52
        assert world.services[service].releases_per_year - 2 <= len(builds) <= 52


def test_numbers_and_times_rise(world):
    c = made(world)
    for d in range(len(world.deployments)):
        found = rows(c, d)
        assert found[0][0] == -MONDAY
        assert all(a < b and m < n for (a, m), (b, n) in zip(found[1:], found[2:], strict=False))
        assert all(0 <= at < YEAR_S for at, _ in found[1:])
        assert found[1][1] > found[0][1]
    assert c.first[-1] == len(c.release_id) == len(c.since_us)
    ids = [
        f"{world.deployments[d].deployment_id}:{b}"
        for d, b in zip(c.deployment.tolist(), c.build_num.tolist(), strict=True)
    ]
    assert c.release_id == ids


def test_a_release_goes_from_stage_to_stage_within_hours(world):
    c = made(world)
    arrivals: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for d, x in enumerate(world.deployments):
        for at, build in rows(c, d)[1:]:
            arrivals.setdefault((x.service, build), []).append((at, d))
    whole = {k: v for k, v in arrivals.items() if len(v) == sum(x.service == k[0] for x in world.deployments)}
    assert len(whole) > 0.8 * len(arrivals)
    for found in whole.values():
        in_stages(world, sorted(found))


def in_stages(world: World, found: list[tuple[int, int]]) -> None:
    """One release's arrivals: stage after stage; canaries of a stage before all others; all within two days."""
    stages: dict[int, list[tuple[int, bool]]] = {}
    for at, d in found:
        x = world.deployments[d]
        stages.setdefault(world.placements[x.placement].rollout_stage, []).append((at, x.tag != "default"))
    begins = [min(at for at, _ in stages[s]) for s in sorted(stages)]
    assert begins == sorted(begins)
    for arrived in stages.values():
        canaries, others = [at for at, c in arrived if c], [at for at, c in arrived if not c]
        assert not canaries or max(canaries) < min(others)
        assert max(others) - min(others) <= 12 * 3_600
    assert found[-1][0] - found[0][0] <= 2 * DAY


def test_the_bundled_stages_are_dev_stg_prod():
    stage = {p.environment: p.rollout_stage for p in WORLDS["social_network"].placements}
    assert stage["dev"] < stage["stg"] < stage["prod"]


def test_without_rows_every_deployment_begins_at_the_first_number():
    c = made(replace(WORLD, releases=()))
    assert {rows(c, d)[0][1] for d in range(len(WORLD.deployments))} == {WORLD.settings.first_build_num}
    assert c.release_id


def dated(*when: tuple[int | None, int]) -> World:
    """A world in which deployment 0 has these releases: (seconds after the start, build number)."""
    found = tuple(ReleaseRow(0, f"b-{n}", n, None if at is None else MONDAY + at) for at, n in when)
    return replace(WORLD, releases=found)


def test_the_newest_row_before_the_start_runs_at_the_start():
    assert rows(made(dated((-2 * DAY, 5), (-DAY, 6)), DAY), 0)[0] == (-MONDAY, 6)
    assert rows(made(dated((0, 7), (-DAY, 6)), DAY), 0)[0] == (-MONDAY, 7)


def test_rows_inside_the_run_come_at_their_times():
    found = rows(made(dated((-DAY, 5), (DAY, 9), (2 * DAY, 12), (400 * DAY, 99))), 0)
    assert found[:3] == [(-MONDAY, 5), (DAY, 9), (2 * DAY, 12)]
    assert all(at > 2 * DAY for at, _ in found[3:])
    assert 99 not in [n for _, n in found[:3]]


def test_no_deployment_goes_back_to_an_older_number():
    assert [n for _, n in rows(made(dated((-DAY, 50), (DAY, 40)), 2 * DAY), 0)] == [50]


def test_only_later_rows_mean_the_oldest_of_them_from_the_start():
    assert rows(made(dated((DAY, 9), (3 * DAY, 12)), 5 * DAY), 0)[0] == (-MONDAY, 9)


def test_a_seed_decides_the_calendar():
    assert (made(WORLD, seed=1).since_us == made(WORLD, seed=1).since_us).all()
    assert not np.array_equal(made(WORLD, seed=1).since_us, made(WORLD, seed=2).since_us)


def test_a_deployment_that_serves_two_placements_has_one_calendar():
    world = world_of("multi_cloud")
    made = calendar(world, Scenario(start_s=MONDAY, end_s=MONDAY + 365 * DAY))
    rows: dict[str, set[tuple[int, ...]]] = {}
    for d, deployment in enumerate(world.deployments):
        times = made.since_us[made.first[d] : made.first[d + 1]]
        rows.setdefault(deployment.deployment_id, set()).add(tuple(times.tolist()))
    assert len(rows) < len(world.deployments)
    assert all(len(calendars) == 1 for calendars in rows.values())
