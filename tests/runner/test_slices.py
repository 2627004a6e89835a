"""Slices cover the run without a gap, whatever its length."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from otelsim.runner.slices import LEAST_SLICES, SLICE_REQUESTS, slice_bounds
from otelsim.scenario import Scenario
from otelsim.traffic.intensity import BIN_S
from tests.simulated import DAY, MONDAY


def scenario(start: int, length: int, interval: int = 60, total: int = 1000) -> Scenario:
    return Scenario(start_s=start, end_s=start + length, metric_interval_s=interval, total_events=total)


@given(
    st.integers(0, 4 * 10**9),
    st.one_of(st.integers(1, 10_000), st.integers(1, 800 * DAY)),
    st.one_of(st.sampled_from([1, 7, 60, 300, 3_600, 86_400]), st.integers(1, 86_400)),
    st.integers(1, 10**8),
)
def test_slices_cover_the_run(start, length, interval, total):
    asked = scenario(start, length, interval, total)
    bounds = slice_bounds(asked)
    assert bounds[0][0] == start
    assert bounds[-1][1] == start + length
    assert all(a < b for a, b in bounds)
    assert all(one[1] == other[0] for one, other in zip(bounds, bounds[1:], strict=False))
    assert all(edge % interval == 0 for edge, _ in bounds[1:])
    assert bounds == slice_bounds(replace(asked, seed=43, total_users=7))


@given(st.integers(0, 4 * 10**9), st.integers(LEAST_SLICES * BIN_S, 800 * DAY))
def test_there_are_slices_for_many_workers(start, length):
    assert len(slice_bounds(scenario(start, length))) >= LEAST_SLICES
    assert all(edge % BIN_S == 0 for edge, _ in slice_bounds(scenario(start, length))[1:])


def test_a_large_run_has_more():
    assert len(slice_bounds(scenario(MONDAY, 365 * DAY, total=5_000_000))) == 5_000_000 // SLICE_REQUESTS


def test_a_second_is_one_slice():
    assert slice_bounds(scenario(MONDAY + 59, 1)) == [(MONDAY + 59, MONDAY + 60)]
    assert len(slice_bounds(scenario(MONDAY + 59, 2))) == 2
