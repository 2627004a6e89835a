"""The drawn incidents over many seeds: 2 to 8 a component and year, 5 minutes to 4 hours each."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from otelsim.scenario import Scenario, resolve
from otelsim.times import instant_s
from otelsim.world.incidents import incidents
from otelsim.world.loading import load_world

from .bounds import binomial_fault, none
from .runs import START, WORLD

pytestmark = pytest.mark.slow

SEEDS = range(250)


@pytest.fixture(scope="module")
def drawn():
    world = load_world(WORLD)
    scenario = resolve(replace(Scenario(), start_s=instant_s(START)), 0)
    return world, scenario, [incidents(world, replace(scenario, seed=seed)) for seed in SEEDS]


def test_two_to_eight_a_component(drawn):
    world, _, years = drawn
    counts = Counter(Counter(i.component for i in year)[c] for year in years for c in range(len(world.components)))
    trials = len(SEEDS) * len(world.components)
    none({n: binomial_fault(counts[n], trials, 1 / 7 if 2 <= n <= 8 else 0.0) for n in {*counts, *range(2, 9)}})
    assert set(counts) == set(range(2, 9))


def test_five_minutes_to_four_hours_log_uniform(drawn):
    lengths = [i.end_s - i.start_s for year in drawn[2] for i in year]
    assert min(lengths) >= 300
    assert max(lengths) <= 4 * 3_600
    shorter = {q: sum(n < 300 * 48**q for n in lengths) for q in (0.1, 0.25, 0.5, 0.75, 0.9)}
    # Lengths are whole seconds in straight pieces between 65 points: half a percent of leeway.
    none({q: binomial_fault(hits, len(lengths), q, 0.001) for q, hits in shorter.items()})


def test_none_of_a_component_overlap_and_all_are_inside(drawn):
    _, scenario, years = drawn
    for year in years:
        assert all(scenario.start <= i.start_s and i.end_s <= scenario.end for i in year)
        pairs = pairwise(year)
        assert all(a.end_s <= b.start_s for a, b in pairs if a.component == b.component)


def test_seeds_differ(drawn):
    assert len({tuple((i.component, i.start_s) for i in year) for year in drawn[2]}) == len(SEEDS)
