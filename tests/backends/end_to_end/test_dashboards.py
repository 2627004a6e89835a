"""Every query of every dashboard, asked of stores filled with `incidents` as Grafana would: data, and right numbers."""

import polars as pl
import pytest

from tests.backends.end_to_end import quantiles, truth
from tests.backends.end_to_end.filling import source
from tests.backends.processes import wait_until
from tests.grafana import boards
from tests.grafana.asking import LOGS, TRACES, Viewer, numbers
from tests.grafana.boards import BOARDS, target

pytestmark = pytest.mark.backends
FAILED = ~pl.col("success")
SERVICE = "social:content:posts"
CHOSEN = {
    "environment": ["prod"],
    "region": ["us-east-1", "us-west-2"],
    "stack": ["social:content"],
    "service": [SERVICE],
    "component": ["aurora_primary", "redis_content"],
}
OF_RUNS = [board for board in BOARDS if board != "pipeline"]
QUERIES = [asked for board in BOARDS for asked in (*boards.of_panels(board), *boards.of_annotations(board))]
STORED = [asked for asked in QUERIES if asked.source != TRACES and asked.board != "pipeline"]
OF_PIPELINE = [asked for asked in QUERIES if asked.board == "pipeline"]


def viewer(filled, **chosen):
    """Of the whole run."""
    asked = filled.sent.asked
    return Viewer(filled.backends, asked.start_s, asked.end_s, chosen)


@pytest.mark.parametrize("asked", STORED, ids=str)
@pytest.mark.parametrize("chosen", [{}, CHOSEN], ids=["all", "chosen"])
def test_no_panel_and_no_annotation_is_empty(filled, asked, chosen):
    assert viewer(filled, **chosen).asks(asked)


@pytest.mark.parametrize("board", OF_RUNS)
def test_variables_offer_what_there_is(filled, board):
    """All values of the run, or with an environment and a stack chosen those within."""
    calls = filled.calls
    for chosen in ({}, {"environment": ["stg"], "stack": ["social:messaging"]}):
        within = calls
        who, known = viewer(filled, **chosen), viewer(filled, **chosen).values_of(board)
        for variable in boards.variables(board)[:4]:
            label = {"stack": "stack_id", "service": "service_id"}.get(variable["name"], variable["name"])
            assert who.offered(variable, known) == sorted(within[label].cast(pl.String).unique())
            if variable["name"] in chosen:
                within = within.filter(pl.col(label).cast(pl.String).is_in(chosen[variable["name"]]))


@pytest.mark.parametrize("board", OF_RUNS)
def test_what_matches_nothing_is_seen_to_be_empty(filled, board):
    """The negative control of the first test: an environment that does not exist."""
    who = viewer(filled)
    nowhere = who.values_of(board) | {"environment": ["nowhere"]}
    who.values_of = lambda _: nowhere
    asked = [asked for asked in STORED if asked.board == board]
    found = [str(one) for one in asked if (series := who.asks(one)) and any(numbers_of(one, series))]
    assert found == []


def numbers_of(asked, series):
    """What would show: counts of nothing are 0."""
    rows = asked.source == LOGS and asked.query["queryType"] == "instant"
    return [1] if rows else [float(value) for one in series for _, value in one["values"] if value != "NaN"]


def test_overview(filled):
    who, requests = viewer(filled), filled.requests
    assert numbers(who.asks(target("overview", "Requests"))) == {(): requests.height}
    failed = requests.select(FAILED.mean()).item()
    assert numbers(who.asks(target("overview", "Error rate"))) == {(): pytest.approx(failed)}
    by_stack = truth.by(requests, "stack_id", pl.len())
    assert one_label(numbers(who.asks(target("overview", "By stack", "requests")), "stack_id")) == by_stack
    found = one_label(numbers(who.asks(target("overview", "By stack", "p99")), "stack_id"))
    assert quantiles.outside(found, truth.by(requests, "stack_id", truth.p99("duration_ms") / 1_000)) == {}
    assert found.keys() == by_stack.keys()


def test_overview_over_time(filled):
    """The steps of a curve cover the run once."""
    who, asked = viewer(filled), target("overview", "Requests a second by environment")
    wanted = truth.by(filled.requests, "environment", pl.len())
    assert summed(who, asked, "environment") == pytest.approx(wanted)


def test_the_error_budget(filled):
    """What is left at the end is what the number says, by the answers' codes."""
    who = viewer(filled, objective=["99"])
    (whole,) = numbers(who.asks(target("overview", "Error budget left"))).values()
    (last,) = numbers(who.asks(target("overview", "Left of the range's budget"))).values()
    faults = filled.requests.filter(pl.col("error_code").cast(pl.String).str.starts_with("5")).height
    assert whole == pytest.approx(1 - faults / filled.requests.height / 0.01)
    assert last == pytest.approx(whole)


def test_service(filled):
    who = viewer(filled, service=[SERVICE])
    calls = truth.matching(filled.calls, {"service_id": SERVICE})
    assert numbers(who.asks(target("service", "Calls"))) == {(): calls.height}
    assert numbers(who.asks(target("service", "Error rate"))) == {(): pytest.approx(calls.select(FAILED.mean()).item())}
    p99 = one_label(numbers(who.asks(target("service", "Duration", "p99")), "service_id"))
    wanted = truth.by(calls, "service_id", truth.p99("duration_ms"))
    assert p99.keys() == wanted.keys()
    assert quantiles.far_off(p99, wanted, quantiles.OF_POINTS) == {}
    by_tag = truth.by(calls, "tag", pl.len())
    assert summed(who, target("service", "Calls a second by tag"), "tag") == pytest.approx(by_tag)


