"""What was found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from otelsim.signals.notation import LOGS, METRICS, TRACES
from otelsim.verify.comparing import GONE, OTHER, Alteration, Difference, kind_of_key
from otelsim.verify.counts import Counts, day_of
from otelsim.verify.folding import Finding, folded
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, LOG_RECORDS, POINTS, SPANS

WHOLE, NOT_WHOLE = "whole", "not whole"
SIGNAL_OF = {SPANS: TRACES, LOG_RECORDS: LOGS, POINTS: METRICS, HISTOGRAM_POINTS: METRICS}
"""The signal of a sampled record's kind."""


class Total(NamedTuple):
    """All records of a kind."""

    verdict: str
    kind: str
    sent: int
    held: int
    missing: int
    doubled: int
    altered: int
    """Days and services whose values are others, or which have lost their service_id."""


@dataclass
class Report:
    """What was compared, and how it came out."""

    run_id: str
    totals: list[Total] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    """The differences folded."""
    sampled: dict[str, int] = field(default_factory=dict)
    """Records compared field by field, by kind."""
    alterations: list[Alteration] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What stores whose records are not whole say of themselves."""
    silent: list[str] = field(default_factory=list)
    """Why a store could not be asked, a line each."""

    @property
    def ok(self) -> bool:
        """The run is there as it was sent, as far as was asked."""
        return not (self.differences or self.alterations or self.silent)

    def add(self, wanted: Counts, held: Counts, found: list[Difference]) -> None:
        """Take in what a store was asked for its counts."""
        self.differences += found
        self.findings += folded(found, wanted)
        for kind in sorted({key.kind for key in wanted | held}):
            self.totals.append(_total(kind, wanted, held, found))

    def faults(self, signal: str) -> list[Difference | Alteration]:
        """What is wrong with records of a signal."""
        differences = [each for each in self.differences if kind_of_key(each.key.kind) == signal]
        return [*differences, *(each for each in self.alterations if SIGNAL_OF[each.kind] == signal)]

    def conclusion(self) -> str:
        """What is wrong, in one line; nothing where all is well."""
        fields = sum(each.fault in (GONE, OTHER) for each in self.alterations)
        counted = {
            "missing": sum(total.missing for total in self.totals),
            "doubled": sum(total.doubled for total in self.totals),
            "altered": sum(total.altered for total in self.totals) + fields,
        }
        told = [f"{n:,} {what}" for what, n in counted.items() if n]
        # Sampled records that are not held, or twice, are among those that were counted.
        return ", ".join(told) or (f"{len(self.alterations):,} not held once" if self.alterations else "")


def _total(kind: str, wanted: Counts, held: Counts, found: list[Difference]) -> Total:
    sent, there = (sum(count.records for key, count in c.items() if key.kind == kind) for c in (wanted, held))
    own = [each for each in found if each.key.kind == kind]
    sums = (
        sum(each.missing for each in own),
        sum(each.doubled for each in own),
        sum(bool(d.altered or d.nameless) for d in own),
    )
    return Total(NOT_WHOLE if own else WHOLE, kind, sent, there, *sums)


def as_json_values(report: Report) -> dict[str, Any]:
    """For programs: ``ok``, totals, every difference and alteration, and the stores that could not be asked."""
    return {
        "ok": report.ok,
        "run_id": report.run_id,
        "totals": [total._asdict() for total in report.totals],
        "differences": list(_differences(report)),
        "sampled": report.sampled,
        "alterations": [{**each._asdict(), "what": each.what} for each in report.alterations],
        "findings": [str(each) for each in report.findings],
        "notes": report.notes,
        "silent": report.silent,
    }


def _differences(report: Report) -> Iterator[dict[str, Any]]:
    for each in report.differences:
        values = each._asdict()
        key = values.pop("key")
        yield {"kind": key.kind, "day": day_of(key.day), "service_id": key.service, **values}
