"""What slices count, added up over the run: for laws that no slice can judge alone."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from otelsim.check.files import RunFiles

if TYPE_CHECKING:
    from otelsim.scenario import Scenario
    from otelsim.world.model import World

Counts = Counter[str]


@dataclass
class Tally:
    """Counts of one slice, or of all."""

    totals: Counts = field(default_factory=Counter)
    """requests, spans, logs, points; quick (fast successes) and quick_exemplars."""
    stored: Counts = field(default_factory=Counter)
    """Records by file name."""
    personas: Counts = field(default_factory=Counter)
    """Requests by persona."""
    stacks: Counts = field(default_factory=Counter)
    services: Counts = field(default_factory=Counter)
    levels: Counts = field(default_factory=Counter)
    sources: Counts = field(default_factory=Counter)
    edges: Counts = field(default_factory=Counter)
    """Cascades by ``stack:service -> dependency``."""
    users: dict[str, str] = field(default_factory=dict)
    """The persona that a user was first seen with."""
    turncoats: dict[str, str] = field(default_factory=dict)
    """Users seen with a second persona, and both."""

    def add(self, other: "Tally") -> None:
        """Take in another slice's tally."""
        for name in ("totals", "stored", "personas", "stacks", "services", "levels", "sources", "edges"):
            getattr(self, name).update(getattr(other, name))
        self.turncoats.update(other.turncoats)
        self.meet(other.users.items())

    def meet(self, seen: Iterable[tuple[str, str]]) -> None:
        """Note users and the personas they were seen with."""
        for user, persona in seen:
            known = self.users.setdefault(user, persona)
            if known != persona:
                self.turncoats[user] = f"{known} and {persona}"


@dataclass(frozen=True)
class RunTally:
    """All that the laws of a run look at."""

    run: RunFiles
    scenario: "Scenario"
    world: "World"
    tally: Tally
    duplicates: Callable[[str], tuple[int, list[int]]]
    """Of ``trace_id``, ``span_id`` or ``request_id``: how many, and those found more than once."""

    def file(self, name: str) -> Path:
        """A file of the run."""
        return self.run.directory / name
