"""What an interrupted run left behind: read, held against itself, and laid out for going on."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from otelsim import __version__
from otelsim.errors import InputError, at
from otelsim.runner import manifest
from otelsim.runner.folder import MANIFEST, Folder
from otelsim.runner.journal import Past
from otelsim.runner.leaving import is_as_left, words_left
from otelsim.runner.preparing import Prepared
from otelsim.runner.sealing import sealed
from otelsim.runner.target import JSONL, OTLP, OTLP_FILE, PARQUET, Target
from otelsim.runner.verifying import Stored, stored
from otelsim.runner.worker import JOURNAL
from otelsim.scenario import Scenario, from_manifest
from otelsim.sinks.files import SUFFIX

Entry = dict[str, Any]
MOST_LANES = 100_000


class Gap(NamedTuple):
    """Slices of a lane that are to be made again where they stood: from the end of ``before`` to that of ``after``."""

    lane: int
    slices: tuple[int, ...]
    begins: dict[str, int]
    """By signal, where the gap begins in the lane's file."""
    ends: dict[str, int]


class Layout(NamedTuple):
    """How a run stands: its slices that are whole, and the gaps between them. What is behind them is still to do."""

    whole: list[Entry]
    gaps: list[Gap]


def check_head(past: Past, folder: Path) -> None:
    """InputError where the journal is of another version, or of another run than the manifest beside it."""
    path, head = folder / JOURNAL, past.head
    if "replay" in head:
        again = "the same `otelsim replay` with --resume goes on with it"
        raise InputError(at(path, 1), f"is the journal of a replay: {again}")
    _require_head(path, head)
    if head.get("format") != manifest.FORMAT or head.get("otelsim") != __version__:
        raise InputError(at(path, 1), f"the run was begun by otelsim {head.get('otelsim')}, and this is {__version__}")
    other = folder / MANIFEST
    if not other.exists():
        return
    try:
        beside = json.loads(other.read_text("utf-8"))
    except (OSError, ValueError):
        past.faults.append(f"{other}: is damaged: it is made again")
        return
    if not isinstance(beside, dict) or sealed(beside) != beside or "documents" not in beside:
        past.faults.append(f"{other}: is damaged: it is made again")
        return
    if difference := differing(head, beside):
        raise InputError(str(other), f"is of another run than the journal: {difference}")
    past.faults.extend(f"{folder / name}: is damaged: it is made again" for name in manifest.damaged(beside, folder))


def check_expected(past: Past, expected: dict[str, Any]) -> None:
    """InputError where the journal is of another run than that with the head ``expected``, wherever it is sent."""
    as_read = json.loads(json.dumps(expected))
    ours, asked = ({k: v for k, v in head.items() if k != "sending"} for head in (past.head, as_read))
    if difference := differing(ours, asked, "here"):
        raise InputError("--resume", f"the run in the folder is another one: {difference}")


def _require_head(path: Path, head: dict[str, Any]) -> None:
    """InputError where the journal's first line, though it is as it was written, is none of ours."""
    workers = head.get("workers")
    known = head.get("sink") in (JSONL, OTLP, OTLP_FILE, PARQUET) and head.get("compress") in (
        None,
        *filter(None, SUFFIX),
    )
    told = head.get("sink") in (JSONL, PARQUET) or isinstance(head.get("notation"), dict)
    sending = head.get("sink") != OTLP or isinstance(head.get("sending"), dict)
    if not (type(workers) is int and 1 <= workers <= MOST_LANES and known and told and sending):
        raise InputError(at(path, 1), "the first line is no journal's: workers, sink, compress or notation are unknown")


def _is_entry(entry: Entry, slices: int, lanes: int, target: Target) -> bool:
    """Whether a line of the journal can be one of this run's."""
    number = entry["slice"]
    if type(number) is not int or not 0 <= number < slices or entry.get("lane") != target.lane(number, lanes):
        return False
    return isinstance(entry.get("tally"), dict) and all(_is_extent(entry.get(name)) for name in target.signals)


def _is_extent(extent: Any) -> bool:
    if not isinstance(extent, dict) or not isinstance(extent.get("digest"), str):
        return False
    if not isinstance(extent.get("stored_digest", ""), str):
        return False
    return all(type(extent.get(k)) is int and extent[k] >= 0 for k in ("offset", "bytes", "content_bytes"))


