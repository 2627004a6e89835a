"""What was found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from otelsim.verify.comparing import Alteration, Difference
from otelsim.verify.counts import DAY_S, Counts

WHOLE, NOT_WHOLE = "whole", "not whole"


class Total(NamedTuple):
    """All records of a kind."""

    verdict: str
    kind: str
    sent: int
    held: int
    missing: int
    doubled: int
    altered: int
    """Days and services whose values are others."""


@dataclass
class Report:
    """What was compared, and how it came out."""

    run_id: str
    totals: list[Total] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    sampled: dict[str, int] = field(default_factory=dict)
    """Records compared field by field, by kind."""
    alterations: list[Alteration] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """Why a store could not be asked, a line each."""

    @property
    def ok(self) -> bool:
        """The run is there as it was sent, as far as was asked."""
        return not (self.differences or self.alterations or self.silent)

    def add(self, wanted: Counts, held: Counts, found: list[Difference]) -> None:
        """Take in what a store was asked for its counts."""
        self.differences += found
        for kind in sorted({key.kind for key in wanted | held}):
            self.totals.append(_total(kind, wanted, held, found))

    def conclusion(self) -> str:
        """What is wrong, in one line; nothing where all is well."""
        counted = {
            "missing": sum(total.missing for total in self.totals),
            "doubled": sum(total.doubled for total in self.totals),
            "altered": sum(total.altered for total in self.totals) + len(self.alterations),
        }
        told = [f"{n:,} {what}" for what, n in counted.items() if n]
        return ", ".join(told)


def _total(kind: str, wanted: Counts, held: Counts, found: list[Difference]) -> Total:
    sent, there = (sum(count.records for key, count in c.items() if key.kind == kind) for c in (wanted, held))
    own = [each for each in found if each.key.kind == kind]
    sums = (sum(each.missing for each in own), sum(each.doubled for each in own), sum(bool(d.altered) for d in own))
    return Total(NOT_WHOLE if own else WHOLE, kind, sent, there, *sums)


def day_of(day: int) -> str:
    """A day's date."""
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}"


def as_json_values(report: Report) -> dict[str, Any]:
    """For programs: ``ok``, totals, every difference and alteration, and the stores that could not be asked."""
    return {
        "ok": report.ok,
        "run_id": report.run_id,
        "totals": [total._asdict() for total in report.totals],
        "differences": list(_differences(report)),
        "sampled": report.sampled,
        "alterations": [each._asdict() for each in report.alterations],
        "silent": report.silent,
    }


def _differences(report: Report) -> Iterator[dict[str, Any]]:
    for each in report.differences:
        values = each._asdict()
        key = values.pop("key")
        yield {"kind": key.kind, "day": day_of(key.day), "service_id": key.service, **values}
