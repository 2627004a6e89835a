"""The fast encoder's messages: protobuf to the byte, and what the SDK's encoder makes of the same records."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from otelsim.runner.otlp_output import notated
from otelsim.signals.histograms import Histograms
from otelsim.signals.notation import Notation
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS
from tests.wire.otlp.runs import NOTATIONS, all_records, encoded, parsed, records
from tests.wire.sdk.runs import SHAPES, Run, run_of

CASES = list(product(SHAPES, NOTATIONS))
DAY_NS = 86_400 * 10**9


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request):
    return request.param


def histogram_points(run: Run, notation: Notation) -> np.ndarray:
    """All histogram points of a run."""
    histograms = Histograms(notated(run.p, notation).series, notation, run.p.scenario.metric_interval_s)
    found = []
    for rows in run.slices():
        calls = run.calls[:, rows]
        found += [points.copy() for points in histograms.add(calls, 0, len(rows))]
        found.append(histograms.end().copy())
    return np.concatenate(found)


def test_every_message_is_as_protobuf_writes_it_and_has_no_unknown_field(case):
    for request in encoded(*case):
        message = parsed(request)
        assert message.SerializeToString() == request.body
        message.DiscardUnknownFields()
        assert message.ByteSize() == len(request.body)


def test_spans_are_those_of_the_sdk(case):
    run = run_of(case[0])
    options = NOTATIONS[case[1]]
    spans = run.notation(client_spans=options.get("client_spans", False)).spans(run.calls, run.rows)
    assert all_records(encoded(*case), "traces") == Counter(records("traces", encode_spans(spans)))
    assert len(spans) > run.calls.shape[1] or not options.get("client_spans")


def test_log_records_are_those_of_the_sdk(case):
    run = run_of(case[0])
    made = encode_logs(run.notation().logs(run.calls, run.rows))
    assert all_records(encoded(*case), "logs") == Counter(records("logs", made))


def test_points_are_those_of_the_sdk(case):
    run, options = run_of(case[0]), NOTATIONS[case[1]]
    notation = Notation("run-1", **options)
    objects = run.notation(**{k: v for k, v in options.items() if k != "client_spans"})
    gauges = encode_metrics(objects.gauges(run.calls, run.rows))
    histograms = encode_metrics(objects.histograms(histogram_points(run, notation)))
    theirs = Counter(records("metrics", gauges)) + Counter(records("metrics", histograms))
    assert all_records(encoded(*case), "metrics") == theirs
    assert sum(theirs.values()) > 5 * run.calls.shape[1]


def test_the_numbers_of_records_are_told_as_they_are(case):
    for request in encoded(*case):
        assert len(records(request.signal, parsed(request))) == request.records > 0


def times_ns(request) -> list[int]:
    if request.signal == "traces":
        return [s.start_time_unix_nano for r in parsed(request).resource_spans for s in r.scope_spans[0].spans]
    if request.signal == "logs":
        return [x.time_unix_nano for r in parsed(request).resource_logs for x in r.scope_logs[0].log_records]
    metrics = [m for r in parsed(request).resource_metrics for m in r.scope_metrics[0].metrics]
    return [p.time_unix_nano for m in metrics for p in getattr(m, m.WhichOneof("data")).data_points]


def test_a_request_holds_one_day_and_no_resource_twice(case):
    for request in encoded(*case):
        # A CLIENT span begins 5 us before its child, whose day it is sent with.
        days = {(time + 5_000) // DAY_NS for time in times_ns(request)}
        assert len(days) == 1
        resources = getattr(parsed(request), f"resource_{'spans' if request.signal == 'traces' else request.signal}")
        names = [r.resource.SerializeToString() for r in resources]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("limit", [1, 100_000])
def test_requests_keep_their_limit_and_hold_the_same_records(limit):
    for notation in NOTATIONS:
        small, large = encoded("incidents", notation, limit), encoded("incidents", notation)
        assert len(small) > len(large)
        for signal in ("traces", "logs", "metrics"):
            assert all_records(small, signal) == all_records(large, signal)
        if limit > 1:
            assert max(len(r.body) for r in small) <= limit
        else:
            assert {r.records for r in small if r.kind != "points"} == {1}


def test_histograms_agree_with_a_recount_from_the_points():
    """Counts and sums over the year, from two kinds of message."""
    requests = encoded("year", "delta")
    points = [p for r in requests if r.kind != HISTOGRAM_POINTS for p in durations(r)]
    counted = [p for r in requests if r.kind == HISTOGRAM_POINTS for p in histogram_data(r)]
    assert sum(p.count for p in counted) == len(points) > 1_000
    assert sum(p.sum for p in counted) == pytest.approx(sum(points) / 1_000, abs=1e-6)
    for p in counted:
        assert sum(p.bucket_counts) == p.count
        assert p.min <= p.sum / p.count <= p.max + 1e-9
    bounds = [*counted[0].explicit_bounds, float("inf")]
    recount = [sum(low < v / 1_000 <= high for v in points) for low, high in zip([-1, *bounds], bounds, strict=False)]
    assert [sum(p.bucket_counts[i] for p in counted) for i in range(len(bounds))] == recount


def durations(request) -> list[float]:
    metrics = (
        [m for r in parsed(request).resource_metrics for m in r.scope_metrics[0].metrics] if is_metrics(request) else []
    )
    return [p.as_double for m in metrics if m.name == "request_duration_ms" for p in m.gauge.data_points]


def is_metrics(request) -> bool:
    return request.signal == "metrics"


def histogram_data(request) -> list:
    metrics = [m for r in parsed(request).resource_metrics for m in r.scope_metrics[0].metrics]
    return [p for m in metrics for p in m.histogram.data_points]
