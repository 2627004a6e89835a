"""What was found: a line a check, with a verdict and what to change."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

OK, WARNING, PROBLEM, NOT_ASKED = "ok", "warning", "problem", "not asked"
"""Verdicts: the run arrives whole; look at it; it would not arrive whole; nobody asked."""


class Finding(NamedTuple):
    """One check of one endpoint or store."""

    verdict: str
    of: str
    """The URL that was asked, without user info and query."""
    check: str
    text: str
    """What was found."""
    change: str = ""
    """What to change, where something is to be."""

    def __str__(self) -> str:
        return f"{self.text}: {self.change}" if self.change else self.text


def count(findings: Iterable[Finding], verdict: str) -> int:
    """How many have this verdict."""
    return Counter(each.verdict for each in findings)[verdict]


def as_json_values(findings: list[Finding]) -> dict[str, Any]:
    """For programs: ``ok`` (no problem), ``problems``, ``warnings``, and ``findings`` in the order of the checks."""
    problems, warnings = count(findings, PROBLEM), count(findings, WARNING)
    rows = [each._asdict() for each in findings]
    return {"ok": not problems, "problems": problems, "warnings": warnings, "findings": rows}
