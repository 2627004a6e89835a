"""The files of a run held against the digests of its manifest, without a look at what their records say."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import xxhash

from otelsim.check.report import EXAMPLES, LawResult, Report
from otelsim.errors import InputError
from otelsim.runner import manifest
from otelsim.runner.folder import MANIFEST
from otelsim.runner.sealing import sealed
from otelsim.runner.target import JSONL, OTLP_FILE, PARQUET, Target, target_of
from otelsim.runner.verifying import damages, stored

Values = dict[str, Any]


def run_integrity(directory: Path, reading: Callable[[int], Callable[[], None]]) -> Report:
    """Hold all files of the run in ``directory`` against its manifest.

    ``reading`` gets the number of slices in all files, and gives what hears of every one that is read.
    InputError if ``directory`` is no finished run, or one without files.
    """
    values = _manifest(directory / MANIFEST)
    try:
        target = target_of(values, None, directory)
        told = reading(_parts(target, values))
        laws = [
            _seal(values),
            _sums(values, target),
            _sizes(directory, values),
            *_digests(directory, target, values, told),
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(str(directory / MANIFEST), f"is garbled: {error!r}") from None
    return Report(laws)


def _manifest(path: Path) -> Values:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read, so this is no finished run: {error}") from None
    if not isinstance(values, dict) or values.get("sink") not in (JSONL, OTLP_FILE, PARQUET):
        raise InputError(str(path), "is not the manifest of a run with files")
    return values


def _result(name: str, title: str, tried: int, told: Iterable[str]) -> LawResult:
    found = list(told)
    return LawResult(f"files.{name}", title, tried, len(found), found[:EXAMPLES])


def _seal(values: Values) -> LawResult:
    told = [] if sealed(values) == values else [f"{MANIFEST} is not as it was written"]
    return _result("manifest", "the manifest has the digest that it ends with", 1, told)


def _sums(values: Values, target: Target) -> LawResult:
    """The digests of digests are those of the slices that the manifest lists."""
    told = []
    if manifest.content_digest(values["slices"], target.signals) != values["content_digest"]:
        told.append("content_digest is not that of the slices")
    made = manifest.files(target, values["slices"])
    told += [
        f"{name}: {made.get(name)} by its slices" for name, said in values["files"].items() if made.get(name) != said
    ]
    return _result("sums", "digests and sizes of files and of the run are those of their slices", len(made) + 1, told)


def _sizes(directory: Path, values: Values) -> LawResult:
    told = []
    for name, said in values["files"].items():
        path = directory / name
        size = path.stat().st_size if path.is_file() else None
        if size != said["bytes"]:
            told.append(f"{name}: {size if size is not None else 'no'} bytes, {said['bytes']} promised")
    return _result("size", "every file has the bytes that the manifest names", len(values["files"]), told)


def _files(directory: Path, files: dict[str, Any], told: Callable[[], None]) -> list[str]:
    """Files that have another digest than was noted: of tables no slice has a stretch of its own."""
    found = []
    for name, said in files.items():
        try:
            digest = xxhash.xxh3_128_hexdigest((directory / name).read_bytes())
        except OSError as error:
            found.append(f"{name}: cannot be read: {error.strerror}")
            continue
        if digest != said["digest"]:
            found.append(f"{name}: has another digest than was noted")
        told()
    return found


def _parts(target: Target, values: Values) -> int:
    """How many parts of files have a digest."""
    return len(values["files"]) if target.parquet else len(values["slices"]) * len(target.signals)


def _digests(directory: Path, target: Target, values: Values, told: Callable[[], None]) -> list[LawResult]:
    slices = sorted(values["slices"], key=lambda e: int(e["slice"]))
    if target.parquet:
        found = _files(directory, values["files"], told)
    else:
        found = [str(d) for d in damages(stored(target, slices, directory.joinpath), target.compression, told)]
    wrong = [f"{name}: is not as it was written" for name in manifest.damaged(values, directory)]
    return [
        _result(
            "digest",
            "a slice's content has the digest that the manifest names",
            _parts(target, values),
            found,
        ),
        _result(
            "documents", "the small files have the digests that the manifest names", len(values["documents"]), wrong
        ),
    ]
