"""A run's files: what the manifest says of them, and the uncompressed bytes of one slice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from otelsim.errors import InputError
from otelsim.runner.manifest import in_folder
from otelsim.sinks.unpacking import GARBLED, unpacked
from otelsim.world.finding import is_folder

SUFFIXES = {None: "", "zstd": ".zst", "gzip": ".gz"}
SIGNALS = ("logs", "metrics")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MANIFEST_KEYS = ("scenario", "compress", "counts", "files", "slices")


@dataclass(frozen=True)
class RunFiles:
    """A run's directory and the three small files that describe it."""

    directory: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]
    incidents: list[dict[str, Any]]

    @property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario, as the manifest has it."""
        scenario: dict[str, Any] = self.manifest["scenario"]
        return scenario

    @property
    def slices(self) -> list[dict[str, Any]]:
        """One entry a slice."""
        slices: list[dict[str, Any]] = self.manifest["slices"]
        return slices

    def file(self, signal: str, entry: Mapping[str, Any]) -> str:
        """The name of the file that a slice's lines of a signal are in; of a merged run, with its shard's folder."""
        return in_folder(entry, f"{signal}_{entry['lane']}.jsonl{SUFFIXES[self.manifest['compress']]}")

    def path(self, signal: str, entry: Mapping[str, Any]) -> Path:
        """That file."""
        return self.directory / self.file(signal, entry)


def open_run(directory: Path) -> RunFiles:
    """Read a run's manifest, summary and incidents; InputError if ``directory`` is no run."""
    if not is_folder(directory):
        raise InputError(str(directory), "no such directory")
    manifest = _json(directory / "manifest.json")
    _require(directory / "manifest.json", manifest)
    incidents = directory / "incidents.jsonl"
    lines = _text(incidents).splitlines()
    rows = [
        _require_incident(incidents, _object(incidents, line, number), number) for number, line in enumerate(lines, 1)
    ]
    return RunFiles(directory, manifest, _json(directory / "summary.json"), rows)


def stored(run: RunFiles, entry: dict[str, Any], signal: str) -> bytes:
    """The stored bytes of a slice; fewer than promised where the file ends early."""
    with run.path(signal, entry).open("rb") as file:
        file.seek(entry[signal]["offset"])
        return file.read(entry[signal]["bytes"])


def plain(packed: bytes, compress: str | None) -> bytes:
    """Undo ``compress``; ValueError where the bytes are no whole frames or members."""
    try:
        return b"".join(unpacked([packed], compress))
    except GARBLED as error:
        raise ValueError(str(error)) from error


def microseconds(text: str) -> int:
    """Epoch microseconds of an RFC 3339 time."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _require(path: Path, manifest: dict[str, Any]) -> None:
    missing = [key for key in _MANIFEST_KEYS if key not in manifest]
    if missing:
        raise InputError(str(path), f"has no {', '.join(missing)}: not the manifest of a run")
    if (sink := manifest.get("sink", "jsonl")) != "jsonl":
        raise InputError(
            str(path), f"the run went to --sink {sink}: what can be read back is the JSON lines of --sink jsonl"
        )
    if "shard" in manifest:
        raise InputError(str(path), "is that of one shard of a run: `otelsim merge` joins them, to be checked as one")
    if manifest["compress"] not in SUFFIXES:
        raise InputError(str(path), f"unknown compress {manifest['compress']!r}")
    try:
        if not isinstance(manifest["slices"], list):
            raise TypeError("slices must be a list")
        for entry in manifest["slices"]:
            _require_slice(entry)
        sizes = [manifest["files"][name][key] for name in manifest["files"] for key in ("bytes", "records")]
        dict(manifest["scenario"]), dict(manifest["counts"]), sum(sizes)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(str(path), f"is garbled: {error!r}") from error


def _require_slice(entry: dict[str, Any]) -> None:
    """KeyError, TypeError or ValueError where something of a slice's row is missing or no number."""
    sum(entry[key] for key in ("slice", "lane", "requests", "calls", "points"))
    sum(entry[signal][key] for signal in SIGNALS for key in ("offset", "bytes"))
    "".join(entry[signal]["digest"] for signal in SIGNALS)
    microseconds(entry["start"]), microseconds(entry["end"])


def _require_incident(path: Path, incident: dict[str, Any], line: int) -> dict[str, Any]:
    try:
        str(incident["component"]), microseconds(incident["start"]), microseconds(incident["end"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}:{line}", f"is no incident: {error!r}") from error
    return incident


def _json(path: Path) -> dict[str, Any]:
    return _object(path, _text(path), 1)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read, so this is no run: {error}") from error


def _object(path: Path, text: str, line: int) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}:{line}", f"is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}:{line}", "is no JSON object")
    return value
