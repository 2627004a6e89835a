"""Gauge points, as the SDK's encoder writes them, against the metric lines of the same calls."""

from itertools import groupby

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics

from otelsim.outcome import tables as o
from otelsim.signals.conventions import DESCRIPTIONS
from otelsim.signals.names import METRICS

from . import expected
from .messages import records_of

NAMES = ("resource_metrics", "scope_metrics", "metrics")


def gauges(run, rows, **options):
    return records_of(encode_metrics(run.notation(**options).gauges(run.calls, rows)), *NAMES)


def metrics_of(calls, persona_attribute):
    """The five metrics of a release's calls, without those that none has."""
    found = []
    for metric in METRICS:
        lines = [(told, line) for told in calls for line in told.metrics if line["metric"] == metric]
        points = [expected.point(told, line, persona_attribute) for told, line in lines]
        if points:
            found.append({"name": metric, "description": DESCRIPTIONS[metric], "gauge": {"data_points": points}})
    return found


@pytest.mark.parametrize("persona_attribute", [False, True])
def test_points_are_those_of_the_lines(run, persona_attribute):
    groups = groupby((run.told[row] for row in run.rows), lambda told: told.log["release_id"])
    wanted = [(expected.resource(each), metrics_of(list(calls), persona_attribute)) for each, calls in groups]
    assert gauges(run, run.rows, persona_attribute=persona_attribute) == wanted


def test_releases_stand_in_their_own_order_and_points_in_the_given_one(run):
    rows = run.rows[::-7]
    found = gauges(run, rows)
    releases = sorted({int(run.calls[o.RELEASE, row]) for row in rows})
    assert [each for each, _ in found] == [expected.resource(run.p.calendar.release_id[r]) for r in releases]
    for release, (_, metrics) in zip(releases, found, strict=True):
        times = [run.told[row].start_ns for row in rows if run.calls[o.RELEASE, row] == release]
        assert [point["time_unix_nano"] for point in metrics[0]["gauge"]["data_points"]] == times


def test_a_metric_without_points_is_left_out(run):
    failed = next(row for row in run.rows if run.calls[o.SOURCE, row])
    ((_, metrics),) = gauges(run, [failed])
    assert [metric["name"] for metric in metrics] == list(METRICS[:4])


def test_exemplars_are_those_of_the_lines(run):
    """The lines themselves follow the rule: failed, slow, or one of a hundred."""
    shown = [told for told in run.told if told.has_exemplar]
    assert any(not told.log["success"] for told in shown)
    assert any(told.log["success"] and told.duration_ns <= 500_000_000 for told in shown)
    points = [p for _, metrics in gauges(run, run.rows) for p in metrics[0]["gauge"]["data_points"]]
    ids = [each["span_id"] for point in points for each in point.get("exemplars", [])]
    assert sorted(ids) == sorted(told.log["span_id"] for told in shown)
