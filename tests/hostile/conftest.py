"""Runs into every kind of folder, made once, under a umask that forbids nothing, with all that they wrote to heard."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import call, refused
from tests.command import WEEK, otelsim
from tests.hostile.writing import Writes
from tests.sinks.otlp.receiver import HttpReceiver

__all__ = ["call", "refused"]
SINKS = {
    "lines": (),
    "lines, zstd": ("--compress", "zstd"),
    "OTLP files": ("--sink", "otlp-file"),
    "OTLP files, gzip": ("--sink", "otlp-file", "--compress", "gzip"),
    "OTLP": ("--sink", "otlp"),
}
FEW = ("200", "50", *WEEK, "--workers", "2")


@dataclass(frozen=True)
class Open:
    """A run for everybody, if the umask had its way: its folder, which has one above it, and what it wrote to."""

    place: Path
    temporary: Path
    written: set[Path]

    @property
    def output(self) -> Path:
        return self.place / "deep" / "run"


@pytest.fixture(scope="session")
def http_url():
    receiver = HttpReceiver()
    receiver.keeps_bodies = False
    yield receiver.url
    receiver.close()


def to_sink(kind: str, url: str) -> tuple[str, ...]:
    """The options of a kind of sink."""
    return (*SINKS[kind], *(("--endpoint", url) if kind == "OTLP" else ()))


@pytest.fixture(scope="session")
def open_run(tmp_path_factory, http_url) -> Callable[[str], Open]:
    """A function that gives the run into a kind of sink."""
    made: dict[str, Open] = {}

    def run(kind: str) -> Open:
        if kind not in made:
            place = tmp_path_factory.mktemp("open")
            (place / "tmp").mkdir()
            writes = Writes(place / "heard")
            words = ("generate", *FEW, *to_sink(kind, http_url), "--output", place / "deep" / "run", "--quiet")
            done = otelsim(*words, env={**writes.env, "TMPDIR": str(place / "tmp")}, umask=0)
            assert done.returncode == 0, done.stderr
            made[kind] = Open(place, place / "tmp", writes.paths())
        return made[kind]

    return run
