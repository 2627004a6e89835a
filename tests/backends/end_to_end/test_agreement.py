"""A call's span, its points and its JSON line say the same duration; no series has more labels than the store keeps."""

import json
import shutil

import polars as pl
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.backends.end_to_end import truth
from tests.backends.end_to_end.counting import GAUGES, differences
from tests.backends.end_to_end.filling import Filled, settle
from tests.backends.end_to_end.relay import Relay, records
from tests.backends.end_to_end.runs import DAY_S, day, send, week, write

pytestmark = pytest.mark.backends
TOLERANCE_MS = 0.01
# What the store keeps by default, with the name and `le`.
MOST_LABELS = 40


class Exemplars:
    """Watches messages, and keeps their exemplars: (its value, its point's value) by trace id and span id in hex."""

    def __init__(self):
        self.of_points, self.of_histograms = {}, {}

    def __call__(self, message):
        if isinstance(message, ExportMetricsServiceRequest):
            for kind, points in records(message):
                for point in points:
                    self.take(kind, point)

    def take(self, kind, point):
        for exemplar in point.exemplars:
            call = exemplar.trace_id.hex() + exemplar.span_id.hex()
            if kind == "request_duration_ms gauge":
                assert call not in self.of_points
                self.of_points[call] = (exemplar.as_double, point.as_double)
            else:
                self.of_histograms[call] = (exemplar.as_double, point.min, point.max)


@pytest.fixture(scope="module", params=[2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def watched(fresh, tmp_path_factory, request):
    """Stores with a run in them, and the exemplars that passed on the way."""
    directory, exemplars = tmp_path_factory.mktemp("watched"), Exemplars()
    written = write(week(request.param), directory / "written")
    with fresh(directory) as backends:
        with Relay(backends.collector.url, exemplars) as relay:
            sent = send(written.asked, directory / "sent", relay.url)
        settle(backends)
        yield Filled(backends, sent, written), exemplars
    shutil.rmtree(written.folder)


def test_what_was_watched_arrived_exactly(watched):
    filled, _ = watched
    assert differences(filled.backends, filled.sent) == {}


def durations_ms(filled):
    """Of the JSON lines, by trace id and span id in hex."""
    keys = filled.calls["trace_id"] + filled.calls["span_id"]
    return dict(zip(keys, filled.calls["duration_ms"], strict=True))


def apart(found_ms, wanted_ms):
    """Calls whose two durations differ; both must be of the same calls."""
    assert found_ms.keys() == wanted_ms.keys() != set()
    return {call: (ms, wanted_ms[call]) for call, ms in found_ms.items() if abs(ms - wanted_ms[call]) > TOLERANCE_MS}


def test_spans_take_as_long_as_their_json_lines(watched):
    filled, _ = watched
    spans = filled.backends.spans.durations_ns[filled.sent.run_id]
    assert apart({call.hex(): ns / 1e6 for call, ns in spans.items()}, durations_ms(filled)) == {}


def test_points_with_exemplars_have_the_durations_of_their_calls(watched):
    filled, exemplars = watched
    wanted = truth.exemplars(filled.written)
    assert apart({call: point for call, (_, point) in exemplars.of_points.items()}, wanted) == {}
    assert apart({call: value for call, (value, _) in exemplars.of_points.items()}, wanted) == {}
    spans = {call.hex(): ns / 1e6 for call, ns in filled.backends.spans.durations_ns[filled.sent.run_id].items()}
    assert apart({call: spans[call] for call in exemplars.of_points}, wanted) == {}


def test_exemplars_of_histograms_have_the_durations_of_their_calls(watched):
    """In seconds; within their point's least and most."""
    filled, exemplars = watched
    wanted = truth.exemplars(filled.written)
    found = {call: value * 1_000 for call, (value, _, _) in exemplars.of_histograms.items()}
    assert apart(found, {call: wanted[call] for call in found}) == {}
    assert [call for call, (value, least, most) in exemplars.of_histograms.items() if not least <= value <= most] == []


@pytest.mark.parametrize("metric", [*GAUGES, "cache_hit"])
def test_the_stored_points_are_those_of_the_json_lines(watched, metric):
    """Every point, by its series, time and value: most have no exemplar."""
    filled, _ = watched
    wanted, found = truth.points(filled.written, metric), stored(filled, metric)
    columns = ["release_id", "action", "success", "is_write", "object_type", "start_ms", "value"]
    assert wanted.height > 0
    assert in_order(found, columns).equals(in_order(wanted, columns))


def stored(filled, metric):
    """Every point of the store, as `truth.points` has them."""
    columns = ("action", "success", "is_write", "object_type", "release_id")
    found = [
        (at_ms, value, *map(series["metric"].get, columns))
        for series in filled.backends.metrics.exported(metric)
        for at_ms, value in zip(series["timestamps"], series["values"], strict=True)
    ]
    schema = {"start_ms": pl.Int64, "value": pl.Float64} | dict.fromkeys(columns, pl.String)
    return pl.DataFrame(found, schema=schema, orient="row")


def in_order(points, columns):
    return points.select(columns).sort(columns)


def test_a_changed_duration_is_seen(watched):
    """The comparison itself: by 20 us, or of another call."""
    filled, _ = watched
    wanted = durations_ms(filled)
    first = next(iter(wanted))
    assert apart(wanted | {first: wanted[first] + 0.02}, wanted) == {first: (wanted[first] + 0.02, wanted[first])}
    with pytest.raises(AssertionError):
        apart({call: ms for call, ms in wanted.items() if call != first}, wanted)


def series_of(filled, run_id):
    """The labels of every series of a run."""
    asked, found = filled.sent.asked, {}
    # Day by day: the store lists at most 30,000 series at once.
    for start_s in range(asked.start_s, asked.end_s + DAY_S, DAY_S):
        match = {"match[]": f'{{otelsim_run_id="{run_id}"}}', "start": start_s, "end": start_s + DAY_S - 1}
        for series in json.loads(filled.backends.metrics.ask("/api/v1/series", **match).data)["data"]:
            found[tuple(sorted(series.items()))] = series
    return list(found.values())


def test_no_series_has_too_many_labels(watched):
    """The most have the failed requests' buckets."""
    filled, _ = watched
    found = series_of(filled, filled.sent.run_id)
    most = max(found, key=len)
    assert {
        "le",
        "error_type",
        "http_route",
        "k8s_cluster_name",
        "scope_name",
        *truth.WORDS,
        *truth.COMPOSITES,
    } <= most.keys()
    assert len(most) <= MOST_LABELS
    assert filled.backends.metrics.ignored() == {}


@pytest.mark.parametrize("world", ["social_network", "multi_cloud"])
def test_the_persona_is_one_label_more_and_still_not_too_many(watched, tmp_path, world):
    filled, _ = watched
    options = ("--world", world, "--metric-attribute", "persona", "--run-id", world)
    sent = send(day(300), tmp_path / "sent", filled.backends.collector.url, *options)
    settle(filled.backends)
    found = series_of(filled, world)
    assert {series["__name__"] for series in found if "persona" in series} == {*GAUGES, "cache_hit"}
    assert max(map(len, found)) <= MOST_LABELS
    assert differences(filled.backends, sent) == {}
    assert filled.backends.metrics.ignored() == {}
