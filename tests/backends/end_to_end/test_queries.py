"""Every documented query (docs/queries.md), asked of stores filled with `incidents`, gives the JSON lines' number."""

import polars as pl
import pytest

from tests.backends.end_to_end import page, quantiles, truth
from tests.backends.end_to_end.counting import differences, losses
from tests.backends.end_to_end.filling import caused_by, hour, source, whole, window
from tests.backends.end_to_end.runs import DAY_S, HOUR_S
from tests.docs import stored

pytestmark = pytest.mark.backends
FAILED = ~pl.col("success")
REFUSED, NOTHING, WRONG = "refused", "nothing", "wrong"


def rows(section):
    """Parameters of a test: the rows of a section."""
    return pytest.mark.parametrize("row", page.rows(section), ids=lambda row: row.purpose)


def same(found, wanted):
    """Equal numbers of the same names, but for rounding."""
    assert wanted, "nothing to compare"
    assert found == pytest.approx(wanted, rel=1e-9)


def test_the_run_arrived_exactly(filled):
    assert differences(filled.backends, filled.sent) == {}
    assert losses(filled.backends) == {}
    assert filled.sent.manifest["counts"]["requests"] == filled.requests.height == filled.sent.asked.requests


@rows("Points")
def test_points(filled, row):
    labels = page.labels_of(filled.said(row.query))
    labels.pop("otelsim_run_id", None)
    wanted = truth.matching(filled.calls, labels).select("start_ms", "duration_ms")
    found = filled.backends.metrics.exported(filled.said(row.query))
    points = [pair for series in found for pair in zip(series["timestamps"], series["values"], strict=True)]
    assert wanted.height > 0
    assert sorted(points) == sorted(wanted.rows())


@rows("Calls")
def test_calls(filled, row):
    label = page.grouped_by(row.query)
    for at_s in filled.hours:
        same(filled.numbers(row.query, at_s, label), truth.by(truth.within(filled.calls, at_s), label, pl.len()))


def error_rates(calls, label, zeros):
    rates = truth.by(calls, label, FAILED.mean())
    return {name: rate for name, rate in rates.items() if rate or zeros}


@rows("Error rate")
def test_error_rate(filled, row):
    label = page.grouped_by(row.query)
    for at_s in filled.hours:
        wanted = error_rates(truth.within(filled.calls, at_s), label, "zeros" in row.purpose)
        assert any(wanted.values())
        same(filled.numbers(row.query, at_s, label), wanted)


@rows("p99 latency")
def test_p99_of_the_points_is_right_to_a_bucket(filled, row):
    label = page.grouped_by(row.query)
    for at_s in filled.hours:
        wanted = truth.by(truth.within(filled.calls, at_s), label, truth.p99("duration_ms"))
        found = filled.numbers(row.query, at_s, label)
        assert found.keys() == wanted.keys() != set()
        assert quantiles.far_off(found, wanted, quantiles.OF_POINTS) == {}


def histogram_truth(purpose, requests):
    """What a row of the histograms' table must answer, of an hour's requests."""
    if purpose.startswith("how many"):
        return truth.by(requests, "service_id", pl.len()) if "service" in purpose else {"": requests.height}
    label = f"{purpose.split()[-1]}_id"
    return error_rates(requests, label, False) if "rate" in purpose else None


HISTOGRAM_ROWS = page.rows("Requests, from the histograms")
COUNTED = [row for row in HISTOGRAM_ROWS if not row.purpose.startswith(("p99", "calls"))]
P99 = [row for row in HISTOGRAM_ROWS if row.purpose.startswith("p99")]
CALLS = [row for row in HISTOGRAM_ROWS if row.purpose.startswith("calls")]


@pytest.mark.parametrize("row", COUNTED, ids=lambda row: row.purpose)
def test_requests_counted_by_the_histograms(filled, row):
    label = page.grouped_by(row.query)
    for at_s in filled.hours:
        wanted = histogram_truth(row.purpose, truth.rooted(filled.requests, at_s))
        if "second" in row.purpose:
            wanted = {name: n / HOUR_S for name, n in wanted.items()}
        assert any(wanted.values())
        same(filled.numbers(row.query, at_s, label), wanted)


