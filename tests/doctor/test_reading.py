"""Durations, sizes and pages as stores and Collectors write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.doctor.exposition import flags, label, samples
from otelsim.doctor.units import DAY_S, HOUR_S, YEAR_S, duration_s, retention_s, shown_days, size_bytes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("8760h0m0s", 8_760 * HOUR_S), ("5m0s", 300), ("0s", 0), ("1ms", 0.001), ("1.5s", 1.5), ("250µs", 0.00025),
        ("2y", 2 * YEAR_S), ("1d12h", 1.5 * DAY_S), ("1w", 7 * DAY_S),
    ],
)  # fmt: skip
def test_durations(text, seconds):
    assert duration_s(text) == pytest.approx(seconds)
    assert retention_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "days"), [("1M", 31), ("1", 31), ("0", 0), ("0.5M", 15.5), ("24", 744), ("7d", 7)])
def test_retentions_count_months_of_31_days(text, days):
    assert retention_s(text) == days * DAY_S


@pytest.mark.parametrize("text", ["", "y", "2 y", "h1", "1x", "1d x", "-1d", "1e3"])
def test_what_is_no_duration(text):
    for read in (duration_s, retention_s):
        with pytest.raises(ValueError, match="not a duration"):
            read(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("67108864", 1 << 26), ("64MiB", 1 << 26), ("1KB", 1_000), ("1.5kib", 1_536), ("2GB", 2 * 10**9), ("0", 0)],
)
def test_sizes(text, size):
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "1 MiB", "1XB", "-1"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="not a size"):
        size_bytes(text)


def test_days_are_rounded_to_the_side_that_matters():
    assert [shown_days(s) for s in (0, DAY_S, 1.9 * DAY_S, 1_000 * DAY_S)] == ["0 days", "1 day", "1 day", "1,000 days"]
    assert shown_days(365.1 * DAY_S, up=True) == "366 days"
    assert shown_days(365 * DAY_S, up=True) == "365 days"


PAGE = r"""# HELP x y
vm_rows_ignored_total{reason="too_many_labels"} 3
vm_free_bytes{path="/a, b", fs="x"} 1.5e+09
vm_bad nonsense
vl_up 1 1700000000
flag{name="retentionPeriod", value="2y", is_set="true"} 1
flag{name="loggerTimezone", value="say \"x\"", is_set="false"} 1
"""


def test_settings_are_read():
    assert flags(PAGE) == {"retentionPeriod": "2y", "loggerTimezone": 'say "x"'}


def test_samples_are_read_by_the_beginnings_of_their_names():
    assert samples(PAGE, "vm_") == {
        ("vm_rows_ignored_total", 'reason="too_many_labels"'): 3,
        ("vm_free_bytes", 'path="/a, b", fs="x"'): 1.5e9,
    }
    assert samples(PAGE, "vl_") == {("vl_up", ""): 1}
    assert label('path="/a, b", fs="x"', "fs") == "x"
    assert label('path="/a, b"', "fs") == ""


@given(st.text(alphabet=st.sampled_from(list('flag{}name=" ,\\value1e_\n\x1b')), max_size=80))
def test_any_page_is_read(text):
    found = [*flags(text).values(), *(label(labels, "a") for _, labels in samples(text, ""))]
    assert all(value.isprintable() for value in found)
