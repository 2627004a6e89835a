"""Dates, instants and durations as users write them."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.times import duration_s, instant_s, rfc3339, rfc3339_us, weekday_hour

DATES = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31)).map(lambda d: d.replace(microsecond=0, tzinfo=UTC))


@given(DATES)
def test_instants_there_and_back(moment):
    seconds = int(moment.timestamp())
    assert rfc3339(seconds) == moment.isoformat().replace("+00:00", "Z")
    assert instant_s(rfc3339(seconds)) == seconds
    assert instant_s(moment.isoformat()) == seconds
    assert instant_s(moment.isoformat(sep=" ")) == seconds
    assert weekday_hour(seconds) == moment.weekday() * 24 + moment.hour


@given(DATES, st.integers(0, 999_999))
def test_microseconds_have_six_digits(moment, us):
    text = rfc3339_us(int(moment.timestamp()) * 1_000_000 + us)
    assert text == moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{us:06d}Z"


@given(st.integers(0, 999), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_durations_add_up(days, hours, minutes, seconds):
    total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    text = f"{days}d{hours}h{minutes}m{seconds}s"
    if total:
        assert duration_s(text) == total
    else:
        with pytest.raises(ValueError, match="must be over 0"):
            duration_s(text)


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("1d12h", 129_600), ("90m", 5_400), (" 300s ", 300)])
def test_durations(text, seconds):
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "0s", "7", "d", "-1d", "1.5h", "1h1d", "7 d", "1w", "9999999d", "\u0661d1"])
def test_no_durations(text):
    with pytest.raises(ValueError, match="duration"):
        duration_s(text)


@pytest.mark.parametrize(
    "text",
    ["", "2025", "2025-3-3", "2025-02-29", "2025-13-01", "2025-03-03T", "2025-03-03T24:00:01Z", "1969-12-31",
     "9999-01-01", "0000-01-01", "2025-03-03T10:00:00.5Z", "tomorrow", "1970-01-01T00:00:00+00:01", "2025-03-03 ",
     "2025-W10-1"],
)  # fmt: skip
def test_no_instants(text):
    with pytest.raises(ValueError, match="date"):
        instant_s(text)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    for read in (instant_s, duration_s):
        with contextlib.suppress(ValueError):
            assert read(text) >= 0
