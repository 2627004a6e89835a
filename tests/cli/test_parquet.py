"""``--sink parquet`` as a user calls it: into folders and buckets, interrupted, in shards, and damaged."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from otelsim.sinks.places import place_of
from tests.begun import Begun
from tests.command import WEEK, generated, otelsim, told
from tests.runner.parquet import LINES, PARQUET, facts

RUN = ("500", "100", "--scenario", "incidents", "--workers", "2")
LONGER = ("60000", "--workers", "2", "--sink", "parquet")


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> dict:
    """What the run's lines say."""
    return facts(generated(tmp_path_factory.mktemp("lines") / "run", *RUN), LINES)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Path:
    """A folder with its tables."""
    return generated(tmp_path_factory.mktemp("tables") / "run", *RUN, "--sink", "parquet")


@pytest.fixture
def mine(tables, tmp_path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(tables, tmp_path / "run")


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.parquet")}


def test_duckdb_reads_the_run(tables, lines):
    assert facts(tables, PARQUET) == lines
    summary, manifest = (json.loads((tables / f"{name}.json").read_text()) for name in ("summary", "manifest"))
    assert summary["counts"]["logs"] == summary["counts"]["spans"] == lines["logs"]["records"]
    files = files_of(tables)
    assert set(files) == set(manifest["files"])
    for name, file in manifest["files"].items():
        assert len(files[name]) == file["bytes"]
    for signal_name, size in summary["bytes"].items():
        assert size == sum(len(data) for name, data in files.items() if name.startswith(signal_name))


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(tables, tmp_path):
    again = generated(tmp_path / "run", *RUN[:-1], "1", "--sink", "parquet")
    assert files_of(again) == files_of(tables)


def test_integrity_is_checked(call, mine):
    assert call("check", mine, "--integrity", "--quiet").returncode == 0
    file = next(mine.rglob("metrics/*/*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = call("check", mine, "--integrity", "--quiet")
    assert done.returncode == 1
    assert f"{file.relative_to(mine)}: has another digest than was noted" in done.stdout
    file.unlink()
    assert f"{file.relative_to(mine)}: no bytes" in call("check", mine, "--integrity", "--quiet").stdout


@pytest.mark.slow
def test_what_is_missing_is_made_again(mine, tables):
    next(mine.rglob("traces/*/*.parquet")).unlink()
    done = otelsim("resume", mine)
    assert done.returncode == 0
    assert "is not as it was written: it is made again" in done.stderr
    assert files_of(mine) == files_of(tables)
    assert "is complete: nothing is to be done" in otelsim("resume", mine).stderr


@pytest.mark.slow
def test_another_run_takes_its_place_whole(mine):
    words = ("--sink", "parquet", *WEEK, "--output", mine)
    assert "holds another run" in told(otelsim("generate", "10", *words), 2)
    assert otelsim("generate", "10", *words, "--overwrite", "--quiet").returncode == 0
    assert set(files_of(mine)) == set(json.loads((mine / "manifest.json").read_text())["files"])


@pytest.mark.slow
def test_shards_are_one_run(tmp_path, tables, lines):
    for i in range(2):
        generated(tmp_path / "run", *RUN, "--sink", "parquet", "--shard", f"{i}/2")
    assert otelsim("merge", tmp_path / "run", "--quiet").returncode == 0
    assert otelsim("check", tmp_path / "run", "--integrity", "--quiet").returncode == 0
    assert (tmp_path / "run" / "summary.json").read_bytes() == (tables / "summary.json").read_bytes()
    merged = {signal: query.replace("FOLDER/", "FOLDER/shard-*/") for signal, query in PARQUET.items()}
    assert facts(tmp_path / "run", merged) == lines


@pytest.mark.slow
@pytest.mark.backends
def test_into_a_bucket(bucket, tmp_path, tables):
    uri = bucket.plain("a run/ü")
    for words in ((), ("--overwrite",)):
        generated(uri, *RUN, "--sink", "parquet", *words, env=bucket.environment)
    assert otelsim("check", uri, "--integrity", "--quiet", env=bucket.environment).returncode == 0
    place, files = place_of(bucket.uri("a run/ü")), files_of(tables)
    assert {name: place.read(name) for name in files} == files
    assert {key for key in bucket.objects() if key.endswith(".parquet")} == {f"a run/ü/{name}" for name in files}
    assert bucket.uploads() == []


@pytest.mark.slow
@pytest.mark.backends
def test_a_run_killed_on_its_way_into_a_bucket(bucket, tmp_path, monkeypatch):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    uri = bucket.plain("run")
    begun = Begun(tmp_path / "none", command=("generate", *LONGER, *WEEK, "--quiet", "--output", uri))
    while sum(name.endswith(".parquet") for name in bucket.objects()) < 5:
        assert begun.process.poll() is None
        time.sleep(0.05)
    begun.look()
    os.kill(begun.process.pid, signal.SIGKILL)
    assert begun.end()[0] == -signal.SIGKILL
    assert begun.survivors() == []
    assert "run/manifest.json" not in bucket.objects()
    done = otelsim("resume", uri)
    assert done.returncode == 0, done.stderr
    assert "slices are whole" in done.stderr
    whole = files_of(generated(tmp_path / "whole", *LONGER))
    assert {key: size for key, size in bucket.objects().items() if key.endswith(".parquet")} == {
        f"run/{name}": len(data) for name, data in whole.items()
    }
    assert bucket.uploads() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--compress", "zstd"), "--compress: goes with --sink jsonl or otlp-file"),
        (("--signals", "logs"), "--signals: goes with --sink otlp"),
    ],
)
def test_bad_usage(call, words, said, tmp_path):
    line = told(call("generate", "10", "--sink", "parquet", "--output", tmp_path / "run", *words), 2)
    assert line.startswith(said)
    assert not (tmp_path / "run").exists()


def test_lines_are_needed_for_laws(call, tables):
    assert "what can be read back is the JSON lines of --sink jsonl" in told(call("check", tables), 2)
    assert "no store can hold it" in told(call("verify", tables), 2)