@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.purpose)
def test_calls_of_dependencies_count_in_their_requests_interval(filled, row):
    children = filled.calls.filter(pl.col("parent_span_id").is_not_null())
    for at_s in filled.hours:
        same(filled.numbers(row.query, at_s), {"": truth.rooted(children, at_s).height})


@pytest.mark.parametrize("row", P99, ids=lambda row: row.purpose)
def test_p99_of_the_histograms_lies_in_the_right_bucket(filled, row):
    """In hours, as documented, and in the whole run, where few groups are too small to tell p99 from p90."""
    label, asked = page.grouped_by(row.query), filled.sent.asked
    whole_s = asked.end_s - asked.start_s
    windows = [(row.query, at_s, HOUR_S) for at_s in filled.hours]
    for query, at_s, seconds in [*windows, (row.query.replace("[1h]", f"[{whole_s}s]"), asked.end_s, whole_s)]:
        requests = truth.rooted(filled.requests, at_s, seconds)
        wanted = truth.by(requests, label, truth.p99("duration_ms") / 1_000)
        found = filled.numbers(query, at_s, label)
        assert found.keys() == wanted.keys() != set()
        assert quantiles.outside(found, wanted) == {}


LOG_RECORDS = {
    "all infrastructure failures": source().str.starts_with("infrastructure:"),
    "one component's": source() == "infrastructure:dynamodb_throttle",
    "all cascades": source().str.starts_with("dependency:"),
    "one dependency's": source() == "dependency:content:posts",
    "a run": pl.lit(True),
}


@rows("Failures, in the logs")
def test_failures_in_the_logs(filled, row):
    purpose = row.purpose.removesuffix(", exactly")
    a_trace = pl.col("trace_id") == filled.values["trace_id"]
    wanted = filled.calls.filter(a_trace if purpose == "a trace" else LOG_RECORDS[purpose])["span_id"]
    query = filled.said(row.query)
    assert filled.backends.logs.count(query) == len(wanted) > 0
    found = filled.backends.logs.rows(f"{query} | fields span_id")
    assert sorted(record["span_id"] for record in found) == sorted(wanted)


@rows("Incidents, in the logs")
def test_incidents_in_the_logs(filled, row):
    by_hour = row.purpose.startswith("by hour")
    grouped = hour(pl.col("start_us")) if by_hour else pl.col("service_id").cast(pl.String)
    for incident in filled.written.incidents:
        failed = filled.calls.filter(caused_by(incident)).group_by(grouped.alias("group")).len()
        found = filled.backends.logs.rows(filled.said(row.query, **window(incident)))
        label = "_time" if by_hour else "service_id"
        same({one[label]: int(one["failures"]) for one in found}, dict(failed.iter_rows()))


@rows("Am I losing data?")
def test_what_of_a_run_is_there(filled, row):
    query, counts = filled.said(row.query), filled.sent.manifest["counts"]
    if "otelcol" in query:
        assert [filled.once_told(part, counts["logs"]) for part in query.split(" - ")] == [[counts["logs"]]] * 2
        assert filled.once_told(query, 0) == [0]
    elif "stats" in query:
        assert filled.backends.logs.rows(query) == [{"records": str(counts["logs"])}]
    else:
        same(filled.numbers(query, filled.sent.asked.end_s + HOUR_S), {"": counts["spans"]})


@rows("Which service is worst?")
def test_the_worst_services(filled, row):
    """Any five of those that are equally bad."""
    for at_s in filled.hours:
        rates = error_rates(truth.within(filled.calls, at_s), "service_id", False)
        found = filled.numbers(row.query, at_s, "service_id")
        assert sorted(found.values()) == pytest.approx(sorted(rates.values())[-5:])
        same(found, {name: rates[name] for name in found})


@rows("What failed when, and why?")
def test_what_failed_when_and_why(filled, row):
    failed = filled.calls.filter(FAILED)
    wanted = failed.group_by(hour(pl.col("start_us")).alias("hour"), source()).len()
    found = filled.backends.logs.rows(filled.said(row.query, **whole(filled.sent)))
    counts = {(one["_time"], one["error_source"]): int(one["failures"]) for one in found}
    same(counts, {(at, why): n for at, why, n in wanted.iter_rows()})


