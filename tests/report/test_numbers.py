"""The page's numbers, held against the run's own lines and summary."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from otelsim.report import remaking
from otelsim.report.bins import Bins, bins
from otelsim.report.content import content
from otelsim.report.quantiles import BUCKETS, QUANTILES, bucket, middle, quantiles
from otelsim.runner.finished import open_finished
from otelsim.times import instant_s
from tests.command import generated, otelsim

HOUR_S = 3_600


@pytest.fixture(scope="module")
def logs(reported):
    """The run's log lines, each with its duration in ms, which the line of the same number has."""
    frames = []
    for file in sorted(reported.run.glob("logs_*.jsonl")):
        metrics = pl.read_ndjson(file.with_name(file.name.replace("logs", "metrics")), infer_schema_length=None)
        durations = metrics.filter(pl.col("metric") == "request_duration_ms")
        persona = durations["tags"].struct.field("persona").alias("persona")
        frames.append(
            pl.read_ndjson(file, infer_schema_length=None).with_columns(
                durations["value"].alias("duration_ms"), persona
            )
        )
    at = pl.col("timestamp").str.to_datetime(time_zone="UTC")
    return pl.concat(frames).with_columns(
        at.dt.epoch("s").alias("at_s"), (pl.col("stack") + ":" + pl.col("service")).alias("key"), at.alias("at")
    )


@pytest.fixture(scope="module")
def roots(logs):
    return logs.filter(pl.col("parent_span_id").is_null())


def counted(frame, *columns):
    return {row[:-1] if len(columns) > 1 else row[0]: row[-1] for row in frame.group_by(columns).len().iter_rows()}


def nonzero(counts):
    return {key: n for key, n in counts.items() if n}


