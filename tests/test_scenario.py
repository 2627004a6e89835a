"""Scenarios: read, resolved once, recorded, read back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.errors import InputError
from otelsim.scenario import (
    SHIPPED,
    ListedIncident,
    Scenario,
    checked,
    from_manifest,
    incident_start_s,
    load,
    parse,
    resolve,
    to_manifest,
)  # fmt: skip
from otelsim.times import instant_s
from tests.simulated import DAY, MONDAY

NOW = instant_s("2026-07-15T13:14:15Z")
ALL = """
description = "everything"
total_events = 1_000
total_users = 10
seed = 18446744073709551615
start = 2025-03-03
end = "2025-03-10T12:00:00Z"
world = "multi_cloud"
call_depth = 0
cascade_factor = 2
propagation = 1
burst_cv = 0.5
metric_interval = "5m"
draw_incidents = false
min_errors = 3

[[incidents]]
component = "memorystore"
start = "+1d"
duration = "1h30m"
failure_rate = 1
latency_factor = 2.5

[[incidents]]
component = "memorystore"
start = "2025-03-05T06:00:00Z"
duration = "5m"
"""


def test_every_key_is_read():
    made = parse(ALL, Path("all.toml"))
    assert made == Scenario(
        name="all", total_events=1_000, total_users=10, seed=2**64 - 1, start_s=MONDAY,
        end_s=MONDAY + 7 * DAY + DAY // 2, world="multi_cloud", call_depth=0, cascade_factor=2.0,
        propagation=1.0, burst_cv=0.5, metric_interval_s=300,
        draw_incidents=False, min_errors=3,
        incidents=(
            ListedIncident("memorystore", "+1d", 5_400, 1.0, 2.5),
            ListedIncident("memorystore", "2025-03-05T06:00:00Z", 300),
        ),
    )  # fmt: skip
    starts = [incident_start_s(i, MONDAY) for i in made.incidents]
    assert starts == [MONDAY + DAY, MONDAY + 2 * DAY + 6 * 3_600]


@pytest.mark.parametrize("name", sorted(p.stem for p in SHIPPED.glob("*.toml")))
def test_shipped_scenarios_come_back_from_a_manifest(name):
    asked = resolve(load(name), NOW)
    assert from_manifest(json.loads(json.dumps(to_manifest(asked)))) == asked


def test_an_empty_scenario_is_the_default():
    assert parse("", Path("year.toml")) == Scenario() == load("year")


def test_the_incidents_scenario_is_a_week():
    made = load("incidents")
    assert (made.total_events, made.duration_s, made.cascade_factor) == (1_000_000, 7 * DAY, 2.0)
    assert not made.draw_incidents
    assert all(i.duration_s >= 3_600 and 0.05 <= (i.failure_rate or 0) <= 0.3 for i in made.incidents)


def test_a_file_of_a_shipped_name_can_be_given(tmp_path):
    (tmp_path / "year.toml").write_text("seed = 7")
    assert load(str(tmp_path / "year.toml")).seed == 7


def test_the_default_ends_at_the_last_midnight():
    made = resolve(Scenario(), NOW)
    assert (made.start, made.end) == (instant_s("2025-07-15"), instant_s("2026-07-15"))
    assert resolve(made, NOW + 10 * DAY) == made


@given(
    st.one_of(st.none(), st.integers(0, 10**9)), st.one_of(st.none(), st.integers(0, 10**9)), st.integers(1, 400 * DAY)
)
def test_a_resolved_range_is_what_was_asked(start, end, duration):
    asked = Scenario(start_s=start, end_s=end, duration_s=duration)
    try:
        made = resolve(asked, NOW)
    except InputError:
        assert end is not None
        assert end <= (0 if start is None else start) + (duration if start is None else 0)
        return
    assert start in (None, made.start)
    assert end in (None, made.end)
    assert made.end - made.start == made.duration_s > 0
    assert None not in (start, end) or made.duration_s == duration


@pytest.mark.parametrize(("start", "duration"), [("9998-01-01", "2000d"), ("2025-01-01", "2920000d")])
def test_a_range_past_the_calendars_end_is_refused(start, duration):
    asked = parse(f'start = "{start}"\nduration = "{duration}"', Path("far.toml"))
    with pytest.raises(InputError):
        resolve(asked, NOW)


@pytest.mark.parametrize(
    ("key", "value"),
    [("total_events", True), ("seed", 1.0), ("burst_cv", "1"), ("duration", 7), ("draw_incidents", 1), ("world", ""),
     ("world", 3), ("nothing", 1), ("start_s", 1), ("name", "x")],
)  # fmt: skip
def test_wrong_values_are_refused(key, value):
    with pytest.raises(ValueError, match=r"must be|wrong type|unknown key"):
        checked(key, value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_its_line(text):
    try:
        parse(text, Path("any.toml"))
        where = "any.toml:"
    except InputError as error:
        where = error.where
    assert where.startswith("any.toml:")


def test_what_is_not_recorded_is_not_needed():
    made = resolve(load("incidents"), NOW)
    assert from_manifest({**to_manifest(made), "a key of later": 1}) == made
    assert resolve(replace(made, end_s=None), NOW) == made
