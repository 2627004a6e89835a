"""What a check found: one result a law, as text and as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3
"""Examples kept a law: enough to see the pattern, few enough to read."""
GROUPS = (
    "format",
    "nulls",
    "ids",
    "structure",
    "causes",
    "releases",
    "pairing",
    "persona",
    "exemplar",
    "time",
    "counts",
    "files",
    "coverage",
)
"""The first words of the laws' names, in the order of the report."""


@dataclass
class LawResult:
    """One law on all records it could be tried on."""

    name: str
    title: str
    tried: int = 0
    violations: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """``broken``, ``holds`` or ``not tried`` (no record to try it on)."""
        if self.violations:
            return "broken"
        return "holds" if self.tried else "not tried"

    def add(self, other: "LawResult") -> None:
        """Take in what another slice found of the same law."""
        self.tried += other.tried
        self.violations += other.violations
        self.examples += other.examples[: EXAMPLES - len(self.examples)]


@dataclass
class Report:
    """All laws of a check, in the order of the registry."""

    laws: list[LawResult]

    @property
    def ok(self) -> bool:
        """No law is broken."""
        return not any(law.violations for law in self.laws)


def merge(results: Iterable[list[LawResult]]) -> list[LawResult]:
    """Add up the results of slices, law by law, in order of first appearance."""
    total: dict[str, LawResult] = {}
    for results_of_one in results:
        for found in results_of_one:
            total.setdefault(found.name, LawResult(found.name, found.title)).add(found)
    return list(total.values())


def in_order(laws: list[LawResult]) -> list[LawResult]:
    """Laws by group; within a group as they were written down."""
    return sorted(laws, key=lambda law: GROUPS.index(law.name.split(".")[0]))


def render_text(report: Report) -> str:
    """The report as lines: broken laws carry their examples below them."""
    width = max((len(law.name) for law in report.laws), default=0)
    lines = [line for law in report.laws for line in _lines(law, width)]
    return "\n".join([*lines, "", _conclusion(report)])


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain JSON values."""
    return {
        "ok": report.ok,
        "laws": [
            {
                "name": law.name,
                "title": law.title,
                "verdict": law.verdict,
                "tried": law.tried,
                "violations": law.violations,
                "examples": law.examples,
            }
            for law in report.laws
        ],
    }


def _lines(law: LawResult, width: int) -> list[str]:
    count = f"{law.violations:,} of {law.tried:,}" if law.violations else f"{law.tried:,}"
    head = f"{law.verdict:<9}  {law.name:<{width}}  {count:>15}  {law.title}"
    return [head, *(f"{'':11}- {example}" for example in law.examples)]


def _conclusion(report: Report) -> str:
    broken = sum(law.verdict == "broken" for law in report.laws)
    untried = sum(law.verdict == "not tried" for law in report.laws)
    held = len(report.laws) - broken - untried
    return f"{held} laws hold, {broken} broken, {untried} not tried"
