"""Incidents: two to eight a component and year, five minutes to four hours; listed ones as they are listed."""

from dataclasses import replace
from itertools import pairwise

import pytest

from otelsim.errors import InputError
from otelsim.scenario import ListedIncident, Scenario
from otelsim.world.incidents import incidents
from otelsim.world.releases import YEAR_S
from tests.simulated import DAY, MONDAY, world_of

WORLD = world_of()


def scenario(seed: int = 42, seconds: int = YEAR_S, **more) -> Scenario:
    return Scenario(seed=seed, start_s=MONDAY, end_s=MONDAY + seconds, **more)


@pytest.mark.parametrize("seed", [0, 42, 2**64 - 1])
@pytest.mark.parametrize("years", [1, 2])
def test_two_to_eight_a_component_and_year(seed, years):
    found = incidents(WORLD, scenario(seed, years * YEAR_S))
    for component, cause in enumerate(WORLD.components):
        mine = [i for i in found if i.component == component]
        for year in range(years):
            begin = MONDAY + year * YEAR_S
            assert 2 <= sum(begin <= i.start_s < begin + YEAR_S for i in mine) <= 8
        assert all(one.end_s <= other.start_s for one, other in pairwise(mine))
        assert {(i.failure_rate, i.latency_factor) for i in mine} == {(cause.failure_rate, cause.latency_factor)}


def test_lengths_are_five_minutes_to_four_hours():
    lengths = [i.end_s - i.start_s for seed in range(60) for i in incidents(WORLD, scenario(seed))]
    assert min(lengths) >= 300
    assert max(lengths) <= 4 * 3_600
    assert min(lengths) < 400
    assert max(lengths) > 3 * 3_600


def test_a_shorter_range_sees_those_that_fall_into_it():
    year = incidents(WORLD, scenario())
    month = incidents(WORLD, scenario(seconds=30 * DAY))
    assert month == [i for i in year if i.start_s < MONDAY + 30 * DAY]
    assert 0 < len(month) < len(year)


def test_another_seed_draws_others():
    assert incidents(WORLD, scenario(1)) != incidents(WORLD, scenario(2))


def listed(*starts: str, component: str = "redis_feed", **more) -> tuple[ListedIncident, ...]:
    return tuple(ListedIncident(component, start, 3_600, **more) for start in starts)


def test_listed_ones_take_what_they_do_not_say_from_the_component():
    found = incidents(WORLD, scenario(draw_incidents=False, incidents=listed("+1d", failure_rate=0.5)))
    cause = next(c for c in WORLD.components if c.name == "redis_feed")
    assert [(i.start_s - MONDAY, i.end_s - MONDAY) for i in found] == [(DAY, DAY + 3_600)]
    assert (found[0].failure_rate, found[0].latency_factor, found[0].origin) == (0.5, cause.latency_factor, "scenario")


def test_listed_ones_outside_the_run_are_left_out():
    asked = listed("2020-01-01", "+400d", "2025-03-02T23:30:00Z")
    found = incidents(WORLD, scenario(draw_incidents=False, incidents=asked))
    assert [i.start_s - MONDAY for i in found] == [-1_800]


def test_overlapping_ones_of_a_component_are_refused():
    with pytest.raises(InputError, match="two incidents of redis_feed overlap at 2025-03-04T00:30:00Z"):
        incidents(WORLD, scenario(incidents=listed("+1d", "+1d30m")))
    both = (*listed("+1d"), *listed("+1d30m", component="aurora_primary"))
    assert len(incidents(WORLD, scenario(draw_incidents=False, incidents=both))) == 2
    assert len(incidents(WORLD, scenario(draw_incidents=False, incidents=listed("+1d", "+1d1h")))) == 2


def test_an_unknown_component_is_told():
    with pytest.raises(InputError, match="incident 2: unknown component 'nothing'"):
        incidents(WORLD, scenario(incidents=(*listed("+1d"), *listed("+2d", component="nothing"))))
    assert incidents(replace(WORLD, components=()), scenario()) == []
