"""One row of a world's file: its cells as checked values. A bad cell is told and becomes a harmless default."""

import json
import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from otelsim.world.ids import word_fault

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
WHOLE = re.compile(r"[0-9]{1,15}")
CODE = re.compile(r"[45][0-9][0-9]")
HUGE = 1e12
"""No number in a world may be larger: sums and products of a few stay far from the limits of a float."""
SMALL = 1e-9
"""The least value of a number that may not be zero, for the same reason."""


@dataclass
class Row:
    """The cells of one line by column name, and where its faults go."""

    cells: dict[str, str]
    fault: Callable[[str], None]

    def text(self, column: str) -> str:
        """A cell that may not be empty."""
        cell = self.cells[column]
        if not cell.strip():
            self.fault(f"{column} is empty")
        return cell

    def word(self, column: str) -> str:
        """A cell that can be a part of an id."""
        cell = self.cells[column]
        fault = word_fault(cell)
        if fault:
            self.fault(f"{column}: {fault}")
        return cell

    def words(self, column: str, count: int) -> list[str]:
        """The ``count`` parts of an id, or [] after a fault."""
        parts = self.cells[column].split(":")
        if len(parts) != count:
            self.fault(f"{column} {self.cells[column]!r} has {len(parts)} parts, expected {count}")
            return []
        faults = [fault for fault in map(word_fault, parts) if fault]
        for fault in faults:
            self.fault(f"{column} {self.cells[column]!r}: {fault}")
        return [] if faults else parts

    def choice(self, column: str, options: Collection[str]) -> str:
        """One of the options."""
        cell = self.cells[column]
        if cell not in options:
            self.fault(f"{column} {cell!r} is none of {' '.join(options)}")
        return cell

    def flag(self, column: str) -> bool:
        """``true`` or ``false``."""
        return self.choice(column, ("true", "false")) == "true"

    def number(self, column: str, low: float = 0.0, high: float = HUGE) -> float:
        """A finite number from ``low`` to ``high``."""
        return self._ranged(column, self.cells[column], low, high)

    def whole(self, column: str, low: int = 0, high: int = 10**12) -> int:
        """A whole number from ``low`` to ``high``."""
        cell = self.cells[column]
        if not WHOLE.fullmatch(cell):
            self.fault(f"{column} {cell!r} is not a whole number")
            return low
        return int(self._in_range(column, int(cell), low, high))

    def numbers(self, column: str, count: int) -> tuple[float, ...]:
        """``count`` comma-separated weights, scaled to mean 1."""
        cells = self.cells[column].split(",")
        if len(cells) != count:
            self.fault(f"{column} has {len(cells)} values, expected {count}")
            return (1.0,) * count
        values = [self._ranged(column, cell.strip(), 0.0, HUGE) for cell in cells]
        total = math.fsum(values)
        if total < SMALL:
            self.fault(f"{column} adds up to zero")
            return (1.0,) * count
        return tuple(value * count / total for value in values)

    def codes(self, column: str) -> tuple[str, ...]:
        """Comma-separated error codes, each 400 to 599."""
        codes = tuple(self.cells[column].split(","))
        for code in codes:
            if not CODE.fullmatch(code):
                self.fault(f"{column} {code!r} is not an error code from 400 to 599")
        return codes

    def json(self, column: str, keys: Collection[str]) -> dict[str, Any]:
        """The object in a json cell ({} where it is empty), with none but the given keys."""
        cell = self.cells[column]
        if not cell.strip():
            return {}
        try:
            found = json.loads(cell, parse_constant=_refuse, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            self.fault(f"bad json: {error}")
            return {}
        if not isinstance(found, dict):
            self.fault("bad json: not an object")
            return {}
        for key in found:
            if key not in keys:
                self.fault(f"unknown json key {key!r}")
        return found

    def json_number(self, found: dict[str, Any], key: str, low: float, high: float) -> float | None:
        """The number under a json key, or None if it is missing or not a number."""
        value = found.get(key)
        if value is None and key not in found:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(f"{key} {value!r} is not a number")
            return None
        return self._in_range(key, value, low, high)

    def _ranged(self, column: str, cell: str, low: float, high: float) -> float:
        if not NUMBER.fullmatch(cell):
            self.fault(f"{column} {cell!r} is not a number")
            return low
        return self._in_range(column, float(cell), low, high)

    def _in_range(self, what: str, value: float, low: float, high: float) -> float:
        if low <= value <= high:
            return float(value)
        self.fault(f"{what} {value:g} is not from {low:g} to {high:g}" if abs(value) < HUGE else f"{what} is too large")
        return float(low)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a json number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found
