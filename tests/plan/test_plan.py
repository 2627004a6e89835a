"""A plan beside the run it foretells."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from otelsim.outcome import tables as o
from otelsim.plan import plan_run, render_text
from otelsim.plan.rates import operations, releases, request_rates, shares_before
from otelsim.plan.sample import SAMPLE_REQUESTS, _few
from otelsim.plan.series import expected_series
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.preparing import Prepared, prepare
from otelsim.runner.slicing import Simulator
from otelsim.scenario import load, resolve
from otelsim.signals.names import operations as named_operations
from otelsim.sinks.files import COMPRESSORS
from otelsim.times import instant_s
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world

WORLD = load_world(find_world(None))
START_S = instant_s("2025-03-03")
RUNS = {
    "year": ("year", {"total_events": 40_000}),
    "incidents": ("incidents", {"total_events": 30_000, "total_users": 500}),
    "deep": ("year", {"total_events": 25_000, "call_depth": 3, "duration_s": 30 * 86_400}),
    "few": ("year", {"total_events": 2_000}),
}


@dataclass(frozen=True)
class Made:
    """What a run came to."""

    counts: dict[str, int]
    content: dict[str, int]
    line_series: int
    point_series: int


def prepared(scenario: str, **changes: int) -> Prepared:
    asked = replace(load(scenario), start_s=START_S, **changes)
    return prepare(resolve(asked, 0), WORLD)


class Watched(Simulator):
    """Keeps what its calls are labelled with: operation, failed, release, persona."""

    def __init__(self, p: Prepared) -> None:
        super().__init__(p)
        self.seen: list[np.ndarray] = []

    def _keep(self, written: np.ndarray) -> None:
        columns = self.calls[[o.OP, o.SOURCE, o.RELEASE, o.PERSONA]][:, written]
        self.seen.append(columns)
        super()._keep(written)


def run(p: Prepared) -> Made:
    simulator, sinks = Watched(p), null_sinks()
    counts, content = dict.fromkeys(("requests", "logs", "points"), 0), dict.fromkeys(sinks, 0)
    for index in range(len(p.slices)):
        (result,) = make_slices(simulator, [index], sinks)
        for name, n in zip(counts, result.tally.totals.tolist(), strict=False):
            counts[name] += n
        for name, extent in result.extents.items():
            content[name] += extent.content
    return Made({**counts, "spans": counts["logs"]}, content, *distinct(p, np.concatenate(simulator.seen, axis=1)))


def distinct(p: Prepared, columns: np.ndarray) -> tuple[int, int]:
    """Label sets with the persona and without: counted as a reader of the lines would."""
    labels, reads = {}, {}
    for i, op in enumerate(named_operations(WORLD, p.scenario.call_depth)):
        action = WORLD.actions[op.root_action]
        key = (op.service, op.action, action.is_write, action.object_type)
        labels[i] = hash(key)
        reads[hash(key)] = not action.is_write
    sets = {
        (labels[op], source == 0, p.calendar.release_id[release], persona)
        for op, source, release, persona in set(zip(*columns.tolist(), strict=True))
    }
    fewer = {s[:3] for s in sets}
    return sum(4 + (s[1] and reads[s[0]]) for s in sets), sum(4 + (s[1] and reads[s[0]]) for s in fewer)


@pytest.fixture(scope="module", params=RUNS)
def both(request):
    scenario, changes = RUNS[request.param]
    p = prepared(scenario, **changes)
    return plan_run(p), run(p)


def test_counts_are_within_5_percent(both):
    planned, made = both
    assert planned["counts"] == pytest.approx(made.counts, rel=0.05)
    assert planned["counts"]["requests"] == made.counts["requests"]


def test_bytes_are_within_5_percent(both):
    planned, made = both
    assert planned["bytes"] == pytest.approx(made.content, rel=0.05)


def test_series_are_within_15_percent(both):
    planned, made = both
    assert planned["series"]["lines"] == pytest.approx(made.line_series, rel=0.15)
    assert planned["series"]["points"] == pytest.approx(made.point_series, rel=0.15)


def test_a_run_no_larger_than_the_sample_is_exact(both):
    planned, made = both
    if made.counts["requests"] <= SAMPLE_REQUESTS:
        assert planned["counts"] == made.counts
        assert planned["bytes"] == made.content


def test_text_and_json(both):
    planned, _ = both
    text = render_text(json.loads(json.dumps(planned)))
    assert f"{planned['counts']['points']:,}" in text
    assert f"{planned['series']['lines']:,}" in text
    assert "an estimate" in text
    assert all(len(line) < 140 for line in text.splitlines())


def test_compressed_is_what_frames_of_the_run_come_to(both):
    planned, _ = both
    for name in COMPRESSORS:
        ratio = sum(planned["bytes"].values()) / sum(planned["compressed_bytes"][name].values())
        assert 5 < ratio < 40


def test_points_a_deployment_are_those_of_the_documented_volume():
    """A million requests a year: 2.7 M logs, 12 M points, 6 GB, one point a deployment every 10 minutes."""
    planned = plan_run(prepared("year", total_events=1_000_000))
    assert planned["deployments"]["seconds_between_points"] == pytest.approx(600, rel=0.15)
    assert planned["counts"]["logs"] == pytest.approx(2.7e6, rel=0.05)
    assert planned["counts"]["points"] == pytest.approx(12.2e6, rel=0.05)
    assert sum(planned["bytes"].values()) == pytest.approx(6e9, rel=0.1)


def test_rates_add_up():
    p = prepared("year", total_events=10_000)
    assert request_rates(p).sum() == pytest.approx(10_000)
    assert [r.share[0].sum() for r in releases(p)] == pytest.approx([1.0] * len(WORLD.services))
    assert shares_before(p.intensity, np.array([p.scenario.start, p.scenario.end])).tolist() == [0, 1]
    calls = sum(kind.calls.sum() for kind in operations(p))
    assert calls == pytest.approx(plan_run(p)["counts"]["logs"], rel=0.05)


def test_more_requests_find_no_series_twice():
    """With ever more requests the expected number levels off at all combinations there are."""
    few, many, most = (expected_series(prepared("year", total_events=10**n)) for n in (5, 9, 10))
    assert few.points < few.lines < most.lines
    assert most.points == pytest.approx(many.points, rel=0.3)
    assert most.points < most.lines


@pytest.mark.parametrize("days", [1, 400])
def test_ranges_of_any_length(days):
    planned = plan_run(prepared("year", total_events=500, duration_s=days * 86_400))
    assert planned["range"]["seconds"] == days * 86_400
    assert str(days) in render_text(planned)


def test_a_plan_takes_no_longer_for_more_requests():
    """Slices of a run this large hold millions of requests: none may be made whole."""
    p = prepared("year", total_events=10**12)
    slices = _few(p)
    assert sum(p.intensity.number(b) - p.intensity.number(a) for a, b in slices) < 20 * SAMPLE_REQUESTS
    assert plan_run(p)["counts"]["requests"] == 10**12
