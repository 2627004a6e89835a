"""``otelsim verify`` of runs in real stores: a whole one, and each fault that there can be."""

import pytest

from tests.backends.end_to_end.relay import Relay, Spoiler, records
from tests.backends.end_to_end.runs import send
from tests.backends.verify.asking import DAY, GAUGES, HISTOGRAMS, PARTS, changes, verified

pytestmark = pytest.mark.backends
# A point of a histogram with 14 bounds is 15 buckets.
SAMPLES = dict.fromkeys(GAUGES | PARTS, 1) | {f"{name}_bucket": 15 for name in HISTOGRAMS}


def test_a_whole_run(shared, whole):
    error, report = verified(shared, whole.folder)
    assert (error, report["ok"]) == (None, True), (error, report)
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
    error, report = verified(shared, run.folder, "--sample", 0)
    wanted = SAMPLES | {"spans": 1, "log records": 1}
    assert changes(report) == {kind: (0, n) if double else (n, 0) for kind, n in wanted.items()}
    assert str(error).endswith(f"run: {sum(wanted.values())} {'doubled' if double else 'missing'}")
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
    _, report = verified(shared, run.folder, "--sample", 40)
    assert changes(report) == {"request_duration_ms": (0, 0)}
    found = {(each["kind"], each["field"]) for each in report["alterations"]}
    assert found == {("logs", "_msg"), ("spans", "name"), ("points", "its value"), ("points", "success")}, found
    assert len(report["alterations"]) == sum(report["sampled"].values())


def test_a_run_that_was_never_sent_here(shared, whole):
    """The traces' store holds no log record of it."""
    _, report = verified(
        shared, whole.folder, "--signals", "logs", "--logs-store", shared.spans.store.url, "--sample", 20
    )
    assert changes(report) == {"log records": (whole.manifest["counts"]["logs"], 0)}
    assert {each["what"] for each in report["alterations"]} == {"is not held"}


class Again:
    """Of the first batch of each signal every record comes twice; of the second one log record does not come."""

    def __init__(self):
        self.doubled = {}
        self.dropped = 0

    def __call__(self, message):
        lists = list(records(message))
        kind = lists[0][0]
        if kind not in self.doubled:
            self.doubled[kind] = sum(len(found) for _, found in lists)
            message.MergeFrom(type(message).FromString(message.SerializeToString()))
        elif kind == "log record" and not self.dropped:
            self.dropped = 1
            del lists[0][1][0]


def test_a_batch_that_came_twice_and_a_log_record_that_did_not_come(shared, tmp_path):
    again = Again()
    with Relay(shared.collector.url, again) as relay:
        words = ("--run-id", "batch", "--signals", "traces,logs")
        run = send(DAY, tmp_path / "run", relay.url, *words)
    shared.collector.drain(60)
    error, report = verified(shared, run.folder, "--sample", 0)
    spans, logs = again.doubled["span"], again.doubled["log record"]
    assert changes(report) == {"spans": (0, spans), "log records": (1, logs)}, report["findings"]
    assert str(error).endswith(f"run: 1 missing, {spans + logs} doubled")
    assert 1 < logs < run.manifest["counts"]["logs"]
    (missing,) = [each for each in report["differences"] if each["missing"]]
    assert missing["day"] in str(report["findings"])


@pytest.mark.slow
def test_a_run_that_was_sent_twice(shared, tmp_path, whole):
    send(DAY, tmp_path / "again", shared.collector.url, "--run-id", "whole", "--signals", "logs")
    shared.collector.drain(60)
    _, report = verified(shared, whole.folder, "--signals", "logs", "--sample", 20)
    assert changes(report) == {"log records": (0, whole.manifest["counts"]["logs"])}
    assert {each["what"] for each in report["alterations"]} == {"is held 2 times"}
