"""``otelsim verify`` of runs in real stores: a whole one, and each fault that there can be."""

import json
from contextlib import ExitStack

import pytest

from tests.backends import stores
from tests.backends.end_to_end.relay import Relay, Spoiler, records
from tests.backends.end_to_end.runs import day, send
from tests.backends.stores import COLLECTOR_CONFIG, Backends
from tests.backends.trace_store import TraceStore
from tests.command import otelsim

pytestmark = [pytest.mark.backends, pytest.mark.xdist_group("verify")]
DAY = day(200)
GAUGES = {"request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count", "cache_hit"}
HISTOGRAMS = ("http_server_request_duration_seconds", "rpc_server_call_duration_seconds")
PARTS = {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "count", "sum")}
# A point of a histogram with 14 bounds is 15 buckets.
SAMPLES = dict.fromkeys(GAUGES | PARTS, 1) | {f"{name}_bucket": 15 for name in HISTOGRAMS}


@pytest.fixture(scope="module")
def shared(programs, tmp_path_factory):
    """Stores for runs that are told apart by their ids; the traces' stand-in is a second VictoriaLogs."""
    directory = tmp_path_factory.mktemp("verify")
    (directory / "traces").mkdir()
    with ExitStack() as stack:
        metrics = stack.enter_context(stores.victoria_metrics(programs, directory))
        logs = stack.enter_context(stores.victoria_logs(programs, directory))
        traces = stack.enter_context(stores.victoria_logs(programs, directory / "traces"))
        spans = stack.enter_context(TraceStore(traces))
        urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
        front = stack.enter_context(stores.collector(programs, directory, urls, COLLECTOR_CONFIG))
        yield Backends(front, metrics, logs, spans)


@pytest.fixture(scope="module")
def whole(shared, tmp_path_factory):
    """A run that arrived as it was sent."""
    run = send(DAY, tmp_path_factory.mktemp("whole") / "run", shared.collector.url, "--run-id", "whole")
    shared.collector.drain(60)
    return run


def verified(backends, folder, *words):
    """How the command ended, and its report."""
    urls = ("--metrics-store", backends.metrics.url, "--logs-store", backends.logs.url)
    done = otelsim("verify", folder, *urls, "--traces-store", backends.spans.store.url, "--json", "--quiet", *words)
    assert done.returncode in (0, 1), done.stderr
    return done, json.loads(done.stdout)


def changes(report):
    """(missing, doubled) by kind, of the kinds that are not whole."""
    return {t["kind"]: (t["missing"], t["doubled"]) for t in report["totals"] if t["verdict"] != "whole"}


def test_a_whole_run(shared, whole):
    done, report = verified(shared, whole.folder)
    assert (done.returncode, done.stderr, report["ok"]) == (0, "", True), (done.stderr, report)
    counts = whole.manifest["counts"]
    sent = {total["kind"]: total["sent"] for total in report["totals"]}
    assert sent.keys() == {"spans", "log records"} | GAUGES | PARTS
    assert (sent["spans"], sent["log records"]) == (counts["spans"], counts["logs"])
    assert sum(sent[name] for name in GAUGES) == counts["points"]
    assert sum(sent[f"{name}_count"] for name in HISTOGRAMS) == counts["histogram_points"]
    assert [total for total in report["totals"] if total["held"] != total["sent"]] == []
    assert report["sampled"].keys() == {"spans", "logs", "points", "histogram_points"}
    assert min(report["sampled"].values()) > 20, report["sampled"]
    print(sum(sent.values()), "records counted,", report["sampled"], "compared")


@pytest.mark.parametrize("double", [False, True], ids=["dropped", "doubled"])
def test_one_record_of_each_kind_too_few_or_too_many(shared, tmp_path, double):
    with Relay(shared.collector.url, Spoiler(double)) as relay:
        run = send(DAY, tmp_path / "run", relay.url, "--run-id", f"verify-{double}")
    shared.collector.drain(60)
    done, report = verified(shared, run.folder, "--sample", 0)
    assert done.returncode == 1
    wanted = SAMPLES | {"spans": 1, "log records": 1}
    assert changes(report) == {kind: (0, n) if double else (n, 0) for kind, n in wanted.items()}
    assert f"{sum(wanted.values())} {'doubled' if double else 'missing'}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {(each["missing"], each["doubled"]) == (0, 0) for each in report["differences"]} == {False}


def alter(message):
    """Every record is there, with something changed: a text, a value, a label that is gone."""
    for kind, found in records(message):
        for record in found:
            if kind == "log record":
                record.body.string_value += " (altered)"
            elif kind == "span":
                record.name = "altered"
            elif kind == "request_duration_ms gauge":
                record.as_double += 1
            elif kind.endswith("gauge"):
                kept = [a for a in record.attributes if a.key != "success"]
                del record.attributes[:]
                record.attributes.extend(kept)


def test_altered_records_and_dropped_labels(shared, tmp_path):
    with Relay(shared.collector.url, alter) as relay:
        run = send(DAY, tmp_path / "run", relay.url, "--run-id", "altered", "--metrics", "points")
    shared.collector.drain(60)
    done, report = verified(shared, run.folder, "--sample", 40)
    assert done.returncode == 1
    assert changes(report) == {"request_duration_ms": (0, 0)}
    found = {(each["kind"], each["what"].split(" is ")[0]) for each in report["alterations"]}
    assert found == {("logs", "_msg"), ("spans", "name"), ("points", "its value"), ("points", "success")}, found
    assert len(report["alterations"]) == sum(report["sampled"].values())


def test_a_run_that_was_never_sent_here(shared, whole):
    """The traces' store holds no log record of it."""
    done, report = verified(
        shared, whole.folder, "--signals", "logs", "--logs-store", shared.spans.store.url, "--sample", 20
    )
    assert done.returncode == 1
    assert changes(report) == {"log records": (whole.manifest["counts"]["logs"], 0)}
    assert {each["what"] for each in report["alterations"]} == {"is not held"}


@pytest.mark.slow
def test_a_run_that_was_sent_twice(shared, tmp_path, whole):
    send(DAY, tmp_path / "again", shared.collector.url, "--run-id", "whole", "--signals", "logs")
    shared.collector.drain(60)
    done, report = verified(shared, whole.folder, "--signals", "logs", "--sample", 20)
    logs = whole.manifest["counts"]["logs"]
    assert (done.returncode, changes(report)) == (1, {"log records": (0, logs)})
    assert {each["what"] for each in report["alterations"]} == {"is held 2 times"}
