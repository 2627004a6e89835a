"""Records counted by kind, day and service."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

SPANS, LOG_RECORDS = "spans", "log records"
GAUGES = ("request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count", "cache_hit")
HTTP_HISTOGRAM, RPC_HISTOGRAM = "http_server_request_duration_seconds", "rpc_server_call_duration_seconds"
HISTOGRAMS = (HTTP_HISTOGRAM, RPC_HISTOGRAM)
DAY_S = 86_400
MOST_KEYS = 8_000
"""So many groups a store tells of in one answer."""


class Key(NamedTuple):
    """What records are counted by."""

    kind: str
    """SPANS, LOG_RECORDS, or the name that VictoriaMetrics has for a metric or a part of a histogram."""
    day: int
    """Since the epoch, in UTC."""
    service: str
    """The service_id."""


class Count(NamedTuple):
    """Of the records of a key."""

    records: int = 0
    value: float = 0.0
    """The sum of their values, where they have some."""
    distinct: int | None = None
    """How many different ones there are, where a store can tell."""

    def plus(self, other: "Count") -> "Count":
        """Both together; they have no record in common."""
        distinct = None if other.distinct is None else (self.distinct or 0) + other.distinct
        return Count(self.records + other.records, self.value + other.value, distinct)


Counts = dict[Key, Count]


def day_of(day: int) -> str:
    """A day's date."""
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}"


def added(counts: Iterable[Counts]) -> Counts:
    """All of them together."""
    total: defaultdict[Key, Count] = defaultdict(Count)
    for each in counts:
        for key, count in each.items():
            total[key] = total[key].plus(count)
    return dict(total)


def windows(wanted: Counts, most_records: int) -> Iterator[tuple[int, int]]:
    """(first day, end day) of windows, one behind the other, with at most so many records, or one day with more.

    They cover a day more on either side: what has another time than it should have may lie there.
    """
    days: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for key, count in wanted.items():
        days[key.day][0] += count.records
        days[key.day][1] += 1
    if not days:
        return
    first, records, keys = min(days) - 1, 0, 0
    for day in sorted(days):
        more_records, more_keys = days[day]
        if records and (records + more_records > most_records or keys + more_keys > MOST_KEYS):
            yield first, day
            first, records, keys = day, 0, 0
        records, keys = records + more_records, keys + more_keys
    yield first, max(days) + 2
