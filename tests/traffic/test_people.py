"""Users split over personas."""

from dataclasses import replace
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.draws import ONE
from otelsim.traffic.people import (
    actions_of_personas,
    activity_by_persona,
    apportion,
    users_by_persona,
    week_of_personas,
)  # fmt: skip
from tests.simulated import world_of

WORLD = world_of()


@given(st.integers(0, 10**9), st.lists(st.floats(0, 100), min_size=1, max_size=120).filter(lambda s: sum(s) > 1e-3))
def test_a_total_is_split_in_whole_numbers(total, shares):
    counts = apportion(total, shares)
    assert sum(counts) == total
    for count, share in zip(counts, shares, strict=True):
        assert count >= 0
        assert abs(count - total * share / fsum(shares)) < 1 + 1e-6


def test_nothing_is_split_over_nobody():
    assert apportion(5, [0.0, 0.0]) == [0, 0]


@given(st.integers(1, 10**7))
def test_every_user_has_a_persona(users):
    counts = users_by_persona(WORLD, users)
    assert sum(counts) == users
    assert min(counts) >= 0
    activity = activity_by_persona(WORLD, counts)
    assert fsum(activity) == pytest.approx(1)
    assert all((share > 0) == (count > 0) for share, count in zip(activity, counts, strict=True))


def test_a_thousand_users_fill_every_persona():
    assert min(users_by_persona(WORLD, 1_000)) >= 1


def test_few_users_keep_the_mixture_of_archetypes():
    counts = users_by_persona(WORLD, 50)
    for archetype in {p.archetype for p in WORLD.personas}:
        pairs = [(n, p.users_share) for n, p in zip(counts, WORLD.personas, strict=True) if p.archetype == archetype]
        assert abs(sum(n for n, _ in pairs) - 50 * sum(share for _, share in pairs)) < 1


def test_a_week_has_168_hours_of_all_personas():
    week = week_of_personas(WORLD, [p.activity_share for p in WORLD.personas])
    assert {len(row) for row in week} == {len(WORLD.personas)}
    assert len(week) == 168
    assert fsum(map(fsum, week)) == pytest.approx(168, rel=0.01)


def test_an_action_without_weight_is_never_chosen():
    silent = replace(WORLD, actions=(*WORLD.actions[:5], replace(WORLD.actions[5], weight=0.0), *WORLD.actions[6:]))
    rows = actions_of_personas(silent)
    assert rows.shape == (len(WORLD.personas), len(WORLD.actions))
    assert (rows[:, 5] == rows[:, 4]).all()
    assert (rows[:, -1] == ONE).all()