def too_long(folder: Folder, target: Target, entries: list[Entry], damaged: set[int]) -> list[str]:
    """Published files with something behind their last slice, one line each; one that is ``damaged`` is no end."""
    told = []
    for lane in {e["lane"] for e in entries} if target.has_files else ():
        last = max((e for e in entries if e["lane"] == lane), key=lambda e: int(e["slice"]))
        if last["slice"] in damaged:
            continue
        for name in target.signals:
            path, end = folder.path / target.file_name(name, lane), last[name]["offset"] + last[name]["bytes"]
            if path.exists() and path.stat().st_size > end:
                told.append(f"{path}: has more than its slices: that is cut off")
    return told


def differing(ours: dict[str, Any], theirs: dict[str, Any], there: str = "there") -> str:
    """The first thing in which two heads differ, the scenario's parameters first; empty where they are one run's."""
    mine, others = ours.get("scenario"), theirs.get("scenario")
    if not isinstance(mine, dict) or not isinstance(others, dict):
        return "it has no scenario"
    for key in (*mine, *(k for k in others if k not in mine)):
        if mine.get(key) != others.get(key):
            return f"{key} is {_shown(others, key)} {there}, and {_shown(mine, key)} in the journal"
    for key in (k for k in ours if k not in ("scenario", manifest.WORLD_PATH)):
        if ours[key] != theirs.get(key):
            return f"{key} is {_shown(theirs, key)} {there}, and {_shown(ours, key)} in the journal"
    return ""


def _shown(values: dict[str, Any], key: str) -> str:
    text = json.dumps(values[key]) if key in values else "not given"
    return text if len(text) <= 80 else text[:77] + "..."


def scenario_of(past: Past, path: Path) -> Scenario:
    """The scenario of a journal; InputError where it has none."""
    try:
        return from_manifest(past.head["scenario"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(at(path, 1), f"scenario: {error!r}") from None


def check_tables(past: Past, prepared: Prepared, path: Path) -> None:
    """InputError where what decides the data is no longer what the run was begun with."""
    if past.head.get("tables") != manifest.tables_digest(prepared):
        world = prepared.scenario.world
        raise InputError(at(path, 1), f"the world {world!r} is no longer the one that the run was begun with")


def to_read(folder: Folder, target: Target, entries: list[Entry]) -> list[Stored]:
    """The files whose slices are to be read back: all of which it is not known that they are as the run left them."""
    if not target.has_files:
        return []
    words = words_left(folder.path / JOURNAL)
    files = stored(target, entries, folder.file)
    return [f for f in files if not is_as_left(f.path, words.get(f.name), f.size)]


def of_this_run(past: Past, slices: int, lanes: int, target: Target) -> list[Entry]:
    """The journal's entries, the last one of a slice alone, that a run of so many slices and lanes can have."""
    found = {}
    for entry in past.entries:
        number = entry["slice"]
        if _is_entry(entry, slices, lanes, target):
            found[number] = entry
        else:
            past.faults.append(f"slice {number} of the journal is none of this run's: it is left out")
    return [found[number] for number in sorted(found)]


def laid_out(entries: Iterable[Entry], damaged: set[int], lanes: int, signals: tuple[str, ...]) -> Layout:
    """The layout of a run whose ``damaged`` slices are to be made again; ``entries`` are in the order of slices."""
    whole, gaps = list[Entry](), list[Gap]()
    for lane in range(lanes):
        at_begin = dict.fromkeys(signals, 0)
        missing, due = list[int](), lane
        for entry in (e for e in entries if e["lane"] == lane):
            missing += range(due, entry["slice"], lanes)
            due = entry["slice"] + lanes
            if entry["slice"] in damaged:
                missing.append(entry["slice"])
                continue
            if missing:
                gaps.append(Gap(lane, tuple(missing), at_begin, {name: entry[name]["offset"] for name in signals}))
                missing = []
            whole.append(entry)
            at_begin = {name: entry[name]["offset"] + entry[name]["bytes"] for name in signals}
    return Layout(whole, gaps)
