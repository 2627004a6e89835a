"""``otelsim verify`` of a run in real stores whose own settings keep them from holding all of it."""

import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from tests.backends import stores
from tests.backends.end_to_end.runs import DAY_S, instant, send
from tests.backends.verify.asking import DAYS, GAUGES, PARTS, changes, verified
from tests.backends.verify.copying import copy_rows, copy_samples

pytestmark = pytest.mark.backends
FIRST, SECOND, THIRD = (instant(DAYS.start_s + day * DAY_S)[:10] for day in range(3))
ONLY = ("--signals", "logs,metrics")
METRICS = GAUGES | PARTS
MOST_LABELS = 38
RELABELLING = """
- action: labeldrop
  regex: release_id|success|service_id
"""


@pytest.fixture(scope="module")
def days(shared, tmp_path_factory):
    """Three days, whole in the shared stores."""
    run = send(DAYS, tmp_path_factory.mktemp("days") / "run", shared.collector.url, "--run-id", "days")
    shared.collector.drain(60)
    return run


@pytest.fixture
def others(programs, shared, days, tmp_path):
    """``with others(metrics flags, logs flags)``: stores with these, which took in the run of three days."""

    @contextmanager
    def start(metrics_flags=(), logs_flags=(), **inserting):
        with ExitStack() as stack:
            metrics = stack.enter_context(stores.victoria_metrics(programs, tmp_path, *metrics_flags))
            logs = stack.enter_context(stores.victoria_logs(programs, tmp_path, *logs_flags))
            copy_samples(shared.metrics, metrics, "days")
            copy_rows(shared.logs, logs, "days", **inserting)
            yield replace(shared, metrics=metrics, logs=logs)

    return start


def missing_by_day(report, kinds):
    found = dict.fromkeys((FIRST, SECOND, THIRD), 0)
    for each in report["differences"]:
        found[each["day"]] += each["missing"] if each["kind"] in kinds else 0
    return found


def altered(report):
    """How many sampled records of a kind have a fault, by kind, field and fault."""
    return Counter((each["kind"], each["field"], each["fault"]) for each in report["alterations"])


def test_a_copy_is_whole(others, days, shared):
    """Copying alone loses nothing."""
    assert verified(shared, days.folder)[1]["ok"]
    with others() as copy:
        _, report = verified(copy, days.folder, *ONLY)
    assert report["ok"]
    assert report["notes"] == []


def test_days_cut_off_by_retention(others, days):
    """The first is gone, half of the second, and none of the third."""
    cut_s = DAYS.start_s + DAY_S + DAY_S // 2
    flags = [f"-retentionPeriod={int((time.time() - cut_s) / 3_600)}h"]
    with others(flags, flags) as cut:
        kept = {"metrics": cut.metrics.points('{otelsim_run_id="days"}'), "logs": cut.logs.count()}
        error, report = verified(cut, days.folder, *ONLY)
    for signal, kinds in (("metrics", METRICS), ("logs", {"log records"})):
        missing = missing_by_day(report, kinds)
        sent = sum(each["sent"] for each in report["totals"] if each["kind"] in kinds)
        assert missing[THIRD] == 0 < missing[SECOND] < missing[FIRST]
        assert sum(missing.values()) == sent - kept[signal]
        assert any(
            FIRST in line and "none held of" in line and any(kind in line for kind in kinds)
            for line in report["findings"]
        )
    assert len(report["findings"]) < 8, report["findings"]
    assert f"{sum(each['missing'] for each in report['totals']):,} missing" in str(error)
    print(error, *report["findings"], *report["notes"], sep="\n")


def test_series_that_have_too_many_labels(others, days, shared):
    """The store answers that all is well, and drops them; it counts them."""
    wide = Counter()
    for series in shared.metrics.exported('{otelsim_run_id="days"}'):
        if len(series["metric"]) > MOST_LABELS:
            wide[series["metric"]["__name__"]] += len(series["values"])
    with others([f"-maxLabelsPerTimeseries={MOST_LABELS}"]) as narrow:
        error, report = verified(narrow, days.folder, *ONLY)
    assert wide
    assert changes(report) == {kind: (n, 0) for kind, n in wide.items()}
    assert str(error).endswith(f" {wide.total():,} missing")
    assert any("(too_many_labels " in note for note in report["notes"]), report["notes"]
    assert {(each["kind"], each["fault"]) for each in report["alterations"]} == {("histogram_points", "is not held")}
    print(error, *report["findings"], *report["notes"], sep="\n")


def test_labels_and_fields_that_were_dropped(others, days, tmp_path):
    """By a relabelling in one store, and by a field that the other was told to leave out."""
    (tmp_path / "relabel.yaml").write_text(RELABELLING)
    flags = [f"-relabelConfig={tmp_path / 'relabel.yaml'}"]
    with others(flags, ignore_fields="user_id") as other:
        error, report = verified(other, days.folder, *ONLY)
    found, compared = altered(report), report["sampled"]
    assert changes(report) == dict.fromkeys(METRICS, (0, 0)), "every record is there"
    assert {each["kind"] for each in report["differences"]} == METRICS
    assert all(each["nameless"] == each["wanted"] for each in report["differences"])
    assert found["logs", "user_id", "is gone"] == compared["logs"]
    assert found["points", "release_id", "is gone"] == compared["points"]
    assert found["histogram_points", "release_id", "is gone"] == compared["histogram_points"]
    assert f"{sum(found.values()) + len(report['differences']):,} altered" in str(error)
    print(error, *report["findings"], *report["notes"], sep="\n")
