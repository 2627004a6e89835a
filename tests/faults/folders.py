"""Folders of runs: what is in their files, and copies that are not what they were."""

import hashlib
import shutil
from pathlib import Path

OWN = {"journal.jsonl", ".otelsim.lock"}
"""What may differ between runs: the order in which slices got done."""

READING = "to be read back: "
"""What `resume` says of files of which it does not know how they were left."""


def digests(folder: Path) -> dict[str, str]:
    """A digest of every file that a run leaves, by name."""
    files = [p for p in folder.iterdir() if p.name not in OWN]
    assert files
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def altered(run: Path, copy: Path, how: str) -> Path:
    """A copy of a run in which one record is dropped, repeated, or altered; or none where it is ``copied``."""
    shutil.copytree(run, copy)
    file = copy / "logs_0.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    middle = len(lines) // 2
    chosen = lines[middle]
    instead = {"dropped": [], "repeated": [chosen] * 2, "altered": [_changed(chosen)], "copied": [chosen]}[how]
    file.write_bytes(b"".join([*lines[:middle], *instead, *lines[middle + 1 :]]))
    return copy


def _changed(line: bytes) -> bytes:
    at = line.index(b'"trace_id"') + 14
    return line[:at] + (b"0" if line[at : at + 1] != b"0" else b"1") + line[at + 1 :]