@rows("What did a release change?")
def test_a_service_by_release(filled, row):
    by_release_or_tag(filled, row)


@rows("Is a canary worse?")
def test_a_canary_beside_the_default(filled, row):
    assert set(by_release_or_tag(filled, row)) == {"canary", "default"}


def by_release_or_tag(filled, row):
    """A service's calls of the whole run. Those that began after its end are few and do not matter to a week."""
    label, at_s = page.grouped_by(row.query), filled.sent.asked.end_s
    calls = truth.within(truth.matching(filled.calls, {"service_id": filled.values["service_id"]}), at_s, 7 * DAY_S)
    found = filled.numbers(filled.said(row.query), at_s, label)
    if "p99" in row.purpose:
        wanted = truth.by(calls, label, truth.p99("duration_ms"))
        assert found.keys() == wanted.keys()
        assert quantiles.far_off(found, wanted, quantiles.OF_POINTS) == {}
    else:
        same(found, error_rates(calls, label, True))
    assert len(found) > 1
    return found


@rows("Which persona suffers?")
def test_personas(filled, row):
    found = filled.backends.logs.rows(filled.said(row.query, **whole(filled.sent)))
    rates = [float(one["error_rate"]) for one in found]
    same(dict(zip((one["persona"] for one in found), rates, strict=True)), error_rates(filled.calls, "persona", True))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


@rows("Which trace to look at?")
def test_traces_to_look_at(filled, row):
    for incident in filled.written.incidents:
        wanted = filled.calls.filter(caused_by(incident)).sort("start_us").head(10)
        found = filled.backends.logs.rows(filled.said(row.query, **window(incident)))
        assert [one["trace_id"] for one in found] == wanted["trace_id"].to_list() != []
        assert [one["service_id"] for one in found] == wanted["service_id"].cast(pl.String).to_list()


def test_the_reference_names_the_labels_of_series(filled):
    asked, of_run = filled.sent.asked, filled.said('{otelsim_run_id="$run_id"}')
    assert filled.backends.metrics.labels(of_run, asked.start_s, asked.end_s) == stored.labels()


def test_the_reference_names_the_fields_of_log_records(filled):
    found = filled.backends.logs.rows(filled.said('"otelsim.run.id":="$run_id" | field_names'))
    assert {one["name"] for one in found} == stored.fields()


MISTAKES = page.mistakes("What does not work")
FAULTS = {
    "histogram_quantile(0.99, request_duration_ms) by (service_id)": REFUSED,
    "histogram_quantile(0.99, sum by (service_id) (request_duration_ms))": NOTHING,
    "quantile by (service_id) (0.99, request_duration_ms)": WRONG,
    'sum by (service_id) (rate(request_duration_ms{success="false"}[1h])) '
    "/ sum by (service_id) (rate(request_duration_ms[1h]))": WRONG,
    "sum(rate(http_server_request_duration_seconds_count[1h]))": WRONG,
    'error_source:"infrastructure*"': NOTHING,
    'error_source:="infrastructure"': NOTHING,
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.wrong)
def test_what_does_not_work_does_not(filled, mistake):
    fault = FAULTS[mistake.wrong]
    if fault == REFUSED:
        with pytest.raises(ValueError, match=r"answered 4.*unparsed data left"):
            filled.numbers(mistake.wrong, filled.hours[0])
    elif "error_source" in mistake.wrong:
        assert filled.backends.logs.count(mistake.wrong) == 0
    else:
        wrong_in_most_hours(filled, mistake, fault)


def wrong_in_most_hours(filled, mistake, fault):
    """Nothing is answered in any hour; or in most hours most of the answers are a tenth off, or missing."""
    label = page.grouped_by(mistake.right)
    right = [filled.numbers(mistake.right, at_s, label) for at_s in filled.hours]
    wrong = [filled.numbers(mistake.wrong, at_s, label) for at_s in filled.hours]
    assert all(right)
    if fault == NOTHING:
        assert not any(wrong)
    bad = [
        sum(far(one.get(name), n) for name, n in r.items()) > len(r) / 2 for one, r in zip(wrong, right, strict=True)
    ]
    assert sum(bad) > len(bad) / 2


def far(found, wanted):
    return found is None or abs(found - wanted) > 0.1 * wanted
