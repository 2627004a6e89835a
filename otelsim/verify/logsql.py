"""What VictoriaLogs and VictoriaTraces hold of a run.

VictoriaTraces keeps a span as VictoriaLogs keeps a record, with prefixes before the names of attributes, and answers
the same queries: its Jaeger interface finds traces, but cannot count spans. Beside the spans it has rows of its own (an
index of traces, a graph of services), which have no run id.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from otelsim.verify.asking import Store, quoted
from otelsim.verify.counts import DAY_S, LOG_RECORDS, SPANS, Count, Counts, Key, added, windows
from otelsim.verify.samples import Sample

QUERY = "/select/logsql/query"
MOST_RECORDS = 1_000_000
"""A query counts about so many: the stores give up after 30 s."""
_MOST_PARTS = 1_440
_DAY_NS = DAY_S * 1_000_000_000
_AT_ONCE = 50
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")


class Names(NamedTuple):
    """How a store names what all records have."""

    kind: str
    run: str
    day: str
    """What to group by for the day that a record began in."""
    service: str


LOGS = Names(LOG_RECORDS, "otelsim.run.id", "_time:1d", "service_id")
TRACES = Names(
    SPANS, "resource_attr:otelsim.run.id", f'"start_time_unix_nano":{_DAY_NS}', "resource_attr:qairon.service_id"
)
NAMES = {"logs": LOGS, "traces": TRACES}


def counted(store: Store, names: Names, run_id: str, wanted: Counts) -> Counts:
    """The records of a run that the store holds, in and around the days of those ``wanted``."""
    of_run = f"{quoted(names.run)}:={quoted(run_id)}"
    by = f"{names.day}, {quoted(names.service)}"
    stats = f"stats by ({by}) count() records, count_uniq(span_id) distinct"
    found = []
    for first_s, end_s in _stretches(wanted):
        rows = store.lines(QUERY, {"query": f"{_between(first_s, end_s)} {of_run} | {stats}"})
        found.append(added(_counts(store, names, rows)))
    return added(found)


def _stretches(wanted: Counts) -> Iterator[tuple[int, int]]:
    """(first, end) in seconds of what to ask for at once: days, or parts of one that has too many records."""
    for first, end in windows(wanted, MOST_RECORDS):
        records = sum(count.records for key, count in wanted.items() if first <= key.day < end)
        parts = min(-(-records // MOST_RECORDS), _MOST_PARTS)
        length = DAY_S // max(parts, 1)
        starts = range(first * DAY_S, end * DAY_S, length) if parts > 1 else [first * DAY_S]
        yield from zip(starts, [*starts[1:], end * DAY_S], strict=True)


def _between(first_s: int, end_s: int) -> str:
    first, end = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (first_s, end_s))
    return f"_time:[{first}, {end})"


def _counts(store: Store, names: Names, rows: Iterable[dict[str, Any]]) -> Iterator[Counts]:
    for row in rows:
        try:
            count = Count(int(row["records"]), 0.0, int(row["distinct"]))
            yield {Key(names.kind, _day(row, names), str(row.get(names.service, ""))): count}
        except (KeyError, ValueError):
            raise store.strange() from None


def _day(row: dict[str, Any], names: Names) -> int:
    if names is LOGS:
        return nanoseconds(row["_time"]) // _DAY_NS
    return int(row["start_time_unix_nano"]) // _DAY_NS


def nanoseconds(text: str) -> int:
    """Since the epoch; ValueError where it is no time."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"not a time: {text!r}")
    seconds = int(datetime.fromisoformat(f"{found[1]}+00:00").timestamp())
    return seconds * 1_000_000_000 + int((found[2] or "0").ljust(9, "0"))


def held(store: Store, names: Names, run_id: str, samples: list[Sample]) -> dict[str, list[dict[str, str]]]:
    """What the store has of the samples, by span id."""
    found: dict[str, list[dict[str, str]]] = {sample.name: [] for sample in samples}
    ordered = sorted(samples, key=lambda sample: sample.time_ns)
    for first in range(0, len(ordered), _AT_ONCE):
        some = ordered[first : first + _AT_ONCE]
        days = [sample.time_ns // _DAY_NS for sample in some]
        ids = ", ".join(quoted(sample.name) for sample in some)
        around = _between((min(days) - 1) * DAY_S, (max(days) + 2) * DAY_S)
        asked = f"{around} {quoted(names.run)}:={quoted(run_id)} span_id:in({ids})"
        for row in store.lines(QUERY, {"query": asked}):
            found.setdefault(str(row.get("span_id")), []).append(_comparable(row))
    return found


def _comparable(row: dict[str, Any]) -> dict[str, str]:
    """A row's fields, times as nanoseconds."""
    fields = {name: str(value) for name, value in row.items()}
    if _TIME.fullmatch(fields.get("_time", "")):
        fields["_time"] = str(nanoseconds(fields["_time"]))
    return fields
