"""The real programs that tests run: built from the pinned modules in ``go/`` into a cache folder, once a pinning.

What is downloaded is held against the ``go.sum`` files kept here, and ``-mod=readonly`` keeps them as they are.
``python -m tests.backends.building`` builds; with ``pin`` it pins the Collector's modules anew, after a change of
builder.yaml.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import pytest

HERE = Path(__file__).parent
MODULES = HERE / "go"
DISTRIBUTION = HERE.parents[1] / "collector" / "builder.yaml"
STORES = {
    "victoria-metrics": "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics",
    "victoria-logs": "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs",
}
COLLECTOR_AND_STORES = ("builder", "collector", "victoria")
"""The folders of modules that `programs` is built from."""
GATEWAY = "github.com/versity/versitygw/cmd/versitygw"
BUILDER = "go.opentelemetry.io/collector/cmd/builder"
# Debug symbols are half of these programs, and most of the linker's time.
BUILD = ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]


Built = TypeVar("Built")


class BuildError(Exception):
    """A program could not be built; says which command failed, where, and how its output ended."""


@dataclass(frozen=True)
class Programs:
    """Where the built programs are."""

    victoria_metrics: Path
    victoria_logs: Path
    otelcol: Path


def missing_go() -> str | None:
    """Why nothing can be built here, or None."""
    if shutil.which("go"):
        return None
    return "Go is not installed: the Collector and the stores cannot be built, so tests against real ones cannot run"


def built_or_skipped(build: Callable[[], Built]) -> Built:
    """For tests: skips them where Go is missing, or fails them where OTELSIM_BACKENDS says ``required``."""
    if (reason := missing_go()) is None:
        return build()
    if os.environ.get("OTELSIM_BACKENDS") == "required":
        pytest.fail(reason)
    return pytest.skip(reason)


def programs_or_skip() -> Programs:
    """The programs for tests."""
    return built_or_skipped(programs)


def gateway_or_skip() -> Path:
    """The S3 server for tests."""
    return built_or_skipped(gateway)


def programs() -> Programs:
    """The programs, built where the cache has none of this pinning. Raises BuildError."""
    cache = _cache(digest())
    found = Programs(*(cache / field.name.replace("_", "-") for field in fields(Programs)))
    with _locked(cache / ".lock"):
        if not found.victoria_metrics.exists():
            _build(MODULES / "victoria", STORES["victoria-metrics"], found.victoria_metrics)
        if not found.victoria_logs.exists():
            _build(MODULES / "victoria", STORES["victoria-logs"], found.victoria_logs)
        if not found.otelcol.exists():
            _build_collector(found.otelcol)
    return found


def gateway() -> Path:
    """A server that speaks S3 and keeps objects in a folder, built as `programs` are. Raises BuildError."""
    folder = MODULES / "versitygw"
    cache = _cache(_digest(_pinned("versitygw")))
    with _locked(cache / ".lock"):
        if not (cache / "versitygw").exists():
            _build(folder, GATEWAY, cache / "versitygw")
    return cache / "versitygw"


def _cache(name: str) -> Path:
    folder = Path("~/.cache/otelsim/backends").expanduser() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest() -> str:
    """A name for this pinning of the Collector and the stores."""
    return _digest([DISTRIBUTION, *(file for name in COLLECTOR_AND_STORES for file in _pinned(name))])


def _pinned(module: str) -> list[Path]:
    return sorted((MODULES / module).glob("go.*"))


def _digest(pinned: list[Path]) -> str:
    """16 hex digits over all files that decide what is built."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in pinned)).hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Parallel test workers wait for the one that builds."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(module: Path, package: str, program: Path) -> None:
    """Builds to a name of its own first: an interrupted build leaves nothing that looks finished."""
    unfinished = program.with_suffix(".unfinished")
    run([*BUILD, "-o", str(unfinished), package], module)
    unfinished.rename(program)


def _build_collector(program: Path) -> None:
    """The builder writes the sources; their modules are the pinned ones, not those it would find today."""
    with _sources("--skip-get-modules") as sources:
        for name in ("go.mod", "go.sum"):
            shutil.copy(MODULES / "collector" / name, sources / name)
        _build(sources, ".", program)


@contextmanager
def _sources(*options: str) -> Iterator[Path]:
    """The distribution's sources as the builder makes them."""
    with tempfile.TemporaryDirectory(prefix="otelcol-build-") as scratch:
        builder = Path(scratch) / "builder"
        run([*BUILD, "-o", str(builder), BUILDER], MODULES / "builder")
        run([str(builder), f"--config={DISTRIBUTION}", "--skip-compilation", *options], Path(scratch))
        yield Path(scratch) / "build"


def run(command: list[str], directory: Path) -> None:
    """Runs a command of the build. A workspace file of some folder above must not change what is built."""
    environment = os.environ | {"GOWORK": "off"}
    try:
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        last_lines = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise BuildError(f"`{' '.join(command)}` failed in {directory}:\n{last_lines}")


def pin() -> None:
    """Takes the modules that the builder finds for builder.yaml now into ``go/collector``."""
    with _sources() as sources:
        for name in ("go.mod", "go.sum"):
            shutil.copy(sources / name, MODULES / "collector" / name)


if __name__ == "__main__":
    if sys.argv[1:] == ["pin"]:
        pin()
    print(programs(), gateway())
