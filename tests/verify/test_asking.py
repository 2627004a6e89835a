"""What stores are asked, and what is made of their answers."""

import json
import re

import pytest

from otelsim.doctor.pages import site
from otelsim.sinks.otlp.tls import TlsFiles
from otelsim.verify import logsql, promql
from otelsim.verify.asking import Store, StoreError, quoted
from otelsim.verify.counts import Count, Key
from otelsim.verify.samples import Sample
from tests.doctor.conftest import closed_port
from tests.doctor.pages import PageServer

DAY = 20_000
AT_NS = DAY * 86_400 * 10**9
HOSTILE = 'a"b\\c | delete {x="y"}'
POSTS = "social:content:posts"


def store(url):
    return Store("VictoriaLogs", "--logs-store", site("--logs-store", url, TlsFiles(), 2.0))


def answered(path, text, ask, status=200):
    """What ``ask`` makes of an answer, and the parameters that it asked with."""
    asked = []

    def page(parameters):
        asked.append(parameters)
        return status, text

    with PageServer({path: page}) as server:
        return ask(store(server.url)), asked


def test_log_records_are_counted_by_day_and_service():
    row = {"_time": "2024-10-04T00:00:00Z", "service_id": POSTS, "records": "5", "distinct": "4"}
    key = Key("log records", DAY, POSTS)
    found, (asked,) = answered(
        logsql.QUERY, json.dumps(row), lambda s: logsql.counted(s, logsql.LOGS, HOSTILE, {key: Count(5)})
    )
    assert found == {key: Count(5, 0.0, 4)}
    assert asked["query"] == (
        '_time:[2024-10-03T00:00:00Z, 2024-10-06T00:00:00Z) "otelsim.run.id":="a\\"b\\\\c | delete {x=\\"y\\"}" | '
        'stats by (_time:1d, "service_id") count() records, count_uniq(span_id) distinct'
    )


def test_spans_are_counted_by_the_day_that_they_began_in():
    row = {"start_time_unix_nano": str(AT_NS), logsql.TRACES.service: POSTS, "records": "5", "distinct": "5"}
    key = Key("spans", DAY, POSTS)
    found, (asked,) = answered(
        logsql.QUERY, json.dumps(row), lambda s: logsql.counted(s, logsql.TRACES, "r", {key: Count(5)})
    )
    assert found == {key: Count(5, 0.0, 5)}
    assert 'stats by ("start_time_unix_nano":86400000000000, "resource_attr:qairon.service_id")' in asked["query"]


def test_samples_are_asked_for_together():
    samples = [Sample("logs", f"{i:016x}", AT_NS, {}, {}) for i in range(51)]
    row = {"span_id": samples[0].name, "_time": "2024-10-04T00:00:00.00012Z", "n": 5}
    found, asked = answered(logsql.QUERY, json.dumps(row), lambda s: logsql.held(s, logsql.LOGS, "r", samples[:50]))
    assert len(asked) == 1
    assert found[samples[0].name] == [{"span_id": samples[0].name, "_time": str(AT_NS + 120_000), "n": "5"}]
    assert found[samples[1].name] == []
    assert len(answered(logsql.QUERY, "", lambda s: logsql.held(s, logsql.LOGS, "r", samples))[1]) == 2


def matrix(*series, **more):
    return json.dumps({"status": "success", "data": {"result": list(series)}, **more})


def test_points_are_counted_by_day_and_service():
    labels = {"__name__": "cache_hit", "service_id": POSTS}
    end_s = (DAY + 1) * 86_400 - 0.001
    text = matrix({"metric": labels, "values": [[end_s, "3"]]})
    key = Key("cache_hit", DAY, POSTS)
    found, asked = answered(
        "/api/v1/query_range",
        text,
        lambda s: promql.counted(s, HOSTILE, {key: Count(3), key._replace(day=DAY + 1): Count(1)}),
    )
    assert found == {key: Count(3, 3.0)}
    counting, summing = (each["query"] for each in asked)
    assert counting.startswith("sum by (__name__, service_id) (count_over_time(")
    assert summing == counting.replace("count_over_time", "sum_over_time")
    assert f",otelsim_run_id={quoted(HOSTILE)}}}[1d]" in asked[0]["query"]
    assert (asked[0]["start"], asked[0]["nocache"]) == (f"{DAY * 86_400 - 0.001:.3f}", "1")
    assert asked[0]["end"] == f"{(DAY + 3) * 86_400 - 0.001:.3f}"


def test_a_point_is_looked_for_at_its_millisecond():
    sample = Sample("points", "cache_hit", AT_NS + 1_999_999, {"release_id": "r"}, {"": 1.0})
    at_ms = AT_NS // 10**6 + 1
    line = {"metric": {"__name__": "cache_hit"}, "values": [1, 0], "timestamps": [at_ms, at_ms + 1]}
    found, (asked,) = answered("/api/v1/export", json.dumps(line), lambda s: promql.held(s, "run", sample))
    assert found == [promql.Stored({"__name__": "cache_hit"}, 1.0)]
    assert asked["match[]"] == '{__name__=~"cache_hit",otelsim_run_id="run",release_id="r"}'


