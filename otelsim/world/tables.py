"""Reading a world's files line by line; every fault is kept with its place instead of stopping the reading."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from otelsim.errors import FixtureErrors, InputError, at
from otelsim.world.row import Row

Lines = list[tuple[int, str]]
LONGEST = 300
"""Characters of a fault that are shown: a cell may be megabytes long."""


@dataclass
class Folder:
    """A world's folder and the faults found in it so far, in the order in which its files were opened."""

    path: Path
    _found: list[tuple[int, int, InputError]] = field(default_factory=list)
    _order: dict[str, int] = field(default_factory=dict)

    def fault(self, name: str, line: int, message: str) -> None:
        """Keep one fault of line ``line`` (from 1) of the file ``name``."""
        rank = self._order.setdefault(name, len(self._order))
        short = message if len(message) <= LONGEST else message[:LONGEST] + "…"
        self._found.append((rank, line, InputError(at(self.path / name, line), short)))

    def finish(self) -> None:
        """Raise FixtureErrors with all faults, by file and line, if there are any."""
        if self._found:
            raise FixtureErrors([fault for _, _, fault in sorted(self._found, key=lambda f: f[:2])])

    def text(self, name: str) -> str | None:
        """The whole file, or None after a fault; lines end with a line feed only."""
        self._order.setdefault(name, len(self._order))
        raw = self._bytes(name)
        if raw is None:
            return None
        decoded = [self._decoded(name, number, part) for number, part in enumerate(raw.split(b"\n"), 1)]
        return None if None in decoded else "\n".join(line for line in decoded if line is not None)

    def lines(self, name: str) -> Lines | None:
        """The numbered lines that are neither blank nor a comment; None if the file cannot be read."""
        self._order.setdefault(name, len(self._order))
        raw = self._bytes(name)
        if raw is None:
            return None
        decoded = ((number, self._decoded(name, number, part)) for number, part in enumerate(raw.split(b"\n"), 1))
        return [(number, line) for number, line in decoded if line and line.strip() and not line.startswith("#")]

    def table(self, name: str, columns: Sequence[str], extra: Iterable[str] | None = ()) -> list[Row]:
        """The rows of a tab-separated file with a header; ``extra`` are more columns it must have (None: may have)."""
        lines = self.lines(name)
        if lines is None:
            return []
        if not lines:
            self.fault(name, 1, "the header line is missing")
            return []
        (number, header), *body = lines
        names = header.split("\t")
        if not self._header_holds(name, number, names, columns, extra):
            return []
        rows = (self._row(name, line, text, names, len(names)) for line, text in body)
        return [row for row in rows if row is not None]

    def headless(self, name: str, columns: Sequence[str]) -> list[Row]:
        """The rows of a file without header, whose last column (json) may be left out."""
        rows = (self._row(name, line, text, columns, len(columns) - 1) for line, text in self.lines(name) or [])
        return [row for row in rows if row is not None]

    def _bytes(self, name: str) -> bytes | None:
        path = self.path / name
        try:
            if not path.exists():
                self.fault(name, 1, "the file is missing")
            elif not path.is_file():
                self.fault(name, 1, "this is not a regular file")
            else:
                return path.read_bytes()
        except (OSError, ValueError) as error:
            self.fault(name, 1, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")
        return None

    def _decoded(self, name: str, number: int, part: bytes) -> str | None:
        try:
            line = part.decode("utf-8")
        except UnicodeDecodeError:
            self.fault(name, number, "invalid UTF-8")
            return None
        bad = next((c for c in line if c != "\t" and unicodedata.category(c) in ("Cc", "Zl", "Zp")), None)
        if bad is None:
            return line
        self.fault(name, number, f"control character U+{ord(bad):04X}")
        return None

    def _header_holds(
        self, name: str, line: int, names: list[str], columns: Sequence[str], extra: Iterable[str] | None
    ) -> bool:
        known = [*columns, *(extra or ())]
        faults = [f"the column {c!r} is missing" for c in known if c not in names]
        if extra is not None:
            faults += [f"unknown column {c!r}" for c in names if c not in known]
        faults += [f"the column {c!r} is there twice" for c in dict.fromkeys(names) if names.count(c) > 1]
        for message in faults:
            self.fault(name, line, message)
        return not faults

    def _row(self, name: str, line: int, text: str, columns: Sequence[str], fewest: int) -> Row | None:
        cells = text.split("\t")
        if fewest <= len(cells) <= len(columns):
            padded = cells + [""] * (len(columns) - len(cells))
            return Row(dict(zip(columns, padded, strict=True)), lambda message: self.fault(name, line, message))
        expected = f"{len(columns)}" if fewest == len(columns) else f"{fewest} or {len(columns)}"
        self.fault(name, line, f"{len(cells)} columns, expected {expected}")
        return None
