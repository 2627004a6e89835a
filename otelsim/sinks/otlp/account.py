"""What became of every record: generated = acknowledged + rejected + pending, by signal."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_KINDS = 20
"""Different reasons kept for a signal: a receiver that never says the same twice must not fill the memory."""
OTHER, PARTIAL = "other", "partial success"
"""Kinds of refusals: those beyond MOST_KINDS, and records rejected of a request that was accepted."""
BEFORE = "rejected before the run was interrupted"
UNEXPLAINED = "records were rejected without a message"


@dataclass
class Note:
    """A reason: the first text, and how many requests and records it was given for."""

    text: str
    requests: int = 0
    records: int = 0


@dataclass
class Tally:
    """One signal's records. The four are counted each on its own, so that their equation can fail."""

    generated: int = 0
    acknowledged: int = 0
    rejected: int = 0
    pending: int = 0
    resent: int = 0
    """Records of requests that were sent once more: as many may have arrived twice."""
    requests: int = 0
    """Requests that were answered for good."""
    refusals: dict[str, Note] = field(default_factory=dict)
    """Why records were rejected, by kind."""
    warnings: dict[str, Note] = field(default_factory=dict)
    """What receivers said about requests that they accepted."""

    @property
    def closes(self) -> bool:
        """Whether nothing was lost or counted twice."""
        return self.generated == self.acknowledged + self.rejected + self.pending and self.pending >= 0

    def merge(self, other: "Tally") -> None:
        """Add another worker's."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.refusals, other.refusals), (self.warnings, other.warnings)):
            for kind, note in theirs.items():
                _note(mine, kind, note)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        notes = {name: {k: vars(n).copy() for k, n in getattr(self, name).items()} for name in NOTES}
        return {name: getattr(self, name) for name in COUNTS} | notes


COUNTS = ("generated", "acknowledged", "rejected", "pending", "resent", "requests")
NOTES = ("refusals", "warnings")


def _note(notes: dict[str, Note], kind: str, new: Note) -> None:
    if kind not in notes and len(notes) >= MOST_KINDS:
        kind = OTHER
    kept = notes.setdefault(kind, Note(new.text))
    kept.requests += new.requests
    kept.records += new.records


class Account:
    """The tallies of all signals; threads may write and read it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[str, Tally] = {}

    def generated(self, signal: str, records: int) -> None:
        """``records`` are on their way."""
        with self._lock:
            tally = self._tally(signal)
            tally.generated += records
            tally.pending += records

    def acknowledged(self, signal: str, records: int, rejected: int = 0, message: str = "") -> None:
        """A request was accepted, but for ``rejected`` of its ``records``."""
        with self._lock:
            tally = self._tally(signal)
            tally.requests += 1
            tally.acknowledged += records - rejected
            tally.rejected += rejected
            tally.pending -= records
            if rejected:
                _note(tally.refusals, PARTIAL, Note(message or UNEXPLAINED, 1, rejected))
            if rejected or message:
                _note(tally.warnings, message or UNEXPLAINED, Note(message or UNEXPLAINED, 1, rejected))

    def recalled(self, signal: str, records: int, rejected: int) -> None:
        """A request was answered for before the run was interrupted, and is not sent again."""
        self.generated(signal, records)
        self.acknowledged(signal, records, rejected, BEFORE if rejected else "")

    def refused(self, signal: str, records: int, reason: str) -> None:
        """A request was refused for good; the reason's kind is what stands before its first colon."""
        with self._lock:
            tally = self._tally(signal)
            tally.requests += 1
            tally.rejected += records
            tally.pending -= records
            _note(tally.refusals, reason.partition(":")[0], Note(reason, 1, records))

    def resent(self, signal: str, records: int) -> None:
        """A request is sent once more."""
        with self._lock:
            self._tally(signal).resent += records

    def merge(self, other: "Account | Mapping[str, Any]") -> None:
        """Add another worker's account, or its ``as_dict``."""
        theirs = other.as_dict() if isinstance(other, Account) else other
        with self._lock:
            for signal, values in theirs.items():
                self._tally(signal).merge(_read(values))

    def as_dict(self) -> dict[str, Any]:
        """By signal, for JSON and for other processes."""
        with self._lock:
            return {signal: tally.as_dict() for signal, tally in self._tallies.items()}

    @property
    def closes(self) -> bool:
        """Whether every signal's equation holds."""
        with self._lock:
            return all(tally.closes for tally in self._tallies.values())

    def _tally(self, signal: str) -> Tally:
        return self._tallies.setdefault(signal, Tally())


def _read(values: Mapping[str, Any]) -> Tally:
    notes = {name: {kind: Note(**note) for kind, note in values[name].items()} for name in NOTES}
    return Tally(**{**{name: values[name] for name in COUNTS}, **notes})
