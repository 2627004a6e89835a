"""What the JSON lines are asked for is what the stores are asked for."""

import polars as pl
import pytest

from tests.backends.end_to_end import truth

HOUR = 3_600


def test_a_window_covers_its_end_and_not_its_begin():
    """Of points, as stores have it; of requests, whose interval counts at its end, the other way round."""
    calls = pl.DataFrame({"start_ms": [0, 1, HOUR * 1_000, HOUR * 1_000 + 1]})
    assert truth.within(calls, HOUR)["start_ms"].to_list() == [1, HOUR * 1_000]
    calls = pl.DataFrame({"root_us": [-1, 0, HOUR * 1_000_000 - 1, HOUR * 1_000_000]})
    assert truth.rooted(calls, HOUR)["root_us"].to_list() == [0, HOUR * 1_000_000 - 1]


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (99, 99), (100, 99), (101, 100), (200, 198), (201, 199)])
def test_p99_is_the_value_of_its_rank(count, rank):
    values = pl.DataFrame({"group": ["a"] * count, "value": range(count, 0, -1)})
    assert truth.by(values, "group", truth.p99("value")) == {"a": rank}


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("09:00", "12:00", [10, 11, 12]),
        ("09:30", "12:10", [11, 12]),
        ("09:10", "09:20", [10]),
        ("09:30", "10:30", [11]),
    ],
)
def test_an_incident_fills_hours(start, end, hours):
    incident = {"start": f"1970-01-01T{start}:00.000000Z", "end": f"1970-01-01T{end}:00.000000Z"}
    assert truth.hours_of(incident) == [hour * HOUR for hour in hours]
