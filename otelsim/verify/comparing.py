"""What stores hold, held against what they should."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from otelsim.verify.counts import LOG_RECORDS, SPANS, Count, Counts, Key
from otelsim.verify.promql import Stored
from otelsim.verify.samples import Sample

_EXACT = 1e-9
"""Sums of a day's values may differ by less, of their size: the order of adding decides the last digits."""
_NOTHING = Count()
ZEROS = ("status_code",)
"""Fields of spans that some versions leave out where they are 0."""
RECORD = ""
"""What is wrong where it is no field, but the record as a whole."""
NOT_HELD, GONE, OTHER = "is not held", "is gone", "is another"


class Difference(NamedTuple):
    """Records of a kind, day and service that are not held as they should be."""

    key: Key
    wanted: int
    held: int
    missing: int
    doubled: int
    altered: str = ""
    """What is wrong with the values, where the numbers are right."""
    nameless: int = 0
    """Held, but without their service_id."""


class Alteration(NamedTuple):
    """A record that is not held with the fields that it was sent with."""

    kind: str
    record: str
    field: str
    """RECORD, "its value" or the like, or the name of a field or label."""
    fault: str
    detail: str = ""
    """What it was and is."""

    @property
    def what(self) -> str:
        """All that is wrong."""
        told = f"{self.field} {self.fault}".strip()
        return f"{told}: {self.detail}" if self.detail else told


def differences(wanted: Counts, held: Counts) -> list[Difference]:
    """By kind, day and service; records that nobody sent count as doubled."""
    keys = sorted(wanted.keys() | held.keys())
    found = [_difference(key, wanted.get(key, _NOTHING), held.get(key, _NOTHING)) for key in keys]
    return [each for each in _recognized(found) if any(each[3:])]


def _difference(key: Key, wanted: Count, held: Count) -> Difference:
    # Of some that are missing and some that came twice, only different ones can tell.
    distinct = min(held.records if held.distinct is None else held.distinct, wanted.records)
    missing, doubled = wanted.records - distinct, held.records - distinct
    altered = ""
    if not missing and not doubled and not math.isclose(wanted.value, held.value, rel_tol=_EXACT, abs_tol=_EXACT):
        altered = f"their values sum up to {held.value:,.10g}, and not to {wanted.value:,.10g}"
    return Difference(key, wanted.records, held.records, missing, doubled, altered)


def _recognized(found: list[Difference]) -> Iterator[Difference]:
    """Records that have lost their service are those that are missing from the services of their kind and day."""
    nameless = {each.key: each.doubled for each in found if each.doubled and not each.key.service}
    for each in found:
        of_day = each.key._replace(service="")
        taken = min(each.missing, nameless.get(of_day, 0))
        if taken:
            nameless[of_day] -= taken
            yield each._replace(held=each.held + taken, missing=each.missing - taken, nameless=taken)
        elif each.key not in nameless:
            yield each
    yield from (each._replace(doubled=nameless[each.key]) for each in found if each.key in nameless)


def altered_rows(samples: list[Sample], held: dict[str, list[dict[str, str]]]) -> Iterator[Alteration]:
    """Sampled spans or log records that are not held once, field by field."""
    for sample in samples:
        rows, record = held.get(sample.name, []), f"{sample.name} of {instant(sample.time_ns)}"
        if len(rows) != 1:
            yield Alteration(sample.kind, record, RECORD, f"is held {len(rows)} times" if rows else NOT_HELD)
            continue
        for name, value in sample.fields.items():
            there = rows[0].get(name, "0" if sample.kind == SPANS and name in ZEROS else "")
            if there != value:
                yield Alteration(sample.kind, record, name, *_changed(there, value))


def instant(time_ns: int) -> str:
    """A record's time, to the millisecond, as people read it."""
    return f"{datetime.fromtimestamp(time_ns // 1_000_000 / 1_000, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def _changed(there: str, value: str) -> tuple[str, str]:
    return (OTHER, f"{there!r}, and not {value!r}") if there else (GONE, f"it was {value!r}")


def altered_points(sample: Sample, held: list[Stored]) -> Iterator[Alteration]:
    """What of a sampled point is not held with its labels and its value; of parts with the same fault the first."""
    record = f"{sample.name} of {instant(sample.time_ns)}"
    found = {
        part: _point_fault({**sample.fields, **_labels_of(sample.name, part)}, value, held)
        for part, value in sample.values.items()
    }
    if all(fault and fault[1] == NOT_HELD for fault in found.values()):
        yield Alteration(sample.kind, record, RECORD, NOT_HELD)
        return
    faults: dict[tuple[str, str], str] = {}
    for part, fault in found.items():
        if fault:
            faults.setdefault((fault[0] or f"its {part.partition(' ')[0] or 'value'}", fault[1]), fault[2])
    for (field, what), detail in faults.items():
        yield Alteration(sample.kind, record, field, what, detail)


def _labels_of(name: str, part: str) -> dict[str, str]:
    """The labels that tell a part of a histogram, or a gauge."""
    kind, _, bound = part.partition(" ")
    named = {"__name__": f"{name}_{kind}" if kind else name}
    return {**named, "le": bound} if bound else named


def _point_fault(labels: dict[str, str], value: float, held: list[Stored]) -> tuple[str, str, str] | None:
    """Label, fault and detail, without a label where it is the value or the whole; nothing where it is held."""
    alike = [one for one in held if labels.items() <= one.labels.items()]
    if any(math.isclose(one.value, value, rel_tol=_EXACT) for one in alike):
        return None
    if alike:
        return "", OTHER, f"{alike[0].value:.10g}, and not {value:.10g}"
    own = ("__name__", "le")
    of_metric = [one for one in held if all(one.labels.get(n, "") == labels.get(n, "") for n in own)]
    if not of_metric:
        return "", NOT_HELD, ""
    nearest = min(of_metric, key=lambda one: len(labels.items() - one.labels.items()))
    name, wanted = min(labels.items() - nearest.labels.items())
    return name, *_changed(nearest.labels.get(name, ""), wanted)


def kind_of_key(kind: str) -> str:
    """The signal that records of a kind are of."""
    return {SPANS: "traces", LOG_RECORDS: "logs"}.get(kind, "metrics")
