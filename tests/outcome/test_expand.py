"""Calls: inside their parents, with a cause for every failure. (`otelsim check` tries all laws on files.)"""

import numpy as np
import pytest

from otelsim.outcome import tables as o
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.slicing import Interrupted, Simulator, batches
from tests.simulated import calls_of, prepared


@pytest.fixture(scope="module", params=[("incidents", 1), ("incidents", 0), ("year", 3)])
def run(request):
    scenario, depth = request.param
    p = prepared(scenario, total_events=4_000, call_depth=depth)
    return p, calls_of(p)


def parents(calls: np.ndarray) -> np.ndarray:
    """For each call that is no root the column of its parent."""
    column = {
        (n, node): i for i, (n, node) in enumerate(zip(calls[o.NUMBER].tolist(), calls[o.NODE].tolist(), strict=True))
    }
    child = calls[:, calls[o.PARENT] >= 0]
    return np.array([column[key] for key in zip(child[o.NUMBER].tolist(), child[o.PARENT].tolist(), strict=True)])


def test_calls_are_in_time_order_within_slices(run):
    p, calls = run
    for start, end in p.slices:
        inside = (calls[o.START_US] >= start * 1_000_000) & (calls[o.START_US] < end * 1_000_000)
        roots = calls[o.START_US][inside & (calls[o.PARENT] < 0)]
        assert (np.diff(roots) >= 0).all()


def test_a_child_lies_within_its_parent(run):
    _, calls = run
    child, parent = calls[:, calls[o.PARENT] >= 0], calls[:, parents(calls)]
    assert (child[o.START_US] > parent[o.START_US]).all()
    ends = [c[o.START_US] + 10 * c[o.DURATION] for c in (child, parent)]
    assert (ends[0] < ends[1]).all()
    assert calls[o.DURATION].min() >= 2


def test_a_child_shares_what_its_parent_asks_for(run):
    _, calls = run
    child, parent = calls[:, calls[o.PARENT] >= 0], calls[:, parents(calls)]
    for column in (o.PERSONA, o.USER, o.TARGET, o.OBJECT_TYPE, o.OBJECT_ID):
        assert (child[column] == parent[column]).all()


def test_every_failure_has_its_cause(run):
    p, calls = run
    failed = calls[o.SOURCE] != 0
    assert ((calls[o.ERROR] >= 0) == failed).all()
    assert ((calls[o.UPSTREAM] >= 0) == (calls[o.SOURCE] == o.DEPENDENCY)).all()
    assert ((calls[o.INCIDENT] >= 0) == (calls[o.SOURCE] >= o.INFRASTRUCTURE)).all()
    for call in calls[:, calls[o.SOURCE] == o.INFRASTRUCTURE].T:
        incident = p.incidents[call[o.INCIDENT]]
        assert incident.start_s * 1_000_000 <= call[o.START_US] < incident.end_s * 1_000_000
        assert call[o.SERVICE] in p.world.components[incident.component].services


def test_a_cascade_names_its_failed_child(run):
    _, calls = run
    rows = {(c[o.NUMBER], c[o.NODE]): c for c in calls.T}
    cascades = calls[:, calls[o.SOURCE] == o.DEPENDENCY]
    for call in cascades.T:
        child = rows[call[o.NUMBER], call[o.UPSTREAM]]
        assert child[o.PARENT] == call[o.NODE]
        assert child[o.SOURCE] in (o.INFRASTRUCTURE, o.DEPENDENCY)
        assert (child[o.ERROR], child[o.SERVICE]) == (call[o.ERROR], call[o.UPSTREAM_SERVICE])


def test_a_release_is_the_one_that_ran(run):
    p, calls = run
    c = p.calendar
    rows = calls[o.RELEASE]
    assert (c.since_us[rows] <= calls[o.START_US]).all()
    following = np.append(c.deployment[1:], -1)[rows] == c.deployment[rows]
    until = np.append(c.since_us[1:], 0)[rows]
    assert (calls[o.START_US] < until)[following].all()


def test_a_run_that_is_stopped_gives_its_slice_up():
    p = prepared(total_events=100)
    with pytest.raises(Interrupted):
        make_slices(Simulator(p, lambda: True), range(96), null_sinks())


def test_batches_hold_whole_cells():
    cells = np.array([[0, 10, 20, 30], [10, 20, 30, 40], [0, 2_000, 4_000, 6_000], [2_000, 2_000, 2_000, 1]])
    assert [b[:2] for b in batches(cells)] == [(0, 2), (2, 4)]
    assert batches(cells)[0][2] == 20
    assert batches(np.zeros((4, 0), np.int64)) == []
