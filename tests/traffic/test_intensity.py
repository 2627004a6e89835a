"""Exactly as many requests as were asked for, in any stretch of time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.runner.slices import slice_bounds
from otelsim.scenario import Scenario
from otelsim.traffic.intensity import BIN_S, CELL_REQUESTS, Intensity, intensity
from tests.simulated import DAY, MONDAY

WEEK = [[1.0 + hour % 24, 0.5] for hour in range(168)]
STARTS = st.integers(0, 4 * 10**9)
LENGTHS = st.one_of(st.integers(1, 2 * BIN_S), st.integers(1, 30 * DAY))
TOTALS = st.one_of(st.integers(1, 10), st.integers(1, 10**12))


def measure(start: int, length: int, total: int, cv: float = 0.35) -> Intensity:
    return intensity(WEEK, (start, start + length), total, (42, cv))


@given(STARTS, LENGTHS, TOTALS, st.data())
def test_the_number_is_exact_at_the_ends_and_rises(start, length, total, data):
    made = measure(start, length, total)
    assert made.number(start) == 0
    assert made.number(start + length) == total
    a, b = sorted(data.draw(st.tuples(*[st.integers(start, start + length)] * 2)))
    assert 0 <= made.number(a) <= made.number(b) <= total


@given(STARTS, st.integers(1, 3 * DAY), st.integers(1, 200_000), st.integers(1, DAY))
def test_cells_of_slices_part_the_requests(start, length, total, interval):
    made = measure(start, length, total)
    scenario = Scenario(start_s=start, end_s=start + length, total_events=total, metric_interval_s=interval)
    cells = np.concatenate([made.cells(a, b) for a, b in slice_bounds(scenario)], axis=1)
    begin, end, first, count = cells
    assert (begin < end).all()
    assert (end[:-1] <= begin[1:]).all()
    assert (begin[0] >= start * 1_000_000) & (end[-1] <= (start + length) * 1_000_000)
    assert ((count > 0) & (count <= CELL_REQUESTS)).all()
    assert first.tolist() == [0, *np.cumsum(count)[:-1].tolist()]
    assert count.sum() == total


@given(STARTS, st.integers(2, DAY), st.integers(1, 50_000), st.data())
def test_a_stretch_holds_the_difference(start, length, total, data):
    made = measure(start, length, total)
    cut = data.draw(st.integers(start + 1, start + length - 1))
    for a, b in ((start, cut), (cut, start + length)):
        assert made.cells(a, b)[3].sum() == made.number(b) - made.number(a)


def test_a_stretch_without_requests_has_no_cells():
    assert measure(MONDAY, DAY, 1).cells(MONDAY, MONDAY + 1).shape == (4, 0)


def test_busy_hours_hold_more():
    made = measure(MONDAY, 7 * DAY, 10**6, cv=0.0)
    hours = [made.number(MONDAY + 3_600 * (h + 1)) - made.number(MONDAY + 3_600 * h) for h in range(168)]
    weights = [sum(row) for row in WEEK]
    for n, weight in zip(hours, weights, strict=True):
        assert n == pytest.approx(10**6 * weight / sum(weights), rel=0.01)


def test_the_largest_run_of_a_year_stays_within_64_bits():
    made = intensity([[1.0]] * 168, (MONDAY, MONDAY + 365 * DAY), 10**12, (42, 5.0))
    assert (np.diff(made.edges) > 0).all()
    assert made.number(MONDAY + 365 * DAY) == 10**12
