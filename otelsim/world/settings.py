"""The world's own numbers: ``world.toml``."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from otelsim.world.ids import word_fault
from otelsim.world.model import Settings
from otelsim.world.row import CODE, HUGE
from otelsim.world.tables import Folder

SETTINGS = "world.toml"
KEYS = ("name", *Settings.__dataclass_fields__)
Range = tuple[float, float]


def read_settings(folder: Folder) -> tuple[str, Settings]:
    """The world's name and its settings; every key must be there, and no other."""
    text = folder.text(SETTINGS)
    document = _Document(folder, text or "", _parsed(folder, text))
    if document.values is not None:
        for key in (*KEYS, *(k for k in document.values if k not in KEYS)):
            if key not in document.values:
                folder.fault(SETTINGS, 1, f"the key {key!r} is missing")
            elif key not in KEYS:
                document.fault(key, f"unknown key {key!r}")
    return document.word("name"), Settings(
        burst_cv=document.number("burst_cv", (0, 3)),
        cascade_factor=document.number("cascade_factor", (0, 1e6)),
        propagation=document.number("propagation", (0, 1)),
        client_error_share=document.number("client_error_share", (0, 1)),
        child_error_factor=document.number("child_error_factor", (0, 1)),
        timed_out_codes=document.codes("timed_out_codes"),
        rejected_factor=document.pair("rejected_factor", (0.001, 1)),
        timed_out_factor=document.pair("timed_out_factor", (1, 100)),
        first_build_num=int(document.number("first_build_num", (1, 1e9), whole=True)),
    )


def _parsed(folder: Folder, text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place = re.search(r" \(at line ([0-9]+), column [0-9]+\)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        folder.fault(SETTINGS, line, f"bad TOML: {re.sub(r' [(]at .*', '', str(error))}")
        return None


@dataclass
class _Document:
    """The parsed file; ``values`` is None where it could not be parsed, and then nothing more is told."""

    folder: Folder
    source: str
    values: dict[str, Any] | None

    def fault(self, key: str, message: str) -> None:
        pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        lines = (n for n, line in enumerate(self.source.split("\n"), 1) if pattern.match(line))
        self.folder.fault(SETTINGS, next(lines, 1), message)

    def get(self, key: str, holds: Callable[[Any], bool], expected: str, default: Any) -> Any:
        if self.values is None or key not in self.values:
            return default
        value = self.values[key]
        if holds(value):
            return value
        self.fault(key, f"{key} is not {expected}")
        return default

    def word(self, key: str) -> str:
        return str(self.get(key, lambda v: isinstance(v, str) and not word_fault(v), "a plain name", ""))

    def number(self, key: str, limits: Range, whole: bool = False) -> float:
        kind = "a whole number" if whole else "a number"
        expected = f"{kind} from {limits[0]:g} to {limits[1]:g}"
        return float(self.get(key, lambda v: _within(v, limits, whole), expected, limits[0]))

    def codes(self, key: str) -> tuple[str, ...]:
        def holds(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(v, str) and CODE.fullmatch(v) for v in value)

        return tuple(self.get(key, holds, 'a list of error codes like ["504"]', ()))

    def pair(self, key: str, limits: Range) -> Range:
        def holds(value: Any) -> bool:
            if not isinstance(value, list) or len(value) != 2:
                return False
            return all(_within(v, limits, False) for v in value) and bool(value[0] <= value[1])

        expected = f"a lowest and a highest factor from {limits[0]:g} to {limits[1]:g}"
        low, high = self.get(key, holds, expected, limits)
        return float(low), float(high)


def _within(value: Any, limits: Range, whole: bool) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and limits[0] <= value <= min(limits[1], HUGE)
