"""Requests, records and bytes a second: of the fast path, and of the oracle."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from otelsim.runner.folder import Folder
from otelsim.runner.preparing import Prepared, prepare
from otelsim.runner.running import Run
from otelsim.runner.target import Target
from otelsim.runner.working import Progress
from otelsim.scenario import load, resolve
from otelsim.times import instant_s
from otelsim.traffic.intensity import BIN_S
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world
from tests.reference.oracle import Oracle


@dataclass(frozen=True)
class Rate:
    """What was made in how long; ``stored`` are the bytes in files."""

    name: str
    workers: int
    requests: int
    records: int
    content: int
    stored: int
    seconds: float


def prepared(requests: int) -> Prepared:
    scenario = replace(load("year"), total_events=requests, start_s=instant_s("2025-01-01"))
    return prepare(resolve(scenario, 0), load_world(find_world(None)))


def finer(p: Prepared, parts: int) -> Prepared:
    """The same run in more slices, so that each of many workers makes several."""
    inner = {a + (b - a) * i // parts // BIN_S * BIN_S for a, b in p.slices for i in range(1, parts)}
    edges = sorted({p.scenario.end, *(a for a, _ in p.slices)} | {t for t in inner if t > p.scenario.start})
    return replace(p, slices=list(pairwise(edges)))


class Marks:
    """Keeps how far a run was at each slice."""

    def __init__(self) -> None:
        self.made: list[Progress] = []

    def __call__(self, now: Progress) -> None:
        if now.slices > len(self.made):
            self.made.append(now)


class TimedFolder(Folder):
    """Knows how long it took to have the published files on the device."""

    seconds = 0.0

    def publish(self, name: str) -> None:
        began = time.perf_counter()
        super().publish(name)
        self.seconds += time.perf_counter() - began


def run(p: Prepared, name: str, place: Path | None, compression: str, workers: int) -> Rate:
    """From the moment when as many slices are done as there are workers (by then all have started) to the end.

    One worker's end is the last fsync. That of several is when as many slices are left as there are workers: so at both
    moments all are at work, and the slices half done at the one make up for those at the other.
    """
    with _folder(place) as folder:
        marks = Marks()
        target = Target(folder.path if folder else None, compression)
        Run(p, target, workers, marks).generate(folder)
        stored = sum(f.stat().st_size for f in folder.path.glob("*_*.jsonl*")) if folder else 0
        first, last = marks.made[workers - 1], marks.made[-1 if workers == 1 else -workers - 1]
        seconds = last.seconds - first.seconds + (folder.seconds if folder else 0.0)
    requests = last.counts["requests"] - first.counts["requests"]
    share = requests / last.counts["requests"]
    records = _records(last) - _records(first)
    return Rate(
        name, workers, requests, records, last.content_bytes - first.content_bytes, int(stored * share), seconds
    )


def best(rates: list[Rate]) -> Rate:
    """The fastest: what other work on the machine took from the others is no property of ours."""
    return max(rates, key=lambda r: r.requests / r.seconds)


def _records(now: Progress) -> int:
    return now.counts["logs"] + now.counts["points"]


@contextmanager
def _folder(place: Path | None) -> Iterator[TimedFolder | None]:
    if place is None:
        yield None
        return
    folder = TimedFolder(place / "run", overwrite=True)
    try:
        yield folder
    finally:
        for file in folder.path.iterdir():
            file.unlink()
        folder.close()


def oracle(p: Prepared, requests: int, place: Path) -> list[Rate]:
    """The same slices' first requests as plain Python and json.dumps make them, to nowhere and to files."""
    plain = Oracle(p.world, p.scenario)
    rates = []
    for name in ("null", "files"):
        paths = [Path("/dev/null")] * 2 if name == "null" else [place / "logs", place / "metrics"]
        with paths[0].open("w") as logs, paths[1].open("w") as metrics:
            rates.append(best([_oracle(plain, p, requests, (name, logs, metrics)) for _ in range(2)]))
    return rates


def _oracle(plain: Oracle, p: Prepared, requests: int, to: tuple[str, TextIO, TextIO]) -> Rate:
    name, logs, metrics = to
    done = records = content = 0
    began = time.perf_counter()
    for start_s, end_s in _stretches(p, requests):
        for call in plain.calls(start_s, end_s):
            log, points = plain.lines_of(call)
            done += call.parent is None
            records += 1 + len(points)
            content += logs.write(log + "\n") + metrics.write("".join(f"{point}\n" for point in points))
    logs.flush(), metrics.flush()
    seconds = time.perf_counter() - began
    return Rate(name, 1, done, records, content, content if name == "files" else 0, seconds)


def _stretches(p: Prepared, requests: int) -> Iterator[tuple[int, int]]:
    """Days at even distances, until they hold that many requests."""
    a_day = p.scenario.total_events // 365
    count = max(1, requests // a_day)
    day = 86_400
    return (
        (p.scenario.start + 365 * i // count * day, p.scenario.start + (365 * i // count + 1) * day)
        for i in range(count)
    )
