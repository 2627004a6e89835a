"""``otelsim verify`` of runs that were told otherwise than by default, and of JSON lines that were sent."""

import shutil
from dataclasses import replace

import pytest

from otelsim.cli.otlp_target import HISTOGRAM, TEMPORALITY
from otelsim.world.finding import find_world
from tests.backends import stores
from tests.backends.end_to_end.runs import send, write
from tests.backends.verify.asking import DAY, GAUGES, HISTOGRAMS, PARTS, changes, verified
from tests.backends.verify.copying import copy_rows

pytestmark = [pytest.mark.backends, pytest.mark.xdist_group("verify")]
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
    """The whole run as JSON lines, from which it might have been sent."""
    return write(DAY, tmp_path_factory.mktemp("lines") / "run")


def test_json_lines_that_were_sent(shared, whole, lines):
    """Another run's id, or another notation, is not what the stores hold."""
    error, report = verified(shared, lines.folder, "--run-id", whole.run_id, "--metrics", "both")
    assert error is None, (error, report["findings"], report["alterations"][:5])
    assert {total["kind"] for total in report["totals"]} == ROWS | GAUGES | PARTS
    _, report = verified(shared, lines.folder, "--signals", "logs", "--sample", 0)
    assert changes(report) == {"log records": (lines.manifest["counts"]["logs"], 0)}
    words = ("--run-id", whole.run_id, "--signals", "metrics", "--metric-attribute", "persona")
    _, report = verified(shared, lines.folder, *words)
    assert changes(report).keys() == PARTS - BUCKETS, "histograms that were not to be there"
    assert {(each["kind"], each["field"], each["fault"]) for each in report["alterations"]} == {
        ("points", "persona", "is gone")
    }


def test_what_json_lines_have_not(programs, shared, whole, lines, tmp_path):
    """Log records without their persona: of a run that was sent that is a fault, of JSON lines it is not."""
    with stores.victoria_logs(programs, tmp_path) as logs:
        copy_rows(shared.logs, logs, whole.run_id, ignore_fields="persona")
        other = replace(shared, logs=logs)
        _, report = verified(other, whole.folder, "--signals", "logs")
        error, _ = verified(other, lines.folder, "--signals", "logs", "--run-id", whole.run_id)
    assert {(each["field"], each["fault"]) for each in report["alterations"]} == {("persona", "is gone")}
    assert error is None


def test_a_world_of_ones_own(shared, tmp_path):
    world = shutil.copytree(find_world("multi_cloud"), tmp_path / "mine")
    words = ("--world", world, "--metrics", "points", "--compression", "gzip")
    is_whole(shared, sent(shared, tmp_path / "run", "own-world", words, {}), ROWS | GAUGES)
