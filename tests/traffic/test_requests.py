"""Root requests: in order, of users and actions that exist, the same in whatever batches."""

import numpy as np
import pytest

from otelsim.traffic.people import users_by_persona
from otelsim.traffic.requests import (
    ACTION,
    NUMBER,
    OBJECT_ID,
    OBJECT_TYPE,
    PERSONA,
    PLACEMENT,
    REQUEST,
    TARGET,
    TIME_US,
    USER,
    draw_requests,
    empty_requests,
)  # fmt: skip
from tests.simulated import prepared


def drawn(p, first: int = 0, end: int | None = None) -> np.ndarray:
    cells = p.intensity.cells(p.scenario.start, p.scenario.end)
    end = cells.shape[1] if end is None else end
    room = empty_requests(int(cells[3, first:end].sum()))
    n = draw_requests(p.traffic, cells, (first, end), room)
    assert n == room.shape[1]
    return room


@pytest.fixture(scope="module", params=[(1_000, "social_network"), (1, "social_network"), (30, "multi_cloud")])
def both(request):
    users, world = request.param
    p = prepared(total_events=20_000, total_users=users, world=world)
    return p, drawn(p)


def test_numbers_and_times_rise(both):
    p, r = both
    assert r[NUMBER].tolist() == list(range(20_000))
    assert (np.diff(r[TIME_US]) >= 0).all()
    assert p.scenario.start * 1_000_000 <= r[TIME_US, 0]
    assert r[TIME_US, -1] < p.scenario.end * 1_000_000


def test_a_user_belongs_to_its_persona(both):
    p, r = both
    counts = users_by_persona(p.world, p.scenario.total_users)
    owner = np.repeat(np.arange(len(counts)), counts)
    assert (owner[r[USER]] == r[PERSONA]).all()


def test_a_target_is_another_user(both):
    p, r = both
    targeted = np.array([a.targets_user for a in p.world.actions])[r[ACTION]]
    assert ((r[TARGET] >= 0) == targeted).all()
    assert r[TARGET].max() < p.scenario.total_users
    if p.scenario.total_users > 1:
        assert (r[TARGET] != r[USER]).all()


def test_objects_are_of_the_actions_type(both):
    p, r = both
    names = [o.name for o in p.world.object_types]
    kinds = np.array([names.index(a.object_type) if a.object_type else -1 for a in p.world.actions])
    assert (r[OBJECT_TYPE] == kinds[r[ACTION]]).all()
    creates = np.array([a.creates for a in p.world.actions])[r[ACTION]]
    assert ((r[OBJECT_ID] < 0) == creates).all()
    made = r[OBJECT_ID][creates]
    assert len(np.unique(made)) == len(made)
    for kind, described in enumerate(p.world.object_types):
        found = r[OBJECT_ID][(r[OBJECT_TYPE] == kind) & ~creates]
        if described.names:
            assert found.max(initial=0) < len(described.names)
        assert len(np.unique(found)) <= described.catalogue_size


def test_placements_exist(both):
    p, r = both
    assert set(r[PLACEMENT].tolist()) <= set(range(len(p.world.placements)))


def test_batches_decide_nothing():
    p = prepared(total_events=3_000)
    whole, cells = drawn(p), p.intensity.cells(p.scenario.start, p.scenario.end).shape[1]
    parts = [drawn(p, a, min(cells, a + 7)) for a in range(0, cells, 7)]
    assert (np.concatenate(parts, axis=1) == whole).all()
    assert whole.shape[0] == len(REQUEST)
