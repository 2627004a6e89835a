"""The program as a user runs it, and what its folders hold."""

import gzip
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import zstandard

OTELSIM = (sys.executable, "-m", "otelsim")
WEEK = ("--start", "2025-03-03", "--end", "2025-03-10")


def otelsim(*words: object, env: dict[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = [*OTELSIM, *map(str, words)]
    more = {"capture_output": True, "text": True, "timeout": 120, **more}
    return subprocess.run(command, check=False, env={**os.environ, **(env or {})}, **more)


def generated(output: Path, *words: object, **more: Any) -> Path:
    """The folder of a week's run that must succeed."""
    done = otelsim("generate", *words, *WEEK, "--output", output, "--quiet", **more)
    assert done.returncode == 0, done.stderr
    return output


def told(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line on stderr of a command that failed with ``code``."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("otelsim: ")
    return lines[0].removeprefix("otelsim: ")


def content(file: Path) -> bytes:
    """A file's lines, decompressed."""
    data = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(data)
    if file.suffix == ".zst":
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as reader:
            return reader.read()
    return data


def sorted_digest(folder: Path) -> str:
    """One digest of all records, in whatever order and files they stand."""
    digest = hashlib.sha256()
    for signal in ("logs", "metrics"):
        lines = [line for file in folder.rglob(f"{signal}_*") for line in content(file).splitlines(keepends=True)]
        assert lines
        digest.update(b"".join(sorted(lines)))
    return digest.hexdigest()


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of records by name."""
    return {f.name: f.read_bytes() for f in [*folder.glob("logs_*"), *folder.glob("metrics_*")]}
