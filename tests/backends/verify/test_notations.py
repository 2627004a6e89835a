"""``otelsim verify`` of runs that were told otherwise than by default, and of JSON lines that were sent."""

import shutil
from dataclasses import replace

import pytest

from otelsim.cli.otlp_target import HISTOGRAM, TEMPORALITY
from otelsim.world.finding import find_world
from tests.backends import stores
from tests.backends.end_to_end.runs import send, write
from tests.backends.verify.asking import DAY, GAUGES, HISTOGRAMS, PARTS, changes, verified
from tests.backends.verify.copying import copy_rows, copy_samples

pytestmark = pytest.mark.backends
DELTA = {TEMPORALITY: "delta"}
LOW_MEMORY = {TEMPORALITY: "lowmemory"}
EXPONENTIAL = {HISTOGRAM: "base2_exponential_bucket_histogram"}
PERSONA, CLIENTS = ("--metric-attribute", "persona"), ("--client-spans",)
BUCKETS = {f"{name}_bucket" for name in HISTOGRAMS}
ROWS = {"spans", "log records"}
QUICK = {
    "all-other": (("--protocol", "grpc", *PERSONA, *CLIENTS), DELTA | EXPONENTIAL, ROWS | GAUGES | PARTS - BUCKETS),
    "histograms": (("--signals", "metrics", "--metrics", "histograms"), LOW_MEMORY, PARTS),
}
FULL = {
    "rows": (("--signals", "traces,logs"), {}, ROWS),
    "delta": ((), DELTA, ROWS | GAUGES | PARTS),
    "low-memory": ((), LOW_MEMORY, ROWS | GAUGES | PARTS),
    "exponential": ((), EXPONENTIAL, ROWS | GAUGES | PARTS - BUCKETS),
    "delta-exponential": ((), DELTA | EXPONENTIAL, ROWS | GAUGES | PARTS - BUCKETS),
    "points": (("--metrics", "points"), {}, ROWS | GAUGES),
    "points-persona": (("--metrics", "points", *PERSONA), {}, ROWS | GAUGES),
    "clients": (CLIENTS, {}, ROWS | GAUGES | PARTS),
    "traces": (("--signals", "traces"), {}, {"spans"}),
    "logs-grpc": (("--signals", "logs", "--protocol", "grpc"), {}, {"log records"}),
    "a b\"c\\d{e='f'}|é": (("--seed", 7), {}, ROWS | GAUGES | PARTS),
}


def sent(shared, folder, name, words, environment, asked=DAY):
    url = f"http://{shared.collector.grpc_endpoint}" if "grpc" in words else shared.collector.url
    run = send(asked, folder, url, "--run-id", name, *words, **environment)
    shared.collector.drain(600)
    return run


def is_whole(shared, run, kinds):
    error, report = verified(shared, run.folder)
    assert error is None, (error, report["findings"], report["alterations"][:5])
    assert {total["kind"] for total in report["totals"]} == kinds
    assert min(total["held"] for total in report["totals"]) > 0
    assert min(report["sampled"].values()) > 20
    return report


def faults(report):
    return {(each["kind"], each["field"], each["fault"]) for each in report["alterations"]}


@pytest.mark.parametrize("name", QUICK)
def test_a_notation(shared, tmp_path, name):
    words, environment, kinds = QUICK[name]
    is_whole(shared, sent(shared, tmp_path / "run", name, words, environment), kinds)


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_a_notation_of_more_requests(shared, tmp_path, name):
    words, environment, kinds = FULL[name]
    report = is_whole(
        shared, sent(shared, tmp_path / "run", name, words, environment, replace(DAY, requests=5_000)), kinds
    )
    print(f"{name}: {sum(total['held'] for total in report['totals']):,} held")


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """The whole run as JSON lines, from which it might have been replayed."""
    return write(DAY, tmp_path_factory.mktemp("lines") / "run")


def test_json_lines_that_were_replayed(programs, shared, whole, lines, tmp_path):
    """They have no histograms, and no persona of a log record; a run that was sent is not whole without these."""
    with stores.victoria_logs(programs, tmp_path) as logs, stores.victoria_metrics(programs, tmp_path) as metrics:
        copy_rows(shared.logs, logs, whole.run_id, ignore_fields="persona")
        copy_samples(shared.metrics, metrics, whole.run_id, "|".join(GAUGES))
        replayed = replace(shared, logs=logs, metrics=metrics)
        error, found = verified(replayed, lines.folder, "--run-id", whole.run_id)
        _, sent = verified(replayed, whole.folder)
        _, other = verified(replayed, lines.folder, "--signals", "logs", "--sample", 0)
        words = ("--run-id", whole.run_id, "--signals", "metrics", "--metric-attribute", "persona")
        _, persona = verified(replayed, lines.folder, *words)
    assert error is None, (error, found["findings"], found["alterations"][:5])
    assert {total["kind"] for total in found["totals"]} == ROWS | GAUGES
    assert changes(sent).keys() == PARTS
    assert faults(sent) == {("logs", "persona", "is gone"), ("histogram_points", "", "is not held")}
    assert changes(other) == {"log records": (lines.manifest["counts"]["logs"], 0)}
    assert faults(persona) == {("points", "persona", "is gone")}


def test_json_lines_and_a_run_that_was_sent_with_one_id(shared, whole, lines):
    """The histograms are nobody's."""
    _, report = verified(shared, lines.folder, "--run-id", whole.run_id)
    assert changes(report).keys() == PARTS - BUCKETS
    assert all("held that nobody sent" in line for line in report["findings"])


def test_a_world_of_ones_own(shared, tmp_path):
    """Its name is none of the shipped ones'."""
    world = shutil.copytree(find_world("multi_cloud"), tmp_path / "mine")
    settings = world / "world.toml"
    settings.write_text(settings.read_text().replace('name = "multi_cloud"', 'name = "mine"'))
    words = ("--world", world, "--metrics", "points", "--compression", "gzip")
    run = sent(shared, tmp_path / "run", "own-world", words, {})
    assert run.manifest["scenario"]["world"] == "mine"
    is_whole(shared, run, ROWS | GAUGES)
