"""What is given to replay: pairs of files of JSON lines, and the manifest of a run where they are one's."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from otelsim.check.files import RunFiles, open_run
from otelsim.errors import InputError, RunError
from otelsim.replay.reading import Stretch, blocks
from otelsim.runner.folder import MANIFEST, holds_journal
from otelsim.world.finding import is_folder

LOGS, METRICS = "logs", "metrics"
_NAME = re.compile(r"(logs|metrics)_(.+)\.jsonl(\.zst|\.gz)?")
_FIRST_BYTES = 1 << 16


class Pair(NamedTuple):
    """Log lines and the metric lines that go with them; one of the two may be missing."""

    logs: Path | None
    metrics: Path | None

    def paths(self) -> list[Path]:
        """Those there are."""
        return [path for path in self if path]


class Given(NamedTuple):
    """All that is to be replayed."""

    pairs: list[Pair]
    run: RunFiles | None
    """The run that the files are, whole and as its manifest tells of them."""
    warnings: list[str]


def given(paths: list[Path]) -> Given:
    """The files of folders, and files; InputError where there is nothing to replay, or something is neither."""
    if len(paths) == 1 and is_folder(paths[0]) and (paths[0] / MANIFEST).exists():
        return _run(paths[0])
    found = [file for path in paths for file in (_of_folder(path) if is_folder(path) else [_file(path)])]
    return Given(_paired(found), None, [])


def _run(folder: Path) -> Given:
    run = open_run(folder)
    files = _of_run(run)
    sizes = {name: file["bytes"] for name, file in run.manifest["files"].items()}
    there = {name: path.stat().st_size for name, path in files.items()}
    pairs = _paired(list(files.values()))
    if sizes == there:
        return Given(pairs, run, [])
    other = sorted(name for name in sizes.keys() | there.keys() if sizes.get(name) != there.get(name))
    warning = f"{folder / other[0]}: is not as {MANIFEST} tells of it: the files are taken as they are"
    return Given(pairs, None, [warning])


def _of_run(run: RunFiles) -> dict[str, Path]:
    """A run's files by their names; those of one that was merged are in the folders of its shards."""
    names = [name for name in run.manifest["files"] if "/" in name]
    if not names:
        return {path.name: path for path in _of_folder(run.directory)}
    return {name: run.directory / name for name in sorted(names) if (run.directory / name).is_file()}


def _of_folder(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())
    if found:
        return found
    if holds_journal(folder):
        raise InputError(str(folder), f"the run is not finished: `otelsim resume {folder}` goes on with it")
    raise InputError(str(folder), "has no logs_N.jsonl and no metrics_N.jsonl (plain, .zst or .gz)")


def _file(path: Path) -> Path:
    try:
        if path.is_file():
            return path
    except OSError:  # a name that is too long, or a folder that nobody may look into
        pass
    raise InputError(str(path), "no such file or folder")


def _paired(files: Iterable[Path]) -> list[Pair]:
    """Files of the same folder and number, in the order of their names; others alone."""
    pairs: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in {path.resolve(): path for path in files}.values():
        match = _NAME.fullmatch(path.name)
        kind, key = (match[1], (path.parent, match[2])) if match else (_kind(path), (path, ""))
        pair = pairs.setdefault(key, {})
        if kind in pair:
            raise InputError(str(path), f"goes by the same name as {pair[kind]}")
        pair[kind] = path
    return [Pair(pair.get(LOGS), pair.get(METRICS)) for pair in pairs.values()]


def _kind(path: Path) -> str:
    """What the first line of a file is."""
    try:
        first = next(blocks(path, Stretch(), _FIRST_BYTES), None)
        record: Any = json.loads(first.text().split(b"\n", 1)[0]) if first else {}
    except (RunError, ValueError, RecursionError):
        record = {}
    keys = record.keys() if isinstance(record, dict) else set()
    if {"timestamp", "level"} <= keys:
        return LOGS
    if {"metric", "value"} <= keys:
        return METRICS
    raise InputError(f"{path}:1", "is neither a log line nor a metric line in the documented formats")
