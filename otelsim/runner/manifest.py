"""What a run was and what it made: enough to run it again and to check it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import xxhash

from otelsim import __version__
from otelsim.runner.accounting import KINDS
from otelsim.runner.folder import INCIDENTS, SUMMARY
from otelsim.runner.preparing import Prepared
from otelsim.runner.sharding import WHOLE, Shard
from otelsim.runner.target import Target
from otelsim.scenario import to_manifest
from otelsim.times import rfc3339
from otelsim.world.finding import bundled

FORMAT = 1
WORLD_PATH = "world_path"


def run_id(prepared: Prepared) -> str:
    """The digest of the resolved scenario: without workers, sink and paths."""
    text = json.dumps(to_manifest(prepared.scenario), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def damaged(values: dict[str, Any], folder: Path) -> list[str]:
    """The small files in a folder that are not those that its manifest has the digests of."""
    documents = dict(values["documents"])
    return [name for name in (INCIDENTS, SUMMARY) if _digest(folder / name) != documents.get(name)]


def _digest(path: Path) -> str:
    try:
        return xxhash.xxh3_128_hexdigest(path.read_bytes())
    except OSError:
        return ""


def tables_digest(prepared: Prepared) -> str:
    """A digest of the tables that decide the data: another world, or another version's, has another one."""
    digest = xxhash.xxh3_128()
    for table in (prepared.traffic, prepared.intensity.edges, prepared.outcome, *prepared.lines):
        digest.update(table.tobytes())
    # Some of it is in no table: names and routes that are told as OpenTelemetry alone.
    digest.update(repr(replace(prepared.world, path=Path())).encode())
    return digest.hexdigest()


def head(prepared: Prepared, target: Target, workers: int, shard: Shard = WHOLE) -> dict[str, Any]:
    """What is known before anything is made."""
    part = {} if shard == WHOLE else {"shard": list(shard)}
    return {
        "format": FORMAT,
        "otelsim": __version__,
        "run_id": target.otlp.notation.run_id if target.otlp else run_id(prepared),
        "scenario": to_manifest(prepared.scenario),
        "tables": tables_digest(prepared),
        "workers": workers,
        **part,
        **target.told(),
    }


def journal_head(head: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    """A head for the journal, with the folder of a world of one's own, by which `resume` finds it."""
    path = prepared.world.path
    own = bundled().get(prepared.world.name) != path
    return {**head, **({WORLD_PATH: str(path.resolve())} if own else {})}


def described(prepared: Prepared, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The slices in order, with their times."""
    bounds = [{"start": rfc3339(a), "end": rfc3339(b)} for a, b in prepared.slices]
    return [
        {"slice": e["slice"], "lane": e["lane"], **bounds[e["slice"]], **without_counters(e)}
        for e in sorted(entries, key=lambda e: e["slice"])
    ]


def without_counters(entry: dict[str, Any]) -> dict[str, Any]:
    """What is summed up elsewhere left out."""
    return {key: value for key, value in entry.items() if key not in ("tally", "account")}


def content_digest(entries: list[dict[str, Any]], signals: tuple[str, ...]) -> dict[str, str]:
    """One digest a signal over the slices' digests in order: the same for any number of workers."""
    ordered = sorted(entries, key=lambda e: e["slice"])
    return {name: xxhash.xxh3_128("".join(e[name]["digest"] for e in ordered).encode()).hexdigest() for name in signals}


def file_of(target: Target, signal: str, entry: dict[str, Any]) -> str:
    """The name of the file that a slice's records are in; of a run that was merged, with the folder of its shard."""
    return in_folder(entry, target.file_name(signal, entry["lane"]))


def in_folder(entry: Mapping[str, Any], name: str) -> str:
    """The name of a slice's file, with the folder of its shard where the run was merged."""
    return f"{entry['folder']}/{name}" if "folder" in entry else name


def files(target: Target, entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every lane's files: bytes as stored, records, and a digest of their slices' digests."""
    if target.parquet:
        return {in_folder(entry, name): file for entry in entries for name, file in entry.get("files", {}).items()}
    made: dict[str, dict[str, Any]] = {}
    for entry in sorted(entries, key=lambda e: e["slice"]):
        for name in target.signals:
            file = made.setdefault(file_of(target, name, entry), {"bytes": 0, "records": 0, "digest": ""})
            file["bytes"] += entry[name]["bytes"]
            file["records"] += _records(entry, name, target)
            file["digest"] = xxhash.xxh3_128((file["digest"] + entry[name]["digest"]).encode()).hexdigest()
    return made


def _records(entry: dict[str, Any], signal: str, target: Target) -> int:
    if target.otlp:
        return sum(entry.get("records", {}).get(kind, 0) for kind in KINDS[signal])
    return int(entry["calls" if signal == "logs" else "points"])