def test_a_point_without_its_release_is_looked_for_by_its_deployment():
    sample = Sample("points", "cache_hit", AT_NS, {"release_id": "r", "deployment_id": "d"}, {"": 1.0})
    found, asked = answered("/api/v1/export", "", lambda s: promql.held(s, "run", sample))
    assert found == []
    wanted = ['release_id="r"', 'deployment_id="d"']
    assert [each["match[]"].split(",")[-1].rstrip("}") for each in asked] == wanted


def selected(matcher, kind, service):
    """Whether a matcher as `promql.matches` makes it selects a series."""
    labels = {"__name__": kind, "service_id": service}
    parts = re.findall(r'(\w+)(=~|!~)("(?:[^"\\]|\\.)*")', matcher)
    return all(bool(re.fullmatch(json.loads(text), labels[name])) == (how == "=~") for name, how, text in parts)


@pytest.mark.parametrize("records", [1, 100_000, 300_000, 500_000])
def test_matchers_share_out_all_series(records):
    """Also those of metrics and services that nobody sent, and of none."""
    services = ["a:b.c:d", "a:b+c:d", "e"]
    wanted = {Key(kind, DAY, name): Count(records) for kind in ("cache_hit", "db_query_count") for name in services}
    made = list(promql.matches(wanted, promql.OURS))
    for kind in promql.OURS:
        for name in (*services, "a:bxc:d", ""):
            assert sum(selected(each, kind, name) for each in made) == 1, (kind, name, made)
    assert not any(selected(each, "traces_span_metrics_calls", "e") for each in made), "another metric of the run"
    for each in made:
        sums = sum(records for key in wanted if selected(each, key.kind, key.service))
        assert sums <= max(promql.MOST_SAMPLES, records)


def test_a_day_of_many_log_records_is_asked_for_in_parts(monkeypatch):
    monkeypatch.setattr(logsql, "MOST_RECORDS", 10)
    wanted = {Key("log records", DAY, "a"): Count(35), Key("log records", DAY + 1, "a"): Count(5)}
    _, asked = answered(logsql.QUERY, "", lambda s: logsql.counted(s, logsql.LOGS, "r", wanted))
    bounds = [each["query"].split(")")[0].removeprefix("_time:[").split(", ") for each in asked]
    assert all(end == first for (_, end), (first, _) in zip(bounds, bounds[1:], strict=False))
    assert (bounds[0][0], bounds[-1][1]) == ("2024-10-03T00:00:00Z", "2024-10-07T00:00:00Z")
    assert len([first for first, _ in bounds if first.startswith("2024-10-04")]) == 4


WANTED = {Key("cache_hit", DAY, POSTS): Count(1)}
STRANGE = [
    ("/api/v1/query_range", "<html>"),
    ("/api/v1/query_range", '{"status": "error"}'),
    ("/api/v1/query_range", "[1]"),
    ("/api/v1/query_range", matrix({"metric": {}, "values": [[1, "2"]]})),
    ("/api/v1/query_range", matrix(isPartial=True)),
    (logsql.QUERY, "<html>"),
    (logsql.QUERY, '{"records": "1"}'),
    (logsql.QUERY, '{"_time": "today", "records": "1", "distinct": "1"}'),
]


@pytest.mark.parametrize(("path", "text"), STRANGE)
def test_an_answer_that_is_none_is_no_count(path, text):
    def ask(found):
        if path == logsql.QUERY:
            return logsql.counted(found, logsql.LOGS, "r", WANTED)
        return promql.counted(found, "r", WANTED)

    with pytest.raises(StoreError, match="does not answer as VictoriaLogs does: correct --logs-store"):
        answered(path, text, ask)


def test_refusals_and_silence_are_told():
    with pytest.raises(StoreError, match=r"answers HTTP 400 \(cannot parse\): correct --logs-store"):
        answered("/x", "cannot\nparse", lambda s: s.ask("/x", {}), 400)
    with pytest.raises(StoreError, match=r"does not answer \(Connection refused\)"):
        store(f"http://127.0.0.1:{closed_port()}").ask("/x", {})
    with pytest.raises(StoreError, match=r"answers HTTP 200 \(the answer is too long\)"):
        answered("/x", "x" * ((4 << 20) + 1), lambda s: s.ask("/x", {}))


def test_a_urls_own_query_goes_with_the_parameters():
    with PageServer({"/p/x": (200, "y")}) as server:
        assert store(f"{server.url}/p?authKey=k").ask("/x", {"query": "a b"}) == "y"
        assert server.asked[0][0] == "/p/x?authKey=k&query=a+b"
