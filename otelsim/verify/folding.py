"""Differences put together, so that somebody can read a year of them: days in a row, many services, metrics alike."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from otelsim.verify.comparing import Alteration, Difference, kind_of_key
from otelsim.verify.counts import Counts, day_of

_MOST_STRETCHES = 3
"""More of one fault and kind become a single one with gaps."""
_FAULTS = ("none", "missing", "both", "doubled", "nameless", "altered")
_NUMBERS = ("wanted", "held", "missing", "doubled", "nameless")
_NAMED = 2
"""So many services are named."""


@dataclass(frozen=True)
class Finding:
    """One fault, of kinds, days and services that are alike."""

    fault: str
    kinds: tuple[str, ...]
    days: frozenset[int]
    """On which it is found."""
    of_days: frozenset[int]
    """All that have records of these kinds."""
    services: frozenset[str]
    of_services: frozenset[str]
    """All that have records of these kinds."""
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        return f"{_kinds(self.kinds)}, {self._when()}, {self._who()}: {self._what()}"

    def _when(self) -> str:
        first, last = min(self.days), max(self.days)
        if first == last:
            return day_of(first)
        between = f"{day_of(first)} to {day_of(last)}"
        most = sum(first <= day <= last for day in self.of_days | self.days)
        return between if len(self.days) == most else f"{len(self.days)} of {most} days from {between}"

    def _who(self) -> str:
        if len(self.services) <= _NAMED:
            return " and ".join(name or "no service_id" for name in sorted(self.services))
        number, most = len(self.services), len(self.of_services)
        return f"all {number} services" if number == most else f"{number} of {most} services"

    def _what(self) -> str:
        wanted, held, missing, doubled, nameless = map(self._sum, _NUMBERS)
        if missing == wanted > 0:
            return f"none held of {wanted:,}"
        if not wanted:
            return f"{held:,} held that nobody sent"
        words = (missing, "missing"), (doubled, "doubled"), (nameless, "without their service_id")
        parts = [f"{number:,} {word}" for number, word in words if number]
        if parts:
            return f"{', '.join(parts)} ({wanted:,} sent, {held:,} held)"
        more = len(self.differences) - 1
        return self.differences[0].altered + (f", and {more:,} more like this" if more else "")

    def _sum(self, name: str) -> int:
        return sum(getattr(each, name) for each in self.differences)


def _kinds(kinds: tuple[str, ...]) -> str:
    return " and ".join(kinds) if len(kinds) <= 2 else f"{kinds[0]} and {len(kinds) - 1} more"


def folded(differences: Iterable[Difference], wanted: Counts) -> list[Finding]:
    """The same as fewer findings, those that are worst first."""
    own: defaultdict[tuple[str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        own[each.key.kind, _fault(each)].append(each)
    found = [finding for (_, fault), some in own.items() for finding in _stretches(fault, some, wanted)]
    alike = _joined(found, lambda each: (each.fault, kind_of_key(each.kinds[0]), each.days))
    of_fault = Counter((each.fault, kind_of_key(each.kinds[0])) for each in alike)
    # What is alike nowhere is told as a whole.
    many = {place for place, number in of_fault.items() if number > _MOST_STRETCHES}
    fewer = _joined(alike, lambda each: _place(each, many))
    return sorted(fewer, key=lambda each: (_FAULTS.index(each.fault), each.kinds, min(each.days)))


def _place(finding: Finding, many: set[tuple[str, str]]) -> tuple[object, ...]:
    """What findings have in common that are told together: of these faults and signals all, of others nothing."""
    place = finding.fault, kind_of_key(finding.kinds[0])
    return place if place in many else (*place, finding.kinds, finding.days)


def _fault(difference: Difference) -> str:
    """What tells one fault from another: there are none at all, too few, too many, or others."""
    if difference.missing == difference.wanted > 0:
        return "none"
    if difference.missing and difference.doubled:
        return "both"
    counted = ("missing", difference.missing), ("doubled", difference.doubled), ("nameless", difference.nameless)
    return next((word for word, number in counted if number), "altered")


def _stretches(fault: str, differences: list[Difference], wanted: Counts) -> Iterator[Finding]:
    """Findings of one kind and fault."""
    kind = differences[0].key.kind
    sent = frozenset(key.day for key in wanted if key.kind == kind)
    services = frozenset(key.service for key in wanted if key.kind == kind)
    by_day: defaultdict[int, list[Difference]] = defaultdict(list)
    for each in differences:
        by_day[each.key.day].append(each)
    order = sorted(sent | by_day.keys())
    groups = [list(days) for there, days in groupby(order, by_day.__contains__) if there]
    if len(groups) > _MOST_STRETCHES:
        groups = [sorted(by_day)]
    for days in groups:
        some = tuple(each for day in days for each in by_day[day])
        names = frozenset(each.key.service for each in some)
        yield Finding(fault, (kind,), frozenset(days), sent, names, services, some)


def _joined(findings: Iterable[Finding], place: Callable[[Finding], object]) -> list[Finding]:
    """Findings at the same place put together, in the order of the places' first."""
    alike: defaultdict[object, list[Finding]] = defaultdict(list)
    for each in findings:
        alike[place(each)].append(each)
    return [_together(some) for some in alike.values()]


def _together(some: list[Finding]) -> Finding:
    return Finding(
        some[0].fault,
        tuple(sorted({kind for each in some for kind in each.kinds})),
        frozenset().union(*(each.days for each in some)),
        frozenset().union(*(each.of_days for each in some)),
        frozenset().union(*(each.services for each in some)),
        frozenset().union(*(each.of_services for each in some)),
        tuple(difference for each in some for difference in each.differences),
    )


def folded_alterations(alterations: Iterable[Alteration], sampled: dict[str, int]) -> list[str]:
    """A line for each field and fault: how many records have it, and one of them."""
    alike: defaultdict[tuple[str, str, str], list[Alteration]] = defaultdict(list)
    for each in alterations:
        alike[each.kind, each.field, each.fault].append(each)
    return [_line(some, sampled[kind]) for (kind, _, _), some in alike.items()]


def _line(some: list[Alteration], compared: int) -> str:
    first, named = some[0], some[0].kind.replace("_", " ")
    told = f"{first.field} {first.fault}".strip()
    detail = f": {first.detail}" if first.detail else ""
    return f"{named}, {len(some):,} of {compared:,} compared: {told}, such as {first.record}{detail}"
