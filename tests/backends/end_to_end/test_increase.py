"""Requests counted from histograms, as instant queries at the ends of hours and days, are the requests of that time."""

import random
import shutil
from typing import NamedTuple

import pytest

from tests.backends.end_to_end import page, quantiles, truth
from tests.backends.end_to_end.counting import losses, points
from tests.backends.end_to_end.filling import Filled, settle
from tests.backends.end_to_end.runs import DAY_S, HOUR_S, send, week, write, year

pytestmark = pytest.mark.backends
TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
HISTOGRAM = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
DELTA = {TEMPORALITY: "delta"}
EXPONENTIAL = {HISTOGRAM: "base2_exponential_bucket_histogram"}


class Kind(NamedTuple):
    """A kind of histograms: what asks for it, and the page's section and rows for it."""

    environment: dict[str, str]
    section: str
    how_many: str
    p99: str


KINDS = {
    "cumulative": Kind({}, "Requests, from the histograms", "how many", "p99 latency in seconds by service"),
    "delta": Kind(DELTA, "With delta temporality", "how many", "p99 latency in seconds by service"),
    "exponential": Kind(EXPONENTIAL, "With exponential histograms", "how many", ""),
    "exponential-delta": Kind(
        DELTA | EXPONENTIAL,
        "With exponential histograms",
        "how many, by deltas",
        "p99 latency in seconds by service, by deltas",
    ),
}
SMALL, FULL = (year(1_000), week(2_000)), (year(100_000), week(1_000_000))
RUNS = [*SMALL, *(pytest.param(asked, marks=pytest.mark.slow) for asked in FULL)]
TOLERANCE = 0.01


def name_of(asked):
    return f"{asked.scenario}-{asked.requests}"


@pytest.fixture(scope="module", params=RUNS, ids=name_of)
def written(tmp_path_factory, request):
    """The JSON lines of a run."""
    folder = tmp_path_factory.mktemp("written") / "run"
    yield write(request.param, folder)
    shutil.rmtree(folder)


@pytest.fixture(
    scope="module", params=[pytest.param(k, marks=pytest.mark.slow if k == "exponential" else ()) for k in KINDS]
)
def kind(request):
    return KINDS[request.param]


@pytest.fixture(scope="module")
def filled(fresh, tmp_path_factory, written, kind):
    """Fresh stores with the same run's histograms, of one kind."""
    directory = tmp_path_factory.mktemp("filled")
    only = ("--signals", "metrics", "--metrics", "histograms")
    with fresh(directory) as backends:
        sent = send(written.asked, directory / "sent", backends.collector.url, *only, **kind.environment)
        settle(backends)
        yield Filled(backends, sent, written)


def documented(kind, purpose):
    """The page's query for a purpose."""
    (query,) = [row.query for row in page.rows(kind.section) if row.purpose == purpose]
    return query


def widened(query, seconds):
    """A documented query of an hour, of another window."""
    assert "[1h]" in query
    return query.replace("[1h]", f"[{seconds}s]")


@pytest.fixture
def how_many(filled, kind):
    """The number of requests that the documented query tells of a window at an instant."""
    query = documented(kind, kind.how_many)
    return lambda at_s, seconds: filled.numbers(widened(query, seconds), at_s).get("", 0)


def requests_of(filled, at_s, seconds):
    return truth.rooted(filled.requests, at_s, seconds).height


def compare(filled, how_many, ends_s, seconds):
    """Each within the tolerance, which below a hundred requests is exact; and some requests among them."""
    pairs = [(how_many(at_s, seconds), requests_of(filled, at_s, seconds)) for at_s in ends_s]
    assert sum(wanted for _, wanted in pairs) > 0
    assert [(found, wanted) for found, wanted in pairs if abs(found - wanted) > TOLERANCE * wanted] == []


def ends_of(asked, seconds):
    """Ends of all hours, or days, of a run."""
    return range(asked.start_s + seconds, asked.end_s + 1, seconds)


def hours_with_requests(filled):
    """The ends of their hours, one a request."""
    return ((filled.requests["start_us"] // 1_000_000 // HOUR_S + 1) * HOUR_S).to_list()


def test_ten_random_hours(filled, how_many):
    """Hours drawn from all, of which few have requests in a sparse run, and the hours of requests drawn from all."""
    some = random.Random(4).sample(ends_of(filled.sent.asked, HOUR_S), 10)
    compare(filled, how_many, some + random.Random(4).sample(hours_with_requests(filled), 10), HOUR_S)


def test_ten_random_days(filled, how_many):
    days = ends_of(filled.sent.asked, DAY_S)
    compare(filled, how_many, random.Random(5).sample(days, min(10, len(days))), DAY_S)


def test_the_whole_run(filled, how_many):
    asked = filled.sent.asked
    compare(filled, how_many, [asked.end_s], asked.end_s - asked.start_s)
    assert filled.requests.height == asked.requests


def test_hours_without_requests_have_none(filled, how_many):
    taken = set(hours_with_requests(filled))
    idle = [at_s for at_s in ends_of(filled.sent.asked, HOUR_S) if at_s not in taken]
    some = random.Random(6).sample(idle, min(10, len(idle)))
    assert some or filled.sent.asked.scenario != "year"
    assert [how_many(at_s, HOUR_S) for at_s in some] == [0] * len(some)


def test_every_histogram_point_arrived_once(filled):
    sent = filled.sent
    counted = points(filled.backends.metrics, sent.run_id, sent.asked)
    assert counted["histogram count"] == counted["histogram sum"] == sent.manifest["counts"]["histogram_points"] > 0
    assert losses(filled.backends) == {}


def test_the_documented_p99_is_right_to_a_bucket(filled, kind):
    """In the hours of ten requests. Of exponential buckets only deltas are whole."""
    if not kind.p99:
        buckets_miss_some(filled)
        return
    query, exponential = documented(kind, kind.p99), HISTOGRAM in kind.environment
    for at_s in random.Random(7).sample(hours_with_requests(filled), 10):
        wanted = truth.by(truth.rooted(filled.requests, at_s), "service_id", truth.p99("duration_ms") / 1_000)
        found = filled.numbers(query, at_s, "service_id")
        assert found.keys() == wanted.keys() != set()
        off = (
            quantiles.far_off(found, wanted, quantiles.EXPONENTIAL) if exponential else quantiles.outside(found, wanted)
        )
        assert off == {}


def buckets_miss_some(filled):
    """What the page says of them: a bucket's series does not show that its histogram began again."""
    asked = filled.sent.asked
    query = widened("sum(increase(http_server_request_duration_seconds_bucket[1h]))", asked.end_s - asked.start_s)
    assert 0 < filled.numbers(query, asked.end_s)[""] < 0.99 * asked.requests
