"""Settings of stores against a run: what is judged how, and that following the advice is enough."""

import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.doctor import retention, settings
from otelsim.doctor.findings import OK, PROBLEM, WARNING
from otelsim.doctor.rules import Need
from otelsim.doctor.units import DAY_S, YEAR_S
from otelsim.signals.conventions import resource_attributes

NOW_S = 1_800_000_000


def aged(days: float, length: float = 7) -> Need:
    """A run that began ``days`` ago."""
    start_s = int(NOW_S - days * DAY_S)
    return Need(start_s, int(start_s + length * DAY_S), NOW_S, 4_128_768)


YEAR = aged(365.5, 365)


@pytest.mark.parametrize(
    ("value", "verdict", "text"),
    [
        ("2y", OK, "keeps 730 days, and the run begins 366 days ago"),
        ("1y", PROBLEM, "keeps 365 days, and the run begins 366 days ago; what is older is dropped"),
        ("1M", PROBLEM, "keeps 31 days, "),
        ("7d", PROBLEM, "keeps 7 days, "),
        ("370d", WARNING, "it begins to leave in 4 days"),
        ("396d", OK, "keeps 396 days"),
        ("for ever", WARNING, "says -retentionPeriod=for ever, which is not understood"),
        (None, WARNING, "does not say how long it keeps rows"),
    ],
)
def test_retention(value, verdict, text):
    found = retention.kept({} if value is None else {"retentionPeriod": value}, YEAR)
    assert found.verdict == verdict
    assert text in found.text
    assert bool(found.change) == (verdict != OK)


def test_a_run_that_is_yet_to_come():
    assert retention.kept({"retentionPeriod": "1M"}, aged(-3)).text == "keeps 31 days, and the run begins in 3 days"
    assert retention.kept({"retentionPeriod": "7d"}, aged(-3)).text.endswith("it begins to leave in 10 days")


@pytest.mark.parametrize(
    ("value", "verdict"), [(None, None), ("0", None), ("400d", None), ("30d", PROBLEM), ("?", WARNING)]
)
def test_the_age_of_what_may_still_arrive(value, verdict):
    found = retention.backfilled({} if value is None else {"maxBackfillAge": value}, YEAR)
    assert (found and found.verdict) == verdict


@pytest.mark.parametrize(
    ("run", "value", "verdict"),
    [
        (YEAR, "2d", None),
        (aged(1, 2), "2d", OK),
        (aged(1, 30), "2d", PROBLEM),
        (aged(1, 30), "?", WARNING),
        (aged(1, 30), None, None),
    ],
)
def test_a_run_that_ends_after_now(run, value, verdict):
    found = retention.to_come({} if value is None else {"futureRetention": value}, run)
    assert (found and found.verdict) == verdict


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        ({"search.cacheTimestampOffset": "8760h0m0s"}, OK),
        ({"search.cacheTimestampOffset": "5m0s"}, WARNING),
        ({"search.cacheTimestampOffset": "5m0s", "search.disableCache": "true"}, None),
        ({"search.cacheTimestampOffset": "?"}, WARNING),
        ({}, None),
    ],
)
def test_cached_answers(flags, verdict):
    found = retention.caches(flags, YEAR)
    assert (found and found.verdict) == verdict


@given(st.floats(0.1, 30_000))
def test_following_the_advice_is_enough(days):
    """Each change names one flag and a value: with it the same run is well."""
    run = aged(days, days + 30)
    for rule, flags in (
        (retention.kept, {"retentionPeriod": "1s"}),
        (retention.to_come, {"futureRetention": "1d"}),
        (retention.caches, {"search.cacheTimestampOffset": "1s"}),
    ):
        found = rule(flags, run)
        if found.verdict != OK:
            name, value = re.fullmatch(r"-([\w.]+)=(\w+)", found.change).groups()
            assert rule({name: value}, run).verdict == OK


LABELS = partial(settings.at_least, "labels", "maxLabelsPerTimeseries", settings.LABELS)
DEDUPLICATION = partial(settings.off, "deduplication", "dedup.minScrapeInterval", "merges")
SIZE = partial(settings.request_size, "opentelemetry.maxRequestSize")
SERIES = partial(settings.limited, "new series are dropped", settings.SERIES_LIMITS)


@pytest.mark.parametrize(
    ("rule", "flags", "verdict"),
    [
        (LABELS, {"maxLabelsPerTimeseries": "40"}, OK),
        (LABELS, {"maxLabelsPerTimeseries": "0"}, OK),
        (LABELS, {"maxLabelsPerTimeseries": "39"}, PROBLEM),
        (LABELS, {"maxLabelsPerTimeseries": "many"}, WARNING),
        (LABELS, {}, None),
        (DEDUPLICATION, {"dedup.minScrapeInterval": "0s"}, OK),
        (DEDUPLICATION, {"dedup.minScrapeInterval": "1ms"}, PROBLEM),
        (DEDUPLICATION, {"dedup.minScrapeInterval": "?"}, WARNING),
        (DEDUPLICATION, {}, None),
        (SIZE, {"opentelemetry.maxRequestSize": "67108864"}, OK),
        (SIZE, {"opentelemetry.maxRequestSize": "4128768"}, OK),
        (SIZE, {"opentelemetry.maxRequestSize": "4128767"}, PROBLEM),
        (SIZE, {"opentelemetry.maxRequestSize": "1MiB"}, PROBLEM),
        (SIZE, {"opentelemetry.maxRequestSize": "?"}, WARNING),
        (SIZE, {}, None),
        (settings.naming, {"opentelemetry.usePrometheusNaming": "true"}, OK),
        (settings.naming, {"opentelemetry.usePrometheusNaming": "false"}, WARNING),
        (settings.naming, {}, None),
        (settings.promoted, {"opentelemetry.promoteAllResourceAttributes": "true"}, None),
        (settings.promoted, {"opentelemetry.promoteAllResourceAttributes": "false"}, PROBLEM),
        (settings.promoted, {"opentelemetry.ignoreResourceAttributes": "release"}, PROBLEM),
        (settings.changed_on_arrival, {"relabelConfig": "", "streamAggr.config": ""}, None),
        (settings.changed_on_arrival, {"relabelConfig": "rules.yml", "streamAggr.config": ""}, WARNING),
        (SERIES, {"storage.maxHourlySeries": "0"}, None),
        (SERIES, {"storage.maxDailySeries": "1000"}, WARNING),
        (settings.taking, {"insert.disable": "false"}, None),
        (settings.taking, {"insert.disable": "true"}, PROBLEM),
    ],
)
def test_settings(rule, flags, verdict):
    found = rule(flags, YEAR)
    assert (found and found.verdict) == verdict
    if verdict in (PROBLEM, WARNING):
        assert found.change


def test_what_a_run_needs_covers_what_it_sends():
    """Names, values and fields are those of a release with as long an id as any shipped one."""
    resource = resource_attributes(
        "prod:aws:111111111111:ap-southeast-1:platform:lambda:realtime:social:x:y:canary:100", "z"
    )
    assert len(resource) < settings.FIELDS / 2
    assert max(map(len, resource)) < settings.LABEL_NAME_BYTES
    assert max(map(len, resource.values())) < settings.LABEL_VALUE_BYTES / 2


def test_the_advice_about_a_year_is_the_compose_stacks():
    assert retention.kept({"retentionPeriod": "1M"}, YEAR).change == "-retentionPeriod=2y"
    assert retention.caches({"search.cacheTimestampOffset": f"{YEAR_S}s"}, YEAR).verdict == OK
