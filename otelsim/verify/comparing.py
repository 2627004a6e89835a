"""What stores hold, held against what they should."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from otelsim.verify.counts import LOG_RECORDS, SPANS, Count, Counts, Key
from otelsim.verify.promql import Stored
from otelsim.verify.samples import Sample

_EXACT = 1e-9
"""Sums of a day's values may differ by less, of their size: the order of adding decides the last digits."""
_NOTHING = Count()
ZEROS = ("status_code", "flags")
"""Fields of spans that some versions leave out where they are 0."""


class Difference(NamedTuple):
    """Records of a kind, day and service that are not held as they should be."""

    key: Key
    wanted: int
    held: int
    missing: int
    doubled: int
    altered: str = ""
    """What is wrong with the values, where the numbers are right."""


class Alteration(NamedTuple):
    """A record that is not held with the fields that it was sent with."""

    kind: str
    record: str
    what: str


def differences(wanted: Counts, held: Counts) -> list[Difference]:
    """By kind, day and service; records that nobody sent count as doubled."""
    keys = sorted(wanted.keys() | held.keys())
    found = (_difference(key, wanted.get(key, _NOTHING), held.get(key, _NOTHING)) for key in keys)
    return [each for each in found if each.missing or each.doubled or each.altered]


def _difference(key: Key, wanted: Count, held: Count) -> Difference:
    # Of some that are missing and some that came twice, only different ones can tell.
    distinct = min(held.records if held.distinct is None else held.distinct, wanted.records)
    missing, doubled = wanted.records - distinct, held.records - distinct
    altered = ""
    if not missing and not doubled and not math.isclose(wanted.value, held.value, rel_tol=_EXACT, abs_tol=_EXACT):
        altered = f"their values sum up to {held.value:,.10g}, and not to {wanted.value:,.10g}"
    return Difference(key, wanted.records, held.records, missing, doubled, altered)


def altered_rows(samples: list[Sample], held: dict[str, list[dict[str, str]]]) -> Iterator[Alteration]:
    """Sampled spans or log records that are not held once, field by field."""
    for sample in samples:
        rows = held.get(sample.name, [])
        if len(rows) != 1:
            yield Alteration(sample.kind, sample.name, f"is held {len(rows)} times" if rows else "is not held")
            continue
        for name, value in sample.fields.items():
            there = rows[0].get(name, "0" if sample.kind == SPANS and name in ZEROS else "")
            if there != value:
                yield Alteration(sample.kind, sample.name, _changed(name, there, value))


def _changed(name: str, there: str, value: str) -> str:
    return f"{name} is {there!r}, and not {value!r}" if there else f"{name} is gone: it was {value!r}"


def altered_points(sample: Sample, held: list[Stored]) -> Iterator[Alteration]:
    """What of a sampled point is not held with its labels and its value."""
    for part, value in sample.values.items():
        labels = {**sample.fields, **_labels_of(sample.name, part)}
        what = _point_fault(labels, value, held)
        if what:
            yield Alteration(sample.kind, f"{labels['__name__']} at {sample.time_ns // 1_000_000} ms", what)


def _labels_of(name: str, part: str) -> dict[str, str]:
    """The labels that tell a part of a histogram, or a gauge."""
    kind, _, bound = part.partition(" ")
    named = {"__name__": f"{name}_{kind}" if kind else name}
    return {**named, "le": bound} if bound else named


def _point_fault(labels: dict[str, str], value: float, held: list[Stored]) -> str:
    """What is wrong, or nothing where a series with these labels holds the value."""
    alike = [one for one in held if labels.items() <= one.labels.items()]
    if any(math.isclose(one.value, value, rel_tol=_EXACT) for one in alike):
        return ""
    if alike:
        return f"its value is {alike[0].value:.10g}, and not {value:.10g}"
    own = ("__name__", "le")
    of_metric = [one for one in held if all(one.labels.get(n, "") == labels.get(n, "") for n in own)]
    if not of_metric:
        return "is not held"
    nearest = min(of_metric, key=lambda one: len(labels.items() - one.labels.items()))
    name, wanted = min(labels.items() - nearest.labels.items())
    return _changed(name, nearest.labels.get(name, ""), wanted)


def kind_of_key(kind: str) -> str:
    """The signal that records of a kind are of."""
    return {SPANS: "traces", LOG_RECORDS: "logs"}.get(kind, "metrics")
