"""One slice, checked in a worker: read, held against its digest, parsed, judged, counted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from otelsim.check import counting, laws_causes, laws_format, laws_metrics, laws_releases, laws_structure, laws_time
from otelsim.check.files import RunFiles, plain, stored
from otelsim.check.frames import SliceFrames, blocks, build
from otelsim.check.laws import POINTS, SLICE
from otelsim.check.report import LawResult, merge
from otelsim.check.tally import Tally
from otelsim.check.truth import Truth, tell_truth
from otelsim.scenario import MAX_DEPTH, Scenario
from otelsim.world.model import World
from otelsim.world.releases import calendar

LAW_MODULES = (laws_format, laws_structure, laws_causes, laws_releases, laws_metrics, laws_time)
"""Loading a module of laws registers them."""


@dataclass(frozen=True)
class SliceResult:
    """What comes back to the parent: no records, only findings and counts."""

    laws: list[LawResult]
    tally: Tally


@dataclass(frozen=True)
class _Metrics:
    """What is kept of a slice's metric lines."""

    laws: list[list[LawResult]]
    durations: pl.DataFrame
    points: int
    fault: str | None


@dataclass(frozen=True)
class SliceChecker:
    """Holds what all slices share; one a worker."""

    run: RunFiles
    truth: Truth
    ids: Path
    """Where slices leave their ids."""

    def check(self, number: int) -> SliceResult:
        """Try every law on the ``number``-th slice of the manifest."""
        entry = self.run.slices[number]
        metrics = _points(*self._content(entry, "metrics"))
        logs, fault = self._content(entry, "logs")
        frames = build(entry, self.truth, logs, metrics.durations, metrics.points)
        laws = merge([[_digests([metrics.fault, fault])], *metrics.laws, SLICE.results(frames)])
        label = f"slice {entry['slice']}, lane {entry['lane']}"
        for law in laws:
            law.examples = [f"{label}: {example}" for example in law.examples]
        counting.leave_ids(frames, self.ids)
        return SliceResult(laws, self._tally(frames))

    def _content(self, entry: dict[str, Any], signal: str) -> tuple[bytes, str | None]:
        """A slice's uncompressed bytes, and what is wrong with them."""
        name = self.run.file(signal, entry)
        try:
            data = plain(stored(self.run, entry, signal), self.run.manifest["compress"])
        except (OSError, ValueError) as error:
            return b"", f"{name} cannot be read back: {error}"
        digest = xxhash.xxh3_128_hexdigest(data)
        promised = entry[signal]["digest"]
        return data, None if digest == promised else f"{name} has digest {digest}, {promised} promised"

    def _tally(self, frames: SliceFrames) -> Tally:
        tally = counting.count(frames)
        for signal, records in (("logs", frames.calls.height), ("metrics", frames.points)):
            tally.stored[self.run.file(signal, frames.entry)] += records
        return tally


def checker(run: RunFiles, scenario: Scenario, world: World, ids: Path) -> SliceChecker:
    """A checker for a run: draws its release calendar."""
    depth = scenario.call_depth or MAX_DEPTH
    return SliceChecker(run, tell_truth(world, calendar(world, scenario), run.incidents, depth), ids)


def _points(content: bytes, fault: str | None) -> _Metrics:
    """Go through a slice's metric lines; once they are judged their bytes are let go."""
    found, durations, points = [], [], 0
    for block in blocks(content):
        found.append(POINTS.results(block))
        durations.append(block.durations)
        points += block.points.height
    return _Metrics(found, pl.concat(durations), points, fault)


def _digests(faults: list[str | None]) -> LawResult:
    told = [fault for fault in faults if fault]
    title = "a slice's content has the digest (xxh3_128) that the manifest names"
    return LawResult("files.digest", title, len(faults), len(told), told)