def test_incidents(filled):
    who = viewer(filled)
    kinds = {"Infrastructure failures": "infrastructure", "Cascades": "dependency", "Their own failures": "self"}
    for title, kind in kinds.items():
        failed = filled.calls.filter(source().str.starts_with(kind)).height
        assert failed > 0
        assert numbers(who.asks(target("incidents", title))) == {(): failed}
    by_component = {name.split(":")[1]: n for name, n in infrastructure(filled).items()}
    assert one_label(numbers(who.asks(target("incidents", "Failures by component")), "component")) == by_component
    over_time = who.asks(target("incidents", "Infrastructure failures by component"))
    assert {one["metric"]["component"]: total(one) for one in over_time} == by_component
    component, affected = boards.variables("incidents")[-2:]
    assert who.offered(component, who.values_of("incidents")) == sorted(by_component)
    hit = filled.calls.filter(source() == "infrastructure:redis_feed")["service_id"].cast(pl.String)
    chosen = who.values_of("incidents") | {"component": ["redis_feed"]}
    assert who.offered(affected, chosen) == sorted(hit.unique())


def infrastructure(filled):
    failed = filled.calls.filter(source().str.starts_with("infrastructure:"))
    return truth.by(failed, "error_source", pl.len())


@pytest.mark.parametrize("board", ["incidents"])
def test_windows_are_the_incidents(filled, board):
    """Each lies within an incident of its component, and together they have all of their failures."""
    (found,) = viewer(filled).asks(target(board, "Incidents"))
    begins, ends = (viewer(filled).asks(one)[0]["values"] for one in boards.of_annotations(board)[:2])
    rows = found["values"]
    assert sum(int(row["failures"]) for row in rows) == sum(infrastructure(filled).values())
    assert [row for row in rows if not within_an_incident(row, filled.written.incidents)] == []
    assert sorted(row["_time"] for row in begins) == sorted(row["since"] for row in rows)
    assert sorted(row["_time"] for row in ends) == sorted(row["until"] for row in rows)
    assert all(row["component"] in row["_msg"] for row in [*begins, *ends])


def within_an_incident(row, incidents):
    since, until = (row[key].rstrip("Z") for key in ("since", "until"))
    own = [one for one in incidents if one["component"] == row["component"]]
    return any(one["start"].rstrip("Z") <= since <= until <= one["end"].rstrip("Z") for one in own)


def test_releases(filled):
    who = viewer(filled, service=[SERVICE])
    calls = truth.matching(filled.calls, {"service_id": SERVICE})
    assert numbers(who.asks(target("releases", "Releases that ran"))) == {(): calls["release"].n_unique()}
    labels = ("release", "environment", "region", "tag")
    grouped = calls.with_columns(pl.col(*labels).cast(pl.String)).group_by(labels)
    counts = {row[:4]: row[4] for row in grouped.len().iter_rows()}
    assert numbers(who.asks(target("releases", "Releases", "calls")), *labels) == counts
    rates = {row[:4]: pytest.approx(row[4]) for row in grouped.agg(FAILED.mean()).iter_rows()}
    assert numbers(who.asks(target("releases", "Releases", "errors")), *labels) == rates
    (begun,) = boards.of_annotations("releases")
    found = who.asks(begun)
    assert numbers(found, *labels).keys() == counts.keys()
    assert {len(one["values"]) for one in found} == {1}
    number = numbers(who.asks(target("releases", "Release of each deployment")), *labels[1:])
    assert set(number.values()) <= {float(release) for release, *_ in counts}
    assert number.keys() == {deployment[1:] for deployment in counts}


@pytest.fixture(scope="module")
def hour(filled):
    """The last hour, when the Collector and the stores have told all that they did for the run."""
    now = filled.backends.metrics.instant("time()", "now")[0]["value"][1]
    who = Viewer(filled.backends, int(float(now)) - 3_600, int(float(now)) + 60)
    spans = filled.sent.manifest["counts"]["spans"]
    asked = target("pipeline", "Accepted spans")
    wait_until(lambda: numbers(who.asks(asked)) == {(): spans}, 60, "the Collector's counters", every_s=0.5)
    return who


@pytest.mark.parametrize("asked", OF_PIPELINE, ids=str)
def test_no_panel_of_the_pipeline_is_empty(hour, asked):
    assert hour.asks(asked)


def test_pipeline(filled, hour):
    counts = filled.sent.manifest["counts"]
    samples = counts["points"] + 17 * counts["histogram_points"]
    wanted = {
        "Accepted log records": counts["spans"],
        "Accepted metric points": counts["points"] + counts["histogram_points"],
        "Refused and failed": 0,
        "Log records that VictoriaLogs took": counts["spans"],
        "Rows that stores dropped": 0,
    }
    assert {title: numbers(hour.asks(target("pipeline", title)))[()] for title in wanted} == wanted
    # The Collector's own counters come by the same way.
    taken = numbers(hour.asks(target("pipeline", "Samples that VictoriaMetrics took")))[()]
    assert samples < taken < samples + 10_000


def one_label(found):
    return {label: number for (label,), number in found.items()}


def total(series):
    return sum(float(value) for _, value in series["values"])


def summed(who, asked, label):
    """What a curve of rates comes to."""
    return {one["metric"][label]: total(one) * who.step_s(asked) for one in who.asks(asked)}
