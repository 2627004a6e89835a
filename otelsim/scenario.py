"""What is asked for: a scenario from TOML and options, resolved once and recorded."""

import re
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from otelsim.errors import InputError, at
from otelsim.times import LATEST_S, duration_s, instant_s, offset_s, rfc3339

SHIPPED = Path(__file__).parent / "scenarios"
LONGEST_S = 100 * 366 * 86_400
"""Longest run: sums over its 5-minute bins stay far inside 64 bits."""
MAX_DEPTH = 32
"""Deepest call tree that can be asked for; node numbers have 10 bits."""
_LONGEST_SHOWN = 100


@dataclass(frozen=True)
class ListedIncident:
    """An incident that the scenario lists; None takes the component's own value."""

    component: str
    start: str
    """An instant, or ``+2d6h`` after the run's start."""
    duration_s: int
    failure_rate: float | None = None
    latency_factor: float | None = None


@dataclass(frozen=True)
class Scenario:
    """A run's parameters. Unresolved: start_s or end_s or the world's numbers may be None."""

    name: str = "year"
    total_events: int = 100_000
    total_users: int = 1_000
    seed: int = 42
    start_s: int | None = None
    end_s: int | None = None
    duration_s: int = 365 * 86_400
    world: str = "social_network"
    call_depth: int = 1
    """Levels of calls below the root; 0 follows the dependencies to their ends."""
    cascade_factor: float | None = None
    propagation: float | None = None
    burst_cv: float | None = None
    metric_interval_s: int = 60
    draw_incidents: bool = True
    min_errors: int = 0
    """`check` demands this many errors of each kind; 0 demands none."""
    incidents: tuple[ListedIncident, ...] = ()

    @property
    def start(self) -> int:
        """Epoch seconds of the resolved run's start."""
        assert self.start_s is not None
        return self.start_s

    @property
    def end(self) -> int:
        """Epoch seconds of the resolved run's end, exclusive."""
        assert self.end_s is not None
        return self.end_s


_INTEGERS = {
    "total_events": (1, 10**12),
    "total_users": (1, 10**9),
    "seed": (0, 2**64 - 1),
    "call_depth": (0, MAX_DEPTH),
    "min_errors": (0, 10**9),
}
_NUMBERS = {"cascade_factor": (0.0, 1e6), "propagation": (0.0, 1.0), "burst_cv": (0.0, 5.0)}
_DURATIONS = {"duration": "duration_s", "metric_interval": "metric_interval_s"}
_INSTANTS = {"start": "start_s", "end": "end_s"}
_TEXTS = ("description", "world")
_INCIDENT_KEYS = ("component", "start", "duration", "failure_rate", "latency_factor")


