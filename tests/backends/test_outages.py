"""The Collector, or a store behind it, goes away in mid-run: all that was made is stored, and repeats are counted."""

import contextlib
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.backends.stores import Backends, Service
from tests.begun import wait_for_slices
from tests.command import OTELSIM, WEEK
from tests.faults.wires import CuttingRelay

pytestmark = pytest.mark.backends
REQUESTS = 10_000
BEFORE = 10
"""Slices that are done when it happens, of 96."""
CUTS = 12
LONG = pytest.mark.slow


class Held(NamedTuple):
    """What the stores have of a run: each record once, and how many there are in all."""

    spans: int
    span_ids: frozenset[bytes]
    logs: int
    log_ids: frozenset[str]
    points: Counter[tuple]
    """Series without the run's id, millisecond, value."""

    def missing(self, wanted: "Held") -> dict[str, int]:
        """Records that the other has and this has not, or the other way round."""
        pairs = {
            "spans": (self.span_ids, wanted.span_ids),
            "logs": (self.log_ids, wanted.log_ids),
            "points": (self.points.keys(), wanted.points.keys()),
        }
        return {signal: len(set(a) ^ set(b)) for signal, (a, b) in pairs.items() if set(a) != set(b)}

    def repeated(self, wanted: "Held") -> dict[str, int]:
        """How much more of what was wanted came."""
        numbers = (self.spans - wanted.spans, self.logs - wanted.logs, self.points.total() - wanted.points.total())
        return dict(zip(("spans", "logs", "points"), numbers, strict=True))


def held(backends: Backends, run_id: str) -> Held:
    backends.collector.drain()
    rows = backends.logs.rows(f'"otelsim.run.id":="{run_id}" | fields trace_id, span_id')
    log_ids = [row["trace_id"] + row["span_id"] for row in rows]
    points = Counter(point for point in _points(backends, run_id))
    spans = backends.spans
    return Held(spans.count, frozenset(spans.ids), len(log_ids), frozenset(log_ids), points)


def _points(backends: Backends, run_id: str) -> Iterator[tuple]:
    for series in backends.metrics.exported(f'{{otelsim_run_id="{run_id}"}}'):
        labels = tuple(sorted((k, v) for k, v in series["metric"].items() if k != "otelsim_run_id"))
        yield from ((labels, at, value) for at, value in zip(series["timestamps"], series["values"], strict=True))


def begin(backends: Backends, folder: Path, run_id: str, *words: str) -> subprocess.Popen:
    """A run to the Collector, or elsewhere and otherwise where ``words`` say so."""
    to = ("--sink", "otlp", "--endpoint", backends.collector.url, "--metrics", "points", "--run-id", run_id)
    more = ("--workers", "2", "--json", "--output", str(folder), "--in-flight", "2", "--max-request-bytes", "200000")
    command = [*OTELSIM, "generate", str(REQUESTS), *WEEK, *to, *more, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(run: subprocess.Popen) -> tuple[dict, str]:
    out, errors = run.communicate(timeout=400)
    assert run.returncode == 0, errors
    return json.loads(out), errors


def away(service: Service, seconds: float, killed: bool) -> None:
    service.kill() if killed else service.stop()
    time.sleep(seconds)
    service.start()


@pytest.mark.parametrize(
    ("who", "seconds", "killed"),
    [
        pytest.param("collector", 5, False, marks=LONG),
        ("collector", 0, True),
        pytest.param("collector", 30, False, marks=LONG),
        pytest.param("collector", 120, False, marks=LONG),
        pytest.param("logs", 30, False, marks=LONG),
    ],
)
def test_an_outage_loses_nothing(fresh_backends, tmp_path, who, seconds, killed):
    with fresh_backends("outage") as backends:
        ended(begin(backends, tmp_path / "calm", "calm"))
        wanted = held(backends, "calm")
        backends.spans.clear()
        run = begin(backends, tmp_path / "run", "run")
        wait_for_slices(run, tmp_path / "run", BEFORE)
        away(getattr(backends, who), seconds, killed)
        summary, _ = ended(run)
        found = held(backends, "run")
    counts = summary["counts"]
    assert (wanted.spans, wanted.logs, wanted.points.total()) == (counts["spans"], counts["logs"], counts["points"])
    print(f"{who} away for {seconds} s, killed: {killed}; stored more than once: {found.repeated(wanted)}")
    assert found.missing(wanted) == {}
    assert min(found.repeated(wanted).values()) >= 0
    tallies = summary["account"].values()
    assert all(t["acknowledged"] == t["generated"] and not t["pending"] for t in tallies)


@pytest.mark.parametrize("protocol", ["http/protobuf", pytest.param("grpc", marks=LONG)])
def test_connections_that_are_cut_lose_nothing(fresh_backends, tmp_path, protocol):
    """Within requests and within answers, between the run and the Collector."""
    with fresh_backends("cut") as backends:
        ended(begin(backends, tmp_path / "calm", "calm"))
        wanted = held(backends, "calm")
        backends.spans.clear()
        front = backends.collector
        url = f"http://{front.grpc_endpoint}" if protocol == "grpc" else front.url
        with contextlib.closing(CuttingRelay(url, 400_000, CUTS)) as relay:
            words = ("--endpoint", relay.url, "--protocol", protocol)
            summary, _ = ended(begin(backends, tmp_path / "run", "run", *words))
        found = held(backends, "run")
    resent = {signal: tally["resent"] for signal, tally in summary["account"].items()}
    print(f"{protocol}: {relay.cuts} cuts; sent again: {resent}; stored more than once: {found.repeated(wanted)}")
    assert relay.cuts == CUTS
    assert found.missing(wanted) == {}
    assert sum(resent.values()) > 0
    again = dict(zip(("traces", "logs", "metrics"), found.repeated(wanted).values(), strict=True))
    assert all(0 <= again[signal] <= resent[signal] for signal in resent)


def test_what_is_missing_is_seen():
    """A record dropped, altered, repeated."""
    whole = Held(2, frozenset({b"a", b"b"}), 1, frozenset({"a"}), Counter({("m", 1, 2.0): 1, ("m", 2, 2.0): 1}))
    assert whole.missing(whole) == {}
    assert whole._replace(span_ids=frozenset({b"a"})).missing(whole) == {"spans": 1}
    assert whole._replace(log_ids=frozenset({"b"})).missing(whole) == {"logs": 2}
    assert whole._replace(points=Counter({("m", 1, 2.0): 1, ("m", 2, 2.5): 1})).missing(whole) == {"points": 2}
    twice = whole._replace(points=Counter({("m", 1, 2.0): 2, ("m", 2, 2.0): 1}), spans=3)
    assert (twice.missing(whole), twice.repeated(whole)) == ({}, {"spans": 1, "logs": 0, "points": 1})
