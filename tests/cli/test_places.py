"""Commands that read a run from a bucket say of it what they say of its folder."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from otelsim.errors import InputError
from otelsim.replay.files import given
from otelsim.sinks.places import place_of, put
from otelsim.sinks.places.paths import path_of
from tests.backends.buckets import Bucket
from tests.command import generated, told
from tests.doctor.conftest import closed_port
from tests.sinks.otlp.receiver import HttpReceiver

pytestmark = pytest.mark.backends
PREFIX = "runs/a ü"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A finished run, compressed as runs in buckets are."""
    return generated(tmp_path_factory.mktemp("places") / "run", "500", "100", "--workers", "2", "--compress", "zstd")


@pytest.fixture(scope="module")
def stored(gateway, folder) -> Bucket:
    """A bucket with the same run, which has no journal there."""
    bucket = gateway.bucket()
    place = place_of(bucket.uri(PREFIX))
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name not in ("journal.jsonl", ".otelsim.lock"):
            put(place, file.name, file.read_bytes())
    return bucket


@pytest.fixture
def there(stored, monkeypatch) -> str:
    """The run's URI, its keys being in the environment."""
    for name, value in stored.environment.items():
        monkeypatch.setenv(name, value)
    return stored.plain(PREFIX)


@pytest.fixture
def counts(folder) -> dict[str, int]:
    return json.loads((folder / "manifest.json").read_text())["counts"]


def test_check_tries_every_record(call, there, counts):
    done = call("check", there, "--json", "--workers", "1", "--quiet")
    assert done.returncode == 0, done.stderr
    assert {law["tried"] for law in json.loads(done.stdout)["laws"] if law["name"] == "ids.span"} == {counts["logs"]}


def test_integrity_is_checked(call, there, folder):
    words = ("--integrity", "--quiet")
    done = call("check", there, *words)
    assert (done.returncode, done.stdout) == (0, call("check", folder, *words).stdout)


def test_what_is_damaged_in_the_bucket_is_found(call, there, stored):
    place = place_of(stored.uri(PREFIX))
    data = place.read("logs_1.jsonl.zst")
    try:
        put(place, "logs_1.jsonl.zst", data[:-1] + bytes([data[-1] ^ 1]))
        done = call("check", there, "--integrity", "--quiet")
        assert done.returncode == 1
        assert "logs_1.jsonl.zst: slice" in done.stdout
    finally:
        put(place, "logs_1.jsonl.zst", data)


def test_the_run_is_counted_and_shown(call, there, stored, counts):
    totals = json.loads(call("report", there, "--json", "--quiet").stdout)["totals"]
    assert (totals["requests"], totals["logs"]) == (counts["requests"], counts["logs"])
    page = place_of(stored.uri(PREFIX)).read("report.html")
    assert page.lower().startswith(b"<!doctype html>")
    place_of(stored.uri(PREFIX)).remove("report.html")


def test_a_page_needs_a_name(call, there, stored):
    line = told(call("report", there, "--output", f"s3://{stored.name}/{PREFIX}", "--quiet"), 2)
    assert line == f"--output: {there} is a folder: name a file"


def test_incidents_are_listed(call, there, folder):
    done = call("incidents", there, "--json")
    assert done.stdout == call("incidents", folder, "--json").stdout
    assert "component" in done.stdout


def test_verify_makes_the_run_again(call, there):
    url = f"http://127.0.0.1:{closed_port()}"
    line = told(call("verify", there, "--signals", "logs", "--logs-store", url, "--sample", 5, "--quiet"), 1)
    assert line.startswith(f"{url}: VictoriaLogs does not answer")


def test_replay_sends_every_record(call, there, counts, tmp_path):
    with closing(HttpReceiver()) as receiver:
        words = ("--endpoint", receiver.url, "--output", tmp_path / "state", "--workers", 1, "--json", "--quiet")
        done = call("replay", there, *words)
        assert done.returncode == 0, done.stderr
        sent = json.loads(done.stdout)["counts"]
        assert sent["logs"] == sent["spans"] == counts["logs"]
        assert sent["points"] == counts["points"]
        assert sum(sent.values()) == receiver.served


def test_files_of_a_bucket_are_paired_as_others_are(there):
    one, two = (path_of(f"{there}/{name}_0.jsonl.zst") for name in ("logs", "metrics"))
    assert given([two, one]).pairs == [(one, two)]
    with pytest.raises(InputError, match=f"{there}/none: no such file"):
        given([path_of(f"{there}/none")])


@pytest.mark.parametrize("command", ["check", "report", "replay", "verify", "incidents"])
def test_where_no_run_is_one_line_says_so(call, command, there, stored, monkeypatch):
    assert told(call(command, stored.plain("nowhere")), 2).startswith(stored.plain("nowhere"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    assert told(call(command, there), 2) == f"{there}: access denied (SignatureDoesNotMatch)"
    assert not list(Path().iterdir())


def test_a_file_uri_is_a_path(folder):
    assert path_of(f"file://{folder}") == folder
    with pytest.raises(InputError, match="names no file of this host"):
        path_of("file://elsewhere/run")


def test_a_place_is_walked_like_a_path(stored):
    root = path_of(stored.uri(PREFIX))
    file = root / "manifest.json"
    assert (file.name, file.suffix, file.parent == root, root.name) == ("manifest.json", ".json", True, "a ü")
    assert str(file) == f"s3://***@{stored.name}/{PREFIX}/manifest.json"
    assert file.is_file()
    assert file.exists()
    assert not file.is_dir()
    assert root.is_dir()
    assert not root.is_file()
    assert not (root / "nothing").exists()
    assert file.stat().st_size == len(file.read_bytes())
    assert file in sorted(root.iterdir())
    assert path_of(stored.uri(f"{PREFIX}/manifest.json")) == file