def by_bin(frame, first_s, length_s):
    return Counter((at - first_s) // length_s for at in frame["at_s"].to_list())


def test_totals_are_those_of_the_summary(reported):
    totals, counts = reported.values["totals"], reported.summary["counts"]
    assert {key: totals[key] for key in counts} == counts
    assert reported.values["levels"] == reported.summary["levels"]
    assert reported.values["differences"] == []


def test_what_the_summary_breaks_down_is_broken_down_alike(reported):
    values, summary = reported.values, reported.summary
    assert {p["name"]: p["requests"] for p in values["personas"]} == summary["personas"]
    assert {s["name"]: s["errors"] for s in values["errors"]["sources"]} == summary["error_sources"]
    stacks = Counter()
    for service in values["services"]:
        stacks[service["stack"]] += service["calls"]
    assert dict(stacks) == nonzero(summary["stacks"])


def test_incidents_have_the_effects_that_are_listed(reported):
    names = [c["name"] for c in reported.values["components"]]
    shown = [
        (names[i["component"]], i["start_s"], i["infrastructure_errors"], i["cascades"])
        for i in reported.values["incidents"]
    ]
    listed = [
        (i["component"], instant_s(i["start"].replace(".000000", "")), i["infrastructure_errors"], i["cascades"])
        for i in map(json.loads, (reported.run / "incidents.jsonl").read_text().splitlines())
    ]
    assert shown == listed
    for incident in reported.values["incidents"]:
        assert sum(incident["services"][1::2]) == incident["infrastructure_errors"] <= incident["calls"]


def test_calls_under_an_incident(reported, logs):
    services = [f"{s['stack']}:{s['name']}" for s in reported.values["services"]]
    component = {i: [services[s] for s in c["services"]] for i, c in enumerate(reported.values["components"])}
    for incident in reported.values["incidents"]:
        during = logs.filter(pl.col("at_s").is_between(incident["start_s"], incident["end_s"] - 1))
        assert during["key"].is_in(component[incident["component"]]).sum() == incident["calls"]


def test_traffic_over_time_and_the_week(reported, roots):
    traffic, week = reported.values["traffic"], reported.values["week"]
    wanted = by_bin(roots, traffic["first_s"], traffic["length_s"])
    assert nonzero(dict(enumerate(traffic["requests"]))) == dict(wanted)
    failed = by_bin(roots.filter(~pl.col("success")), traffic["first_s"], traffic["length_s"])
    assert nonzero(dict(enumerate(traffic["failed"]))) == dict(failed)
    hours = roots["at"].dt.weekday().cast(pl.Int64) * 24 - 24 + roots["at"].dt.hour()
    assert nonzero(dict(enumerate(week["requests"]))) == dict(Counter(hours.to_list()))
    assert week["hours"] == [1.0] * 168


def test_errors_over_time_by_source(reported, logs):
    errors = reported.values["errors"]
    assert len(errors["sources"]) > 20
    for source in errors["sources"]:
        own = logs.filter(pl.col("error_source") == source["name"])
        wanted = by_bin(own, errors["first_s"], errors["length_s"])
        assert dict(zip(source["bins"][::2], source["bins"][1::2], strict=True)) == {
            min(k, errors["count"] - 1): n for k, n in wanted.items()
        }


def test_services_calls_and_failures(reported, logs):
    services = {f"{s['stack']}:{s['name']}": s for s in reported.values["services"]}
    assert nonzero({key: s["calls"] for key, s in services.items()}) == counted(logs, "key")
    failed = logs.filter(~pl.col("success"))
    assert nonzero({key: s["failed"] for key, s in services.items()}) == counted(failed, "key")


def test_quantiles_of_services_and_archetypes(reported, logs, roots):
    for service in reported.values["services"]:
        own = logs.filter(pl.col("key") == f"{service['stack']}:{service['name']}")
        assert service["quantiles_ms"] == near(own["duration_ms"])
    for i, archetype in enumerate(reported.values["archetypes"]):
        names = [p["name"] for p in reported.values["personas"] if p["archetype"] == i]
        assert archetype["quantiles_ms"] == near(roots.filter(pl.col("persona").is_in(names))["duration_ms"])


def near(durations):
    """The nearest ranks of all values, within half a percent."""
    if not len(durations):
        return []
    return pytest.approx(np.quantile(durations.to_numpy(), QUANTILES, method="inverted_cdf").tolist(), rel=0.005)


def test_calls_between_services(reported, logs):
    services = [f"{s['stack']}:{s['name']}" for s in reported.values["services"]]
    shown = {(services[a], services[b]): n for a, b, n, _ in reported.values["edges"]}
    callers = logs.select(pl.col("span_id").alias("parent_span_id"), pl.col("key").alias("caller"))
    below = logs.join(callers, on="parent_span_id")
    assert nonzero(shown) == counted(below, "caller", "key")
    assert sum(failed for *_, failed in reported.values["edges"]) == below.filter(~pl.col("success")).height


def test_places_and_people(reported, roots):
    words = roots["release_id"].str.split(":")
    places = Counter(zip(words.list.get(0).to_list(), words.list.get(3).to_list(), strict=True))
    assert {(p["environment"], p["region"]): p["requests"] for p in reported.values["places"]} == dict(places)
    failed = roots.filter(~pl.col("success"))
    assert nonzero({p["name"]: p["failed"] for p in reported.values["personas"]}) == counted(failed, "persona")
    assert sum(p["users"] for p in reported.values["personas"]) == reported.values["run"]["total_users"] == 200
    hours = np.sum([a["hours"] for a in reported.values["archetypes"]], axis=0)
    assert nonzero(dict(enumerate(hours.tolist()))) == dict(Counter(roots["at"].dt.hour().to_list()))


def test_traces_are_whole_and_as_the_run_has_them(reported, logs):
    traces = {t["kind"]: t for t in reported.values["traces"]}
    assert list(traces) == ["plain", "cascade", "absorbed", "slow"]
    for trace in traces.values():
        lines = logs.filter(pl.col("trace_id") == trace["trace_id"]).sort("at", maintain_order=True)
        assert [c["span_id"] for c in trace["calls"]] == lines["span_id"].to_list()
        assert [c["message"] for c in trace["calls"]] == lines["message"].to_list()
        assert [c["duration_us"] / 1_000 for c in trace["calls"]] == lines["duration_ms"].to_list()
        starts = (lines["at"] - lines["at"][0]).dt.total_microseconds()
        assert [c["start_us"] for c in trace["calls"]] == starts.to_list()
    plain, cascade, absorbed, slow = traces.values()
    assert {c["level"] for c in plain["calls"] + slow["calls"]} == {"INFO"}
    assert not any(c["slowed"] for c in plain["calls"])
    assert any(c["slowed"] for c in slow["calls"])
    assert cascade["calls"][0]["error_source"].startswith("dependency:")
    assert absorbed["calls"][0]["level"] == "INFO"
    assert {c["level"] for c in absorbed["calls"][1:]} & {"WARN", "ERROR"}


def test_the_same_numbers_from_one_process_and_from_two(reported, monkeypatch):
    run = open_finished(reported.run)
    monkeypatch.setattr(remaking, "WORTH_A_PROCESS", 1)
    heard = []
    made = remaking.remade(run.prepared, 2, lambda done, slices: heard.append((done, slices)))
    assert json.loads(json.dumps(content(run, made, reported.values["traces"], []))) == reported.values
    assert heard[-1] == (96, 96)
    assert len(heard) == 8


def test_a_part_of_a_week_has_parts_of_hours(reported):
    run = open_finished(reported.run)
    start = instant_s("2025-03-03T10:30:00Z")
    scenario = replace(run.prepared.scenario, start_s=start, end_s=start + 8 * 86_400 + HOUR_S // 4)
    other = replace(run, prepared=replace(run.prepared, scenario=scenario))
    made = remaking.remade(run.prepared, 1, lambda *_: None)
    hours = content(other, made, [], [])["week"]["hours"]
    assert sum(hours) == 8 * 24 + 0.25
    assert (hours[9], hours[10], hours[11], hours[34], hours[35]) == (1, 1.5, 2, 1.75, 1)


def test_every_value_falls_into_a_bucket_that_stands_for_it():
    rng = np.random.default_rng(7)
    values = np.concatenate([np.arange(3_000), (2 ** rng.uniform(0, 36, 20_000)).astype(np.int64)])
    places = bucket(values)
    assert places.max() < BUCKETS
    stands_for = np.array([middle(int(place)) for place in places])
    assert np.all(np.abs(stands_for - values) <= 0.004 * values)
    assert np.array_equal(stands_for[:256], np.arange(256))
    assert bucket(np.array([1 << 50])).max() < BUCKETS
    assert quantiles(np.zeros(BUCKETS, np.int64)) == []


def test_bins_cover_a_range_at_round_times():
    start = instant_s("2025-01-01")
    assert bins(start, start + 365 * 86_400) == Bins(start, 21_600, 1_460)
    assert bins(start + 90, start + 100, 20) == Bins(start + 90, 1, 10)
    fine = bins(start + 7_000, start + 90_000, 100)
    assert fine == Bins(start + 5_400, 1_800, 47)
    coarse = bins(start + 7_000, start + 90_000, 10)
    assert coarse == Bins(start, 21_600, 5)
    joined = fine.joined(np.ones((2, 47), np.int64), coarse)
    assert joined.tolist() == [[9, 12, 12, 12, 2]] * 2
    ends = np.array([start + 7_000, start + 89_999, start + 200_000]) * 1_000_000
    assert fine.of(ends).tolist() == [0, 46, 46]
    assert bins(0, 100 * 366 * 86_400).number < 1_500


@pytest.mark.slow
def test_a_million_requests(tmp_path):
    """How long this takes is told by benchmarks/pages.py."""
    run = generated(tmp_path / "run", 1_000_000, "--scenario", "incidents", "--compress", "zstd", timeout=600)
    done = otelsim("report", run, "--json", "--quiet", timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    values, summary = json.loads(done.stdout), json.loads((run / "summary.json").read_text())
    assert values["totals"]["requests"] == summary["counts"]["requests"] == 1_000_000
    assert {s["name"]: s["errors"] for s in values["errors"]["sources"]} == summary["error_sources"]
    assert sum(values["traffic"]["requests"]) == sum(values["week"]["requests"]) == 1_000_000
    size = (run / "report.html").stat().st_size
    print(f"a page of {size / 1e6:.2f} MB")
    assert size < 5_000_000