def load(name_or_path: str) -> Scenario:
    """The shipped scenario of that name, or the TOML file; InputError with ``file:line`` for a fault."""
    path = SHIPPED / f"{name_or_path}.toml"
    if re.fullmatch(r"[a-z_]+", name_or_path) is None or not _is_file(path):
        path = Path(name_or_path)
    if "\0" in name_or_path or not _is_file(path):
        shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.toml")))
        raise InputError("--scenario", f"no scenario or file {name_or_path!r} (shipped: {shipped})")
    return parse(_read(path), path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that nobody may look into
        return False


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        return data.decode()
    except OSError as error:
        raise InputError(at(path, 1), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(at(path, line), f"is not UTF-8 at byte {error.start}") from None


def parse(text: str, path: Path) -> Scenario:
    """A scenario from TOML; ``path`` is for messages and gives the name."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        last = max(1, len(text.splitlines())) if "end of document" in str(error) else 1
        raise InputError(at(path, int(line.group(1)) if line else last), f"not TOML: {error}") from None
    reader = _Reader(text, path)
    values: dict[str, Any] = {"name": path.stem}
    for key, value in table.items():
        if key == "incidents":
            values["incidents"] = reader.incidents(value)
        elif key not in ("description", "start", "end"):
            values.update([reader.field(key, value)])
        elif key != "description":
            values[_INSTANTS[key]] = reader.convert(key, value, _instant)
    return Scenario(**values)


def _instant(value: Any) -> int:
    return instant_s(value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else "")


def checked(key: str, value: Any) -> tuple[str, Any]:
    """The field and its value for a TOML key or option; ValueError says what is wrong."""
    if key in _INTEGERS:
        return key, _within(value, int, _INTEGERS[key])
    if key in _NUMBERS:
        return key, float(_within(value, (int, float), _NUMBERS[key]))
    if key in _DURATIONS and isinstance(value, str):
        return _DURATIONS[key], duration_s(value)
    if key == "draw_incidents" and isinstance(value, bool):
        return key, value
    if key in _TEXTS and isinstance(value, str) and value:
        return key, value
    known = [*_INTEGERS, *_NUMBERS, *_DURATIONS, *_INSTANTS, "draw_incidents", *_TEXTS, "incidents"]
    raise ValueError("has a value of the wrong type" if key in known else f"unknown key (known: {', '.join(known)})")


def _within(value: Any, kind: Any, bounds: tuple[float, float]) -> Any:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise ValueError(f"must be a number, not {_shown(value)}")
    low, high = bounds
    if not low <= value <= high:
        raise ValueError(f"must be from {low} to {high}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value in a message. Python shows neither tables of tables without end nor integers of any length."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_SHOWN:
        return f"a number of over {_LONGEST_SHOWN} digits"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


class _Reader:
    """Turns TOML values into fields, naming the line of what is wrong."""

    def __init__(self, text: str, path: Path) -> None:
        self.lines, self.path = text.splitlines(), path

    def line(self, key: str, table: int = -1) -> int:
        """The line of ``key``, in the table-th ``[[incidents]]`` if not -1."""
        seen = -1
        for number, line in enumerate(self.lines, 1):
            seen += re.match(r"\s*\[\[\s*incidents\s*\]\]", line) is not None
            if seen == table and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
                return number
        return 1

    def convert(self, key: str, value: Any, function: Any, table: int = -1) -> Any:
        """``function(value)``, its ValueError made an InputError at the key's line."""
        try:
            return function(value)
        except ValueError as error:
            raise InputError(at(self.path, self.line(key, table)), f"{key}: {error}") from None

    def field(self, key: str, value: Any) -> tuple[str, Any]:
        """A scalar key's field and value."""
        pair: tuple[str, Any] = self.convert(key, value, lambda v: checked(key, v))
        return pair

    def incidents(self, tables: Any) -> tuple[ListedIncident, ...]:
        """The ``[[incidents]]`` tables."""
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise InputError(at(self.path, self.line("incidents")), "incidents: write [[incidents]] tables")
        return tuple(self._incident(i, table) for i, table in enumerate(tables))

    def _incident(self, i: int, table: dict[str, Any]) -> ListedIncident:
        for key in table:
            if key not in _INCIDENT_KEYS:
                raise InputError(
                    at(self.path, self.line(key, i)), f"{key}: unknown key (known: {', '.join(_INCIDENT_KEYS)})"
                )
        for key in ("component", "start", "duration"):
            if not isinstance(table.get(key), str):
                raise InputError(
                    at(self.path, self.line(key, i)), f"incident {i + 1}: {key} must be given, as a string"
                )
        return ListedIncident(
            table["component"],
            self.convert("start", table["start"], _offset_or_instant, i),
            self.convert("duration", table["duration"], duration_s, i),
            self._number("failure_rate", table, i, (0.0, 1.0)),
            self._number("latency_factor", table, i, (1.0, 1000.0)),
        )

    def _number(self, key: str, table: dict[str, Any], i: int, bounds: tuple[float, float]) -> float | None:
        if key not in table:
            return None
        return float(self.convert(key, table[key], lambda v: _within(v, (int, float), bounds), i))


def _offset_or_instant(text: str) -> str:
    if text.startswith("+"):
        offset_s(text)
    else:
        instant_s(text)
    return text


def incident_start_s(incident: ListedIncident, run_start_s: int) -> int:
    """Epoch seconds at which a listed incident begins."""
    if incident.start.startswith("+"):
        return run_start_s + offset_s(incident.start)
    return instant_s(incident.start)


def resolve(scenario: Scenario, now_s: int) -> Scenario:
    """The time range made explicit: by default ``duration_s`` up to the last UTC midnight before ``now_s``."""
    start, end = scenario.start_s, scenario.end_s
    if end is None:
        end = start + scenario.duration_s if start is not None else now_s // 86_400 * 86_400
    if start is None:
        start = end - scenario.duration_s
    if end >= LATEST_S:
        raise InputError("--end", "a run must end before the year 9999")
    if start < 0:
        raise InputError("--end", f"the run would start before 1970: {scenario.duration_s // 86_400} days earlier")
    if end - start > LONGEST_S:
        raise InputError("--end", f"a run lasts at most 100 years, not {(end - start) // 86_400} days")
    if end <= start:
        raise InputError("--end", f"{rfc3339(end)} is not after the start, {rfc3339(start)}")
    return replace(scenario, start_s=start, end_s=end, duration_s=end - start)


def to_manifest(scenario: Scenario) -> dict[str, Any]:
    """A resolved scenario as JSON values; `from_manifest` turns it back."""
    values = asdict(scenario)
    del values["start_s"], values["end_s"], values["duration_s"]
    return {**values, "start": rfc3339(scenario.start), "end": rfc3339(scenario.end)}


def from_manifest(values: dict[str, Any]) -> Scenario:
    """The scenario of a manifest; ValueError, KeyError or TypeError where it is none."""
    known = {f.name for f in fields(Scenario)}
    start, end = instant_s(values["start"]), instant_s(values["end"])
    rest = {k: v for k, v in values.items() if k in known}
    rest["incidents"] = tuple(ListedIncident(**i) for i in values.get("incidents", ()))
    return Scenario(**rest, start_s=start, end_s=end, duration_s=end - start)
