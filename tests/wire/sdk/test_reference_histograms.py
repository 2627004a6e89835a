"""The reference of histograms against examples made by hand, and against a recount from the JSON lines."""

from collections import defaultdict
from math import log2

import numpy as np
import pytest

from otelsim.outcome import tables as o
from otelsim.outcome.tables import empty_calls
from otelsim.signals.points import EXEMPLARS
from otelsim.signals.series import series_sets
from tests.simulated import world_of

from . import expected
from .reference_histograms import BOUNDS, SECOND, index_of, points_of

WORLD = world_of()
SETS = series_sets(WORLD, 1)
MINUTE_US, HOUR_MS = 60_000_000, 3_600_000
INTERVAL_S = 6 * 3_600


def calls_from(*made):
    """Successful roots of one release: (start in us, duration, exemplar)."""
    calls = empty_calls(len(made))
    calls[o.ERROR] = calls[o.PARENT] = -1
    for i, values in enumerate(made):
        calls[[o.NUMBER, o.START_US, o.DURATION, o.EXEMPLAR], i] = (i, *values)
    return calls


def points(calls, temporality, kind="explicit", interval_s=60):
    return points_of(calls, range(calls.shape[1]), SETS, interval_s, temporality, kind)


def told_of(run, temporality="delta", kind="explicit"):
    """The points of a whole run as if it were one slice."""
    sets = series_sets(run.p.world, run.p.scenario.call_depth)
    rows = np.lexsort((run.calls[o.NODE], run.calls[o.NUMBER])).tolist()
    return sets, points_of(run.calls, rows, sets, INTERVAL_S, temporality, kind)


def test_a_cumulative_series_begins_again_after_a_gap():
    calls = calls_from((5, 7, 0), (MINUTE_US - 1, 3, 0), (MINUTE_US, 5, 0), (3 * MINUTE_US, 2, 0))
    found = [
        (p["start_ms"], p["time_ms"], p["count"], p["sum"], p["least"], p["most"]) for p in points(calls, "cumulative")
    ]
    assert found == [
        (1, 1, 0, 0, None, None),
        (1, 60_000, 2, 10, 3, 7),
        (1, 120_000, 3, 15, 3, 7),
        (180_001, 180_001, 0, 0, None, None),
        (180_001, 240_000, 1, 2, 2, 2),
    ]


def test_a_delta_point_stands_for_its_interval_alone():
    calls = calls_from((5, 7, 0), (MINUTE_US, 5, 0), (3 * MINUTE_US, 2, 0))
    found = [(p["start_ms"], p["time_ms"], p["count"], p["sum"]) for p in points(calls, "delta")]
    assert found == [(0, 60_000, 1, 7), (60_000, 120_000, 1, 5), (180_000, 240_000, 1, 2)]


def test_a_child_counts_in_the_interval_of_its_root():
    calls = calls_from((MINUTE_US - 1, 900, 0), (MINUTE_US + 5, 40, 0))
    calls[[o.NODE, o.PARENT, o.NUMBER, o.OP], 1] = (1, 0, 0, 1)
    assert [p["time_ms"] for p in points(calls, "delta")] == [60_000, 60_000]


def test_the_last_exemplars_of_the_interval_are_kept():
    calls = calls_from(*((i, 10 + i, i != 3) for i in range(7)), (MINUTE_US, 99, 0))
    for temporality, at in (("cumulative", (1, 2)), ("delta", (0, 1))):
        first, second = (points(calls, temporality)[i]["exemplars"] for i in at)
        assert first == [(i, 0, i, 10 + i, 0) for i in (2, 4, 5, 6)]
        assert second == []


def test_a_bucket_holds_its_upper_boundary():
    assert BOUNDS[0] == 500
    calls = calls_from((0, 500, 0), (0, 501, 0), (0, 10 * SECOND, 0), (0, 10 * SECOND + 1, 0))
    (point,) = points(calls, "delta")
    assert point["buckets"] == [1, 1, *[0] * 11, 1, 1]


@pytest.mark.parametrize("duration", [2, 3, 99_999, 100_001, 123_456, 60_000_000])
def test_an_exponential_bucket_is_an_eighth_of_an_octave(duration):
    eighths = 8 * log2(duration / SECOND)
    assert index_of(duration) < eighths <= index_of(duration) + 1


@pytest.mark.parametrize(("seconds", "index"), [(1, -1), (2, 7), (4, 15), (512, 71)])
def test_a_power_of_two_is_its_buckets_upper_bound(seconds, index):
    assert (index_of(seconds * SECOND), index_of(seconds * SECOND + 1)) == (index, index + 1)


def recounted(run):
    """(release_id, attributes, interval) of each call to the calls, from the JSON lines alone."""
    order = np.lexsort((run.calls[o.NODE], run.calls[o.NUMBER])).tolist()
    found, interval = defaultdict(list), 0
    for told in (run.told[row] for row in order):
        if told.is_root:
            interval = told.start_ns // (INTERVAL_S * 10**9)
        world = run.p.world
        attributes = {**expected.request(world, told), **expected.answer(world, told)}
        found[told.log["release_id"], tuple(attributes.items()), interval].append(told)
    return found


def test_delta_points_are_a_recount_of_the_lines(run):
    sets, found = told_of(run)
    wanted = recounted(run)
    for p in found:
        release = run.p.calendar.release_id[p["release"]]
        key = (release, tuple(sets.attributes[p["set"]].items()), p["start_ms"] // (INTERVAL_S * 1_000))
        calls = wanted.pop(key)
        durations = [told.duration_ns // 10_000 for told in calls]
        assert p["time_ms"] - p["start_ms"] == INTERVAL_S * 1_000
        assert (p["count"], p["sum"]) == (len(durations), sum(durations))
        assert (p["least"], p["most"]) == (min(durations), max(durations))
        shown = [told for told in calls if told.has_exemplar][-EXEMPLARS:]
        assert [e[2:4] for e in p["exemplars"]] == [(t.start_ns // 1_000, t.duration_ns // 10_000) for t in shown]
        assert (p["set"] < sets.http) == calls[0].is_root
    assert not wanted


def test_both_kinds_of_buckets_hold_every_call(run):
    for kind, counts in (("explicit", list), ("exponential", dict.values)):
        for p in told_of(run, kind=kind)[1]:
            assert sum(counts(p["buckets"])) == p["count"] > 0


def test_cumulative_points_are_sums_of_delta_points(run):
    deltas = {(p["release"], p["set"], p["time_ms"]): p for p in told_of(run)[1]}
    before, zeros, all_of_them = {}, 0, len(deltas)
    for p in told_of(run, "cumulative")[1]:
        series = (p["release"], p["set"])
        if p["count"] == 0:
            zeros += 1
            before[series] = p
            continue
        last, delta = before[series], deltas.pop((*series, p["time_ms"]))
        for name in ("count", "sum"):
            assert p[name] - last[name] == delta[name]
        assert [a - b for a, b in zip(p["buckets"], last["buckets"], strict=True)] == delta["buckets"]
        assert (p["exemplars"], p["start_ms"]) == (delta["exemplars"], last["start_ms"])
        before[series] = p
    assert not deltas
    assert 0 < zeros < all_of_them
