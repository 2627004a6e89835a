"""What servers took, record by record, and how that differs from what a run without faults sends."""

from collections import Counter
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import xxhash

from tests.sinks.otlp.receiver import Arrival
from tests.wire.otlp.runs import MESSAGES, records

Counts = dict[str, Counter[bytes]]
"""By signal, how often each record came; a record stands for all of it, with its resource and its series."""


def counted(arrivals: Iterable[Arrival]) -> Counts:
    found: Counts = {signal: Counter() for signal in MESSAGES}
    for each in arrivals:
        for name, one in records(each.signal, MESSAGES[each.signal].FromString(each.body)):
            found[each.signal][xxhash.xxh3_128_digest(name + b"\0" + one)] += 1
    return found


def span_ids(arrivals: Iterable[Arrival]) -> Counter[bytes]:
    """Trace and span id of every span."""
    messages = [MESSAGES["traces"].FromString(each.body) for each in arrivals if each.signal == "traces"]
    scopes = [scope for message in messages for resource in message.resource_spans for scope in resource.scope_spans]
    return Counter(span.trace_id + span.span_id for scope in scopes for span in scope.spans)


class Difference(NamedTuple):
    """Records: ``lost`` never came, ``foreign`` are none that were sent, ``repeated`` came more often than sent."""

    lost: int = 0
    foreign: int = 0
    repeated: int = 0


def differences(wanted: Counts, found: Counts) -> dict[str, Difference]:
    """By signal; empty where exactly what was wanted came."""
    both = {signal: _difference(wanted[signal], found[signal]) for signal in MESSAGES}
    return {signal: each for signal, each in both.items() if any(each)}


def _difference(wanted: Counter[bytes], found: Counter[bytes]) -> Difference:
    more = found - wanted
    repeated = sum(n for record, n in more.items() if record in wanted)
    return Difference((wanted - found).total(), more.total() - repeated, repeated)


def repeats(numbers: dict[str, int]) -> dict[str, Difference]:
    """What `differences` says where only that many records came once more."""
    return {signal: Difference(repeated=n) for signal, n in numbers.items() if n}


def totals(counts: Counts) -> dict[str, int]:
    return {signal: counts[signal].total() for signal in counts}


def records_by_signal(arrivals: Iterable[Arrival]) -> dict[str, int]:
    found = dict.fromkeys(MESSAGES, 0)
    for each in arrivals:
        found[each.signal] += each.records
    return found


class Wait(NamedTuple):
    """Until when a server asked to be left alone with a request, and when it came again (Unix time)."""

    until_s: float
    again_s: float


def waits(arrivals: Iterable[Arrival]) -> list[Wait]:
    """For every answer that asked for a wait; the request must have come again."""
    in_time = sorted(arrivals, key=lambda each: each.at_s)
    found = []
    for i, asked in enumerate(in_time):
        until_s = _asked_until_s(asked)
        if until_s is not None:
            again = next(each for each in in_time[i + 1 :] if each.body == asked.body)
            found.append(Wait(until_s, again.at_s))
    return found


def _asked_until_s(arrival: Arrival) -> float | None:
    asked = arrival.step.headers.get("retry-after", "")
    if arrival.step.retry_info_s is not None:
        return arrival.answered_s + arrival.step.retry_info_s
    if not asked:
        return None
    return arrival.answered_s + int(asked) if asked.isdigit() else parsedate_to_datetime(asked).timestamp()


def too_early(found: Iterable[Wait]) -> list[Wait]:
    return [wait for wait in found if wait.again_s < wait.until_s]
