"""Differences put together: what is one fault is one line, and two are two."""

import pytest

from otelsim.verify.comparing import Alteration, differences
from otelsim.verify.counts import Count, Key
from otelsim.verify.folding import folded, folded_alterations
from otelsim.verify.report import Report

DAY = 20_000 - 19  # 2024-09-15
SERVICES = [f"social:stack{n // 8}:service{n}" for n in range(57)]
KINDS = ["cache_hit", "db_query_count", "request_duration_ms", "log records"]


def sent(days, services):
    return {Key(kind, DAY + day, name): Count(10) for kind in KINDS for day in range(days) for name in services}


SOME = sent(250, SERVICES[:6])


def lines(changes, wanted=SOME):
    """What is told where the store holds what is wanted but for some changes."""
    return [str(each) for each in folded(differences(wanted, {**wanted, **changes}), wanted)]


def key(day=3, service=0, kind="log records"):
    return Key(kind, DAY + day, SERVICES[service])


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (Count(9), "1 missing (10 sent, 9 held)"),
        (Count(12), "2 doubled (10 sent, 12 held)"),
        (Count(10, 0.0, 9), "1 missing, 1 doubled (10 sent, 10 held)"),
        (Count(0), "none held of 10"),
        (Count(10, 5.0), "their values sum up to 5, and not to 0"),
    ],
)
def test_one_difference(held, told):
    assert lines({key(): held}) == [f"log records, 2024-09-18, social:stack0:service0: {told}"]


def test_a_service_that_is_gone_from_the_records():
    assert lines({key(): Count(7), key()._replace(service=""): Count(3)}) == [
        "log records, 2024-09-18, social:stack0:service0: 3 without their service_id (10 sent, 10 held)"
    ]


def test_what_nobody_sent():
    assert lines({Key("log records", DAY + 400, ""): Count(3)}) == [
        "log records, 2025-10-20, no service_id: 3 held that nobody sent"
    ]


def test_a_year_that_is_gone_is_a_line_a_signal():
    year = sent(365, SERVICES)
    assert lines(dict.fromkeys(year, Count()), year) == [
        "cache_hit and 2 more, 2024-09-15 to 2025-09-14, all 57 services: none held of 624,150",
        "log records, 2024-09-15 to 2025-09-14, all 57 services: none held of 208,050",
    ]


def test_a_day_cut_in_two_behind_days_that_are_gone():
    logs = [each for each in SOME if each.kind == "log records"]
    gone = {each: Count() for each in logs if each.day < DAY + 10}
    cut = {each: Count(4) for each in logs if each.day == DAY + 10}
    assert lines({**gone, **cut}) == [
        "log records, 2024-09-15 to 2024-09-24, all 6 services: none held of 600",
        "log records, 2024-09-25, all 6 services: 36 missing (60 sent, 24 held)",
    ]


def test_days_between_which_all_is_well_are_apart_until_they_are_many():
    some = [2, 5, 6, 90]
    assert lines({key(day): Count(9) for day in some}) == [
        "log records, 2024-09-17, social:stack0:service0: 1 missing (10 sent, 9 held)",
        "log records, 2024-09-20 to 2024-09-21, social:stack0:service0: 2 missing (20 sent, 18 held)",
        "log records, 2024-12-14, social:stack0:service0: 1 missing (10 sent, 9 held)",
    ]
    assert lines({key(day, day % 4): Count(9) for day in [*some, 200]}) == [
        "log records, 5 of 199 days from 2024-09-17 to 2025-04-03, 3 of 6 services: 5 missing (50 sent, 45 held)"
    ]


def test_metrics_of_which_each_has_its_own_days_are_told_together_when_they_are_many():
    changes = {key(day, kind=kind): Count(9) for n, kind in enumerate(KINDS[:3]) for day in (n, n + 9)}
    assert lines(changes) == [
        "cache_hit and 2 more, 6 of 12 days from 2024-09-15 to 2024-09-26, social:stack0:service0: "
        "6 missing (60 sent, 54 held)"
    ]


def test_days_on_which_nothing_was_sent_keep_nothing_apart():
    wanted = {key(day): Count(10) for day in (2, 5, 90)}
    assert lines(dict.fromkeys(wanted, Count(9)), wanted) == [
        "log records, 2024-09-17 to 2024-12-14, social:stack0:service0: 3 missing (30 sent, 27 held)"
    ]


def test_two_faults_are_two_lines():
    changes = {key(): Count(), key(service=1): Count(9), key(service=2): Count(11), key(4, 3): Count(10, 1.0)}
    assert [line.split(": ")[-1] for line in lines(changes)] == [
        "none held of 10",
        "1 missing (10 sent, 9 held)",
        "1 doubled (10 sent, 11 held)",
        "their values sum up to 1, and not to 0",
    ]


def test_other_values_are_counted():
    assert lines({key(day): Count(10, 5.0) for day in (3, 4, 5)}) == [
        "log records, 2024-09-18 to 2024-09-20, social:stack0:service0: "
        "their values sum up to 5, and not to 0, and 2 more like this"
    ]


def test_no_record_is_told_twice_or_left_out():
    changes = {each: Count(i % 13) for i, each in enumerate(SOME) if i % 7 == 0}
    found = differences(SOME, {**SOME, **changes})
    told = [each for finding in folded(found, SOME) for each in finding.differences]
    assert sorted(told) == sorted(found)
    assert len(lines(changes)) < 20


def test_alterations():
    some = [Alteration("histogram_points", f"m of {n}", "region", "is gone", f"it was 'r{n}'") for n in range(30)]
    some.append(Alteration("logs", "00ab of 7", "", "is not held"))
    assert folded_alterations(some, {"histogram_points": 40, "logs": 5}) == [
        "histogram points, 30 of 40 compared: region is gone, such as m of 0: it was 'r0'",
        "logs, 1 of 5 compared: is not held, such as 00ab of 7",
    ]


def test_a_report_that_has_only_samples_to_tell_of():
    report = Report("run")
    report.alterations.append(Alteration("logs", "00ab of 7", "", "is not held"))
    assert (report.ok, report.conclusion()) == (False, "1 not held once")


def test_a_report_knows_what_is_wrong_with_a_signal():
    report = Report("run")
    report.add(SOME, SOME, differences(SOME, {**SOME, key(): Count(9)}))
    report.alterations.append(Alteration("points", "m", "region", "is gone"))
    assert [len(report.faults(signal)) for signal in ("traces", "logs", "metrics")] == [0, 1, 1]
