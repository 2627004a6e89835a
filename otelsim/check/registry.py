"""The laws by name: those of a slice (over frames) and those of the whole run (over the tally)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from otelsim.check.report import EXAMPLES, LawResult

if TYPE_CHECKING:
    import polars as pl

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Finding:
    """What one law found: how many records it was tried on, how many break it, and a few of those."""

    tried: int
    violations: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Law(Generic[Subject]):
    """A named rule; ``title`` quotes it in a line."""

    name: str
    title: str
    judge: Callable[[Subject], Finding]

    def __call__(self, subject: Subject) -> Finding:
        """Judge ``subject``."""
        return self.judge(subject)

    def result(self, subject: Subject) -> LawResult:
        """The finding on ``subject``, under the law's name."""
        found = self(subject)
        return LawResult(self.name, self.title, found.tried, found.violations, list(found.examples))


class Registry(Generic[Subject]):
    """Laws in the order they were written down, with no name twice."""

    def __init__(self) -> None:
        self.laws: dict[str, Law[Subject]] = {}

    def law(self, name: str, title: str) -> Callable[[Callable[[Subject], Finding]], Law[Subject]]:
        """Register the decorated function as the law ``name``."""

        def register(judge: Callable[[Subject], Finding]) -> Law[Subject]:
            if name in self.laws:
                raise ValueError(f"law {name} is there already")
            self.laws[name] = Law(name, title, judge)
            return self.laws[name]

        return register

    def results(self, subject: Subject) -> list[LawResult]:
        """Every law's result on ``subject``."""
        return [law.result(subject) for law in self.laws.values()]


def judged(frame: "pl.DataFrame", bad: "pl.Expr", *shown: str) -> Finding:
    """Try ``bad`` on every row; a row that cannot be judged (null) breaks the law. ``shown`` columns tell of it.

    ``frame`` has a column ``log_line`` or ``point_line``: where its rows stand in the slice.
    """
    broken = frame.filter(bad.fill_null(True))
    line = "log_line" if "log_line" in frame.columns else "point_line"
    rows = broken.head(EXAMPLES).select(line, *shown).iter_rows()
    return Finding(frame.height, broken.height, tuple(_example(line, shown, row) for row in rows))


def compared(differences: list[str], tried: int) -> Finding:
    """A finding of ``tried`` comparisons, of which ``differences`` came out wrong."""
    return Finding(tried, len(differences), tuple(differences[:EXAMPLES]))


def _example(line: str, shown: tuple[str, ...], row: tuple[object, ...]) -> str:
    told = ", ".join(f"{name}={value}" for name, value in zip(shown, row[1:], strict=True))
    return f"{line.replace('_', ' ')} {row[0]}: {told}"
