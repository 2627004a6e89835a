"""Runs into a real S3 server: whole, interrupted, in shards, by Dask; read back, they are the run."""

import json
import os
import signal
import time
from collections import Counter

import pytest

from otelsim.runner.grouping import group_slices
from otelsim.sinks.places import place_of, put
from tests.begun import Begun, interrupted
from tests.command import WEEK, otelsim, sorted_digest, told
from tests.runner.engines.clusters import cluster
from tests.runner.engines.conftest import LONGER

pytestmark = pytest.mark.backends
RUN = ("3000", "200", "--scenario", "incidents", *WEEK, "--workers", "2")


@pytest.fixture
def there(gateway, monkeypatch):
    """A bucket of its own, the keys of which are in the environment."""
    bucket = gateway.bucket()
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket


def fetched(uri, folder):
    """All objects of a run as files; those of shards with their folders."""
    for place, below in [(place_of(uri), folder)] + [
        (place_of(uri).within(name), folder / name) for name in place_of(uri).folders() if name.startswith("shard-")
    ]:
        below.mkdir(parents=True)
        for name in place.sizes():
            (below / name).write_bytes(place.read(name))
    return folder


def is_the_run(uri, whole, tmp_path, bucket):
    """Every record, the summary, and nothing half made."""
    folder = fetched(uri, tmp_path / "fetched")
    assert sorted_digest(folder) == sorted_digest(whole)
    assert (folder / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()
    assert bucket.uploads() == []
    assert otelsim("check", "--integrity", uri, "--quiet").returncode == 0


def test_a_run(there, tmp_path, small_run):
    uri = there.plain("a run/ü")
    done = otelsim("generate", *RUN, "--output", uri)
    assert done.returncode == 0, done.stderr
    assert done.stderr.rstrip().endswith(f"in {uri}")
    is_the_run(uri, small_run, tmp_path, there)
    assert {name.rpartition(".")[2] for name in there.objects() if "logs_" in name} == {"zst"}
    assert "holds another run" in told(otelsim("generate", *RUN, "--output", uri), 2)
    assert otelsim("generate", *RUN, "--output", uri, "--overwrite", "--quiet", "--compress", "none").returncode == 0
    assert {name.rpartition(".")[2] for name in there.objects() if "logs_" in name} == {"jsonl"}
    done = otelsim("resume", uri)
    assert "is complete: nothing is to be done" in done.stderr


@pytest.mark.slow
def test_what_others_keep_below_the_same_prefix_stays(there):
    uri, words = there.plain("top"), ("50", "5", *WEEK, "--metric-interval", "86400s", "--quiet")
    for name in ("notes.txt", "parts/notes.txt"):
        put(place_of(uri), name, b"ours")
    # Somebody else's run is under way below it; ours left an upload of its own.
    uploads = [f"top/{name}" for name in ("logs_0.jsonl.zst", "parts/0.jsonl", "other/logs_0.jsonl.zst")]
    for key in uploads:
        there.client().create_multipart_upload(Bucket=there.name, Key=key)
    assert otelsim("generate", *words, "--output", uri).returncode == 0
    assert "holds another run" in told(otelsim("generate", *words, "--output", uri), 2)
    assert otelsim("generate", *words, "--output", uri, "--overwrite").returncode == 0
    assert {"top/notes.txt", "top/parts/notes.txt"} <= there.objects().keys()
    assert there.uploads() == uploads[2:]
    assert "nothing is to be done" in otelsim("resume", uri).stderr


@pytest.mark.slow
def test_otlp_files(there, tmp_path):
    uri, words = there.plain("run"), (*RUN, "--sink", "otlp-file", "--signals", "traces,logs")
    assert otelsim("generate", *words, "--output", uri, "--quiet").returncode == 0
    assert otelsim("generate", *words, "--output", tmp_path / "run", "--quiet").returncode == 0
    summaries = (tmp_path / "run" / "summary.json").read_bytes(), place_of(uri).read("summary.json")
    assert summaries[0] == summaries[1]


def _markers(uri) -> int:
    return sum(name[0].isdigit() for name in place_of(uri).sizes("parts"))


def _go_on_until(begun, uri, groups):
    """Let a run go on until so many groups are done: it stands still while they are counted, which may take longer."""
    while _markers(uri) < groups:
        assert begun.process.poll() is None
        os.killpg(begun.process.pid, signal.SIGCONT)
        time.sleep(0.1)
        os.killpg(begun.process.pid, signal.SIGSTOP)
    begun.look()


@pytest.mark.parametrize(
    ("number", "whom"),
    [
        (9, "parent"),
        pytest.param(9, "worker", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, "parent", marks=pytest.mark.slow),
    ],
)
@pytest.mark.untraced
def test_an_interrupted_run(there, tmp_path, longer, number, whom):
    uri = there.plain("run")
    begun = Begun(tmp_path / "none", command=("generate", *LONGER, "--workers", "2", "--quiet", "--output", uri))
    _go_on_until(begun, uri, 3)
    os.kill(begun.process.pid if whom == "parent" else begun.workers[0].pid, number)
    if whom == "worker":
        _, errors = begun.process.communicate(timeout=60)
        assert (begun.process.returncode, errors) == (0, "")
    else:
        end = begun.end()
        assert interrupted(end) if number == signal.SIGINT else end == (-number, "")
        assert begun.survivors() == []
        known = _markers(uri)
        assert known < 32
        # Nothing looks whole that is not: there is no manifest, and each object that is there is of its full size.
        sizes = place_of(uri).sizes()
        assert "manifest.json" not in sizes
        full = _of_groups(longer)
        assert {name: full[name] for name in sizes} == sizes
        done = otelsim("resume", uri)
        assert done.returncode == 0, done.stderr
        assert f"{3 * known} of 96 slices are whole" in done.stderr
        print(f"{whom} killed by signal {int(number)} after {known} of 32 groups: resumed, the same records")
    is_the_run(uri, longer, tmp_path, there)


def _of_groups(whole) -> dict[str, int]:
    """What each group's objects come to, by the bytes of the whole run's slices."""
    sizes = Counter[str]()
    slices = json.loads((whole / "manifest.json").read_text())["slices"]
    each = group_slices(len(slices))
    for entry in slices:
        for name in ("logs", "metrics"):
            sizes[f"{name}_{entry['slice'] // each}.jsonl.zst"] += entry[name]["bytes"]
    return sizes


@pytest.mark.slow
def test_shards(there, tmp_path, small_run):
    uri = there.plain("run")
    for i in range(2):
        assert otelsim("generate", *RUN, "--output", uri, "--quiet", "--shard", f"{i}/2").returncode == 0
        if i == 0:
            assert told(otelsim("merge", uri), 2) == f"{uri}: shard-1-of-2 is missing"
    assert otelsim("merge", uri, "--quiet").returncode == 0
    is_the_run(uri, small_run, tmp_path, there)


@pytest.mark.untraced
def test_by_dask(there, tmp_path, small_run):
    uri = there.plain("run")
    with cluster(tmp_path, 2) as made:
        words = ("--engine", "dask", "--scheduler", made.url)
        assert otelsim("generate", *RUN, "--output", uri, "--quiet", *words).returncode == 0
    is_the_run(uri, small_run, tmp_path, there)


def test_a_worker_without_the_keys(there, tmp_path, monkeypatch):
    uri = there.plain("run")
    with cluster(tmp_path) as made:
        made.add(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        words = ("--engine", "dask", "--scheduler", made.url)
        line = told(otelsim("generate", *RUN, "--output", uri, *words), 2)
    assert "does not reach it" in line
    assert "no credentials" in line
    assert there.objects() == {}


@pytest.mark.parametrize(
    ("uri", "said"),
    [("s3://no-such-bucket/run", "no such bucket"), ("s3://", "names no bucket"), ("ftp://a/b", "neither a path nor")],
)
def test_what_is_no_place(there, uri, said):
    query = there.plain("x").partition("?")[2]
    assert said in told(otelsim("generate", *RUN, "--output", f"{uri}?{query}" if "run" in uri else uri), 2)


def test_no_keys(there, monkeypatch, tmp_path):
    for name in there.environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "no credentials" in told(otelsim("generate", *RUN, "--output", there.plain("run")), 2)


def test_what_is_sent_is_not_kept_in_a_bucket(there):
    line = told(otelsim("generate", *RUN, "--sink", "otlp", "--output", there.plain("run")), 2)
    assert line.startswith("--output: is a folder with --sink otlp")
