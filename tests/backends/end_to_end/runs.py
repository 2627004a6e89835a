"""Runs of the program, of one scenario, seed and range of time: sent to a Collector, or written as JSON lines."""

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.command import otelsim

HOUR_S, DAY_S = 3_600, 86_400
# Stores keep two years counted from now, so no range of these tests can be a fixed one.
_TODAY = int(time.time()) // DAY_S
# Day 4 of the epoch was a Monday.
MONDAY_S = (_TODAY - 183 - (_TODAY - 183 - 4) % 7) * DAY_S
# The full volume opens millions of series.
LONGEST_S = 3_600


@dataclass(frozen=True)
class Asked:
    """What decides a run's records; ``start_s`` and ``end_s`` are epoch seconds."""

    scenario: str
    requests: int
    users: int
    start_s: int
    end_s: int
    seed: int = 42

    def words(self) -> list[object]:
        """Of the command line."""
        bounds = ["--start", instant(self.start_s), "--end", instant(self.end_s)]
        return [self.requests, self.users, "--scenario", self.scenario, "--seed", self.seed, *bounds]

    def reseeded(self, seed: int) -> "Asked":
        return replace(self, seed=seed)


@dataclass(frozen=True)
class Run:
    """A finished run and its folder."""

    asked: Asked
    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())

    @property
    def run_id(self) -> str:
        return self.manifest["run_id"]

    @cached_property
    def incidents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "incidents.jsonl").read_text().splitlines()]


def year(requests: int) -> Asked:
    """The default run's range: the 365 days up to the last midnight."""
    return Asked("year", requests, 1_000, (_TODAY - 365) * DAY_S, _TODAY * DAY_S)


def day(requests: int) -> Asked:
    """A day of ordinary life."""
    return Asked("year", requests, 1_000, MONDAY_S, MONDAY_S + DAY_S)


def week(requests: int) -> Asked:
    """Scenario ``incidents``."""
    return Asked("incidents", requests, 5_000, MONDAY_S, MONDAY_S + 7 * DAY_S)


def instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def send(asked: Asked, folder: Path, url: str, *words: object, **environment: str) -> Run:
    """A run sent to ``url``; it must succeed."""
    return _generated(asked, folder, ["--sink", "otlp", "--endpoint", url, *words], environment)


def write(asked: Asked, folder: Path) -> Run:
    """The same run as JSON lines."""
    return _generated(asked, folder, ["--sink", "jsonl"], {})


def _generated(asked: Asked, folder: Path, words: list[object], environment: dict[str, str]) -> Run:
    common = ["--workers", 2, "--output", folder, "--quiet"]
    done = otelsim("generate", *asked.words(), *words, *common, env=environment, timeout=LONGEST_S)
    assert done.returncode == 0, done.stderr
    return Run(asked, folder)
