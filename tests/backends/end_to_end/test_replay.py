"""A run's JSON lines replayed into real stores: the run itself is held beside them, by query."""

import json
import random
import shutil

import pytest

from tests.backends.end_to_end.counting import GAUGES, losses, points, received
from tests.backends.end_to_end.filling import settle
from tests.backends.end_to_end.runs import LONGEST_S, send, week, write
from tests.command import otelsim

pytestmark = pytest.mark.backends
DIRECT, REPLAYED, STRAIGHT = "direct", "replayed", "straight"
SERIES, LOGS = 20, 200


@pytest.fixture(scope="module", params=[1_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def three(fresh, tmp_path_factory, request):
    """Stores with a run that was sent, its lines replayed, and its lines imported straight into the stores."""
    directory, asked = tmp_path_factory.mktemp("replay"), week(request.param)
    written = write(asked, directory / "written")
    with fresh(directory) as backends:
        send(asked, directory / "sent", backends.collector.url, "--run-id", DIRECT, "--metrics", "points")
        known = {kind: written.manifest["counts"][kind] for kind in ("spans", "logs", "points")}
        said = _replayed(
            directory, "replay", written.folder, "--run-id", REPLAYED, "--endpoint", backends.collector.url
        )
        assert said["counts"] == known
        for store, url, kind in (("metrics", backends.metrics.url, "points"), ("logs", backends.logs.url, "logs")):
            words = ("import", f"victoria{store}", written.folder, "--run-id", STRAIGHT, "--url", url)
            assert _replayed(directory, *words)["counts"] == {kind: known[kind]}
        settle(backends)
        yield backends, written
    shutil.rmtree(written.folder)


def _replayed(directory, *words):
    done = otelsim(*words, "--workers", 2, "--output", directory / "state", "--json", "--quiet", timeout=LONGEST_S)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_record_arrived_once(three):
    backends, written = three
    counts, asked = written.manifest["counts"], written.asked
    for run in (DIRECT, REPLAYED, STRAIGHT):
        assert sum(points(backends.metrics, run, asked).values()) == counts["points"]
        assert backends.logs.count(f'"otelsim.run.id":="{run}"') == counts["logs"]
    for run in (DIRECT, REPLAYED):
        assert received(backends, run) == {"spans": counts["spans"], "distinct spans": counts["spans"]}
    assert losses(backends) == {}
    print(f"{counts['spans']:,} spans, {counts['logs']:,} log records, {counts['points']:,} points, three times")


def series_of(backends, selector):
    """Points by labels, without the run's id; the store may tell a series in several lines."""
    found = {}
    for one in backends.metrics.exported(selector):
        labels = tuple(sorted((key, value) for key, value in one["metric"].items() if key != "otelsim_run_id"))
        found.setdefault(labels, []).extend(zip(one["timestamps"], one["values"], strict=True))
    return {labels: sorted(points) for labels, points in found.items()}


def test_random_series_are_the_same(three):
    backends, _ = three
    names = sorted(series_of(backends, '{otelsim_run_id="direct",__name__="request_duration_ms",environment="prod"}'))
    draw, compared = random.Random(1), 0
    for labels in draw.sample(names, SERIES):
        known = dict(labels) | {"__name__": draw.choice(GAUGES)}
        chosen = ",".join(f"{key}={json.dumps(value)}" for key, value in known.items())
        direct, *others = (
            series_of(backends, f'{{{chosen},otelsim_run_id="{run}"}}') for run in (DIRECT, REPLAYED, STRAIGHT)
        )
        assert all(other == direct for other in others)
        compared += len(direct)
    assert compared >= SERIES // 2


def log_of(backends, run, line):
    """A stored log record as a dict, without what names its run and place."""
    (row,) = backends.logs.rows(f'"otelsim.run.id":="{run}" span_id:="{line["span_id"]}"')
    return {key: value for key, value in row.items() if key not in ("otelsim.run.id", "_stream_id", "persona")}


def test_random_log_records_are_the_same(three):
    backends, written = three
    lines = [line for path in sorted(written.folder.glob("logs_*")) for line in path.read_text().splitlines()]
    for line in map(json.loads, random.Random(2).sample(lines, LOGS)):
        direct = log_of(backends, DIRECT, line)
        assert log_of(backends, REPLAYED, line) == direct
        assert log_of(backends, STRAIGHT, line) == direct
        assert direct["_msg"] == line["message"]
        assert direct["_stream"].startswith('{environment="')
