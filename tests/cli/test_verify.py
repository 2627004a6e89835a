"""``otelsim verify`` as a user calls it: what it refuses, and what it says where nobody answers."""

import json
import re
import shutil

import pytest

from otelsim.world.finding import find_world
from tests.command import WEEK
from tests.doctor.conftest import closed_port
from tests.doctor.pages import PageServer


@pytest.fixture
def made(call, tmp_path):
    """A function that makes a run, of OTLP's notation unless told, and gives its folder."""

    def make(*words):
        folder = tmp_path / "run"
        common = (50, 10, *WEEK, "--workers", 1, "--output", folder, "--quiet")
        assert call("generate", *common, *(words or ("--sink", "otlp-file"))).returncode == 0
        return folder

    return make


@pytest.fixture
def run(made):
    return made()


def test_bad_usage(refused, run, tmp_path):
    assert refused("verify", tmp_path / "none").endswith("not the folder of a finished run")
    assert refused("verify", run, "--signals", "spans").startswith("--signals: 'spans' is not one of traces, logs")
    assert refused("verify", run, "--logs-store", "localhost:9428").startswith(
        "--logs-store: the endpoint must be a URL"
    )
    assert refused("verify", run, "--certificate", "none.pem").startswith("--certificate: none.pem cannot be read")
    for words in (("--run-id", "x"), ("--metric-attribute", "persona")):
        assert refused("verify", run, *words) == f"{words[0]}: goes with a run of JSON lines: the manifest says it here"
    manifest = run / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"requests"', '"request"', 1))
    assert "is damaged" in refused("verify", run)
    manifest.write_text("{}")
    assert "is not the manifest of a run" in refused("verify", run)


def test_a_store_that_does_not_answer_is_no_whole_run(call, run):
    url = f"http://127.0.0.1:{closed_port()}"
    done = call("verify", run, "--signals", "logs", "--logs-store", url, "--sample", 5, "--json", "--quiet")
    assert done.returncode == 1
    assert done.stderr.startswith(f"otelsim: {url}: VictoriaLogs does not answer (Connection refused)")
    assert len(done.stderr.splitlines()) == 1
    assert json.loads(done.stdout)["ok"] is False


def test_json_lines_are_verified_by_what_they_are_said_to_be(call, refused, made):
    run, url = made("--sink", "jsonl"), f"http://127.0.0.1:{closed_port()}"
    assert refused("verify", run, "--run-id", " ").startswith("--run-id: must be")
    assert refused("verify", run, "--signals", "spans").startswith("--signals: 'spans' is not one of")
    words = ("--signals", "logs", "--logs-store", url, "--run-id", "again", "--json", "--quiet")
    done = call("verify", run, *words)
    assert (done.returncode, json.loads(done.stdout)["run_id"]) == (1, "again")


def test_a_world_of_ones_own_is_found_where_it_was_or_where_it_is_said_to_be(call, refused, made, tmp_path):
    world = shutil.copytree(find_world("multi_cloud"), tmp_path / "mine")
    run = made("--sink", "otlp-file", "--world", world)
    words = ("--signals", "logs", "--logs-store", f"http://127.0.0.1:{closed_port()}", "--sample", 0, "--quiet")
    assert "does not answer" in call("verify", run, *words).stderr
    moved = world.rename(tmp_path / "moved")
    assert refused("verify", run, *words).startswith("--world: ")
    assert "no longer the one that the run was made with" in refused("verify", run, *words, "--world", "social_network")
    assert "does not answer" in call("verify", run, *words, "--world", moved).stderr
    # Without a journal that says where it was, the shipped world of that name, which is the same.
    (run / "journal.jsonl").write_text("torn")
    assert "does not answer" in call("verify", run, *words).stderr


def test_what_is_not_whole_is_told_in_lines_that_can_be_read(call, run):
    """Of a store that holds nothing, and says why."""
    metrics = 'vl_rows_dropped_total{reason="too_small_timestamp"} 7\n'
    with PageServer({"/select/logsql/query": (200, ""), "/metrics": (200, metrics)}) as server:
        done = call("verify", run, "--signals", "logs", "--logs-store", server.url, "--sample", 20)
        told = [line for line in done.stdout.splitlines() if not line.startswith(("┏", "┃", "┡", "│", "└"))]
    logs = json.loads((run / "manifest.json").read_text())["counts"]["logs"]
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"otelsim: {run}: {logs} missing"
    assert told[0].startswith("log records, 2025-03-03 to 2025-03-09, all ")
    assert told[0].endswith(f" services: none held of {logs}")
    assert re.match(r"logs, (\d+) of \1 compared: is not held, such as [0-9a-f]{16} of 2025-03-0\dT", told[1])
    assert told[2].startswith("VictoriaLogs holds nothing of run id '")
    assert told[3].startswith("VictoriaLogs took rows and did not keep them (too_small_timestamp 7) since it started")
    assert told[4].startswith("compared field by field: ")
    assert len(told) == 5
