"""Histogram points, as the SDK's encoder writes them, against the columns that they come from."""

import numpy as np
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics

from otelsim.signals import points as p
from otelsim.signals.conventions import BOUNDS_S, DESCRIPTIONS

from . import expected
from .messages import records_of, typed
from .runs import run_of
from .test_reference_histograms import told_of

NAMES = ("resource_metrics", "scope_metrics", "metrics")
CHOICES = [(t, k) for t in ("cumulative", "delta") for k in ("explicit", "exponential")]
TEMPORALITY = {"delta": 1, "cumulative": 2}


def row_of(point, turn):
    """A point of the reference as its row; ``turn`` exemplars have been overwritten before those that are kept."""
    shown = point["exemplars"]
    count = len(shown) + (turn if len(shown) == p.EXEMPLARS else 0)
    places = [()] * p.EXEMPLARS
    for i, exemplar in enumerate(shown):
        places[(count + i) % p.EXEMPLARS if len(shown) == p.EXEMPLARS else i] = exemplar
    ring = [value for each in places for value in each or [0] * len(p.EXEMPLAR)]
    head = [point[name] or 0 for name in p.POINT[: p.EXEMPLAR_COUNT]]
    return [*head, count, *ring, *buckets_of(point)]


def buckets_of(point):
    if isinstance(point["buckets"], list):
        return point["buckets"]
    return [point["buckets"].get(p.LEAST_INDEX + i, 0) for i in range(p.EXPONENTIAL_BUCKETS)]


def seconds(duration):
    return duration / 100_000


def message_point(run, sets, point, kind):
    """What must be sent of a point of the reference."""
    known = {
        "start_time_unix_nano": point["start_ms"] * 10**6,
        "time_unix_nano": point["time_ms"] * 10**6,
        "sum": seconds(point["sum"]),
        "attributes": typed(sets.attributes[point["set"]]),
    }
    if point["count"]:
        known |= {"count": point["count"], "min": seconds(point["least"]), "max": seconds(point["most"])}
    if point["exemplars"]:
        known["exemplars"] = [exemplar(run, *each) for each in point["exemplars"]]
    return known | (explicit if kind == "explicit" else exponential)(point["buckets"])


def exemplar(run, number, node, start_us, duration, persona):
    (row,) = np.flatnonzero((run.calls[0] == number) & (run.calls[1] == node))
    log = run.told[row].log
    return {
        "trace_id": log["trace_id"],
        "span_id": log["span_id"],
        "time_unix_nano": start_us * 1_000,
        "as_double": seconds(duration),
        "filtered_attributes": typed({"persona": run.p.world.personas[persona].name}),
    }


def explicit(counts):
    return {"bucket_counts": counts, "explicit_bounds": list(BOUNDS_S)}


def exponential(counts):
    if not counts:
        return {"scale": 3}
    first, last = min(counts), max(counts)
    positive = {"offset": first, "bucket_counts": [counts.get(i, 0) for i in range(first, last + 1)]}
    return {"scale": 3, "positive": {name: value for name, value in positive.items() if value}}


@pytest.mark.parametrize(("temporality", "kind"), CHOICES)
def test_points_are_those_of_the_columns(run, temporality, kind):
    sets, made = told_of(run, temporality, kind)
    rows = np.array([row_of(point, i % 7) for i, point in enumerate(made)], np.int64)
    notation = run.notation(temporality=temporality, histogram=kind)
    found = records_of(encode_metrics(notation.histograms(rows)), *NAMES)
    field = "histogram" if kind == "explicit" else "exponential_histogram"
    wanted = {}
    for point in made:
        name = "http.server.request.duration" if point["set"] < sets.http else "rpc.server.call.duration"
        points = wanted.setdefault(point["release"], {}).setdefault(name, [])
        points.append(message_point(run, sets, point, kind))
    assert found == [
        (
            expected.resource(run.p.calendar.release_id[release]),
            [
                {
                    "name": name,
                    "description": DESCRIPTIONS[name],
                    "unit": "s",
                    field: {"data_points": points, "aggregation_temporality": TEMPORALITY[temporality]},
                }
                for name, points in metrics.items()
            ],
        )
        for release, metrics in wanted.items()
    ]


@pytest.mark.parametrize("name", ["incidents", "multi_cloud"])
def test_the_points_reach_every_rule(name):
    _, made = told_of(run_of(name), "cumulative", "exponential")
    assert {len(point["exemplars"]) for point in made} >= {0, 1, p.EXEMPLARS}
    assert any(0 in [*exponential(point["buckets"]).get("positive", {}).get("bucket_counts", [])] for point in made)


def test_releases_stand_as_they_first_appear(run):
    _, made = told_of(run)
    rows = np.array([row_of(point, 0) for point in made[::-1]], np.int64)
    found = records_of(encode_metrics(run.notation(temporality="delta").histograms(rows)), *NAMES)
    releases = list(dict.fromkeys(point["release"] for point in made[::-1]))
    assert [each for each, _ in found] == [expected.resource(run.p.calendar.release_id[r]) for r in releases]
