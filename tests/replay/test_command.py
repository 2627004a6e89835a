"""``otelsim replay`` and ``otelsim import`` as a user meets them, against receivers of OTLP."""

import json
import os
import shutil
import signal
import time
from collections import Counter

import pytest

from tests.backends.messages import IDS
from tests.begun import Begun
from tests.command import generated, otelsim, told
from tests.faults.conftest import receiving
from tests.replay.lines import written
from tests.sinks.otlp.receiver import Step
from tests.wire.otlp.runs import MESSAGES, records


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of JSON lines."""
    return generated(tmp_path_factory.mktemp("replay") / "run", 400, "--workers", 2, "--compress", "zstd")


def replay(receiver, tmp_path, *words, command=("replay",)):
    where = ("--endpoint", receiver.url, "--protocol", receiver.protocol, "--output", tmp_path / "state")
    return otelsim(*command, *words, *where)


def taken(receiver) -> Counter:
    """Every record that the receiver took."""
    found: Counter = Counter()
    for a in receiver.arrivals:
        if a.accepted:
            found.update((a.signal, *one) for one in records(a.signal, MESSAGES[a.signal].FromString(a.body)))
    return found


def counts(found: Counter) -> Counter:
    totals: Counter = Counter()
    for (name, *_), n in found.items():
        totals[name] += n
    return totals


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """The records of the run, replayed where nothing fails."""
    with receiving("http/protobuf") as made:
        done = replay(made, tmp_path_factory.mktemp("whole"), run)
        assert done.returncode == 0, done.stderr
        return taken(made)


def test_a_runs_files_arrive_once(receiver, run, whole, tmp_path):
    done = replay(receiver, tmp_path, run, "--json")
    assert done.returncode == 0, done.stderr
    summary, manifest = json.loads(done.stdout), json.loads((run / "manifest.json").read_text())
    made = manifest["counts"]
    assert summary["counts"] == {name: made[name] for name in ("spans", "logs", "points")}
    assert summary["run_id"] == manifest["run_id"]
    assert summary["left_out"] == {"lines": 0, "unpaired_logs": 0, "unpaired_durations": 0}
    assert summary == json.loads((tmp_path / "state/summary.json").read_text())
    assert taken(receiver) == whole
    assert counts(whole) == {"traces": made["spans"], "logs": made["logs"], "metrics": made["points"]}
    assert set(whole.values()) == {1}
    assert f"{made['spans']:,} spans, {made['logs']:,} log records, {made['points']:,} points" in done.stderr


@pytest.mark.untraced
def test_any_number_of_workers_sends_the_same_records(http, run, whole, tmp_path):
    assert replay(http, tmp_path, run, "--workers", 5).returncode == 0
    assert taken(http) == whole


def test_a_finished_replay_is_done_again_and_an_interrupted_one_is_kept(http, run, whole, tmp_path):
    for _ in range(2):
        http.arrivals.clear()
        assert replay(http, tmp_path, run).returncode == 0
        assert taken(http) == whole
    (tmp_path / "state/summary.json").unlink()
    line = told(replay(http, tmp_path, run), 2)
    again = "--resume goes on with it, --overwrite begins anew"
    assert line == f"--output: {tmp_path}/state holds a replay that was interrupted: {again}"
    assert replay(http, tmp_path, run, "--overwrite").returncode == 0


def wait_for(begun, receiver, count):
    deadline = time.monotonic() + 60
    while len(receiver.arrivals) < count:
        assert begun.process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_replay_goes_on_behind_what_was_answered(http, run, whole, tmp_path, number):
    http.script(otherwise=Step(delay_s=0.02))
    words = ("replay", str(run), "--endpoint", http.url, "--output", str(tmp_path / "state"), "--in-flight", "2")
    begun = Begun(tmp_path / "state", command=(*words, "--workers", "2"))
    wait_for(begun, http, 60)
    begun.look()
    os.kill(begun.process.pid, number)
    code, errors = begun.end()
    assert code == (130 if number == signal.SIGTERM else -number)
    assert begun.survivors() == []
    if number == signal.SIGTERM:
        assert errors.splitlines()[-1] == "otelsim: interrupted: the same command with --resume goes on from here"
    before = len(http.arrivals)
    http.script(otherwise=Step())
    done = otelsim(*words, "--workers", 1, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    again = Counter(arrival.body for arrival in http.arrivals)
    twice = sum(n - 1 for n in again.values())
    assert twice <= 4
    assert before < len(again)
    assert taken(http).keys() == whole.keys()
    assert json.loads(done.stdout)["account"]["logs"]["acknowledged"] == counts(whole)["logs"]
    print(f"{before} of {len(again)} requests before {number.name}, {twice} came twice, none is missing")


def test_a_replay_of_other_files_is_not_gone_on_with(http, run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    assert replay(http, tmp_path, copy).returncode == 0
    (tmp_path / "state/summary.json").unlink()
    for words, what in (
        ((copy, "--run-id", "other"), "run_id"),
        ((run,), "files"),
        ((copy, "--store-names"), "plain_names"),
    ):
        line = told(replay(http, tmp_path, *words, "--resume"), 2)
        assert line == f"--resume: the replay in {tmp_path}/state is another one: its {what} differ"
    served = len(http.arrivals)
    assert replay(http, tmp_path, copy, "--resume").returncode == 0
    assert len(http.arrivals) == served, "all of it had been answered for"


def test_a_runs_folder_is_no_place_for_a_journal_and_a_replays_is_none_for_resume(http, run, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    line = told(otelsim("replay", run, "--endpoint", http.url, "--output", other), 2)
    assert line == f"--output: {other} holds a run: choose another folder"
    assert replay(http, tmp_path, run).returncode == 0
    line = told(otelsim("resume", tmp_path / "state"), 2)
    assert line.endswith("is the journal of a replay: the same `otelsim replay` with --resume goes on with it")


def values(attributes):
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}


@pytest.mark.parametrize(("store", "signal_name"), [("victoriametrics", "metrics"), ("victorialogs", "logs")])
@pytest.mark.untraced
def test_imports_have_the_names_that_stores_know(http, run, whole, tmp_path, store, signal_name):
    where = {"victoriametrics": "/opentelemetry/v1/metrics", "victorialogs": "/insert/opentelemetry/v1/logs"}[store]
    done = otelsim("import", store, run, "--url", http.url + "/", "--output", tmp_path / "state")
    assert done.returncode == 0, done.stderr
    assert {(a.signal, a.headers[":path"]) for a in http.arrivals} == {(signal_name, where)}
    assert counts(taken(http))[signal_name] == counts(whole)[signal_name]
    message = MESSAGES[signal_name].FromString(http.arrivals[0].body)
    resource = values(getattr(message, f"resource_{signal_name}")[0].resource.attributes)
    assert IDS.keys() <= resource.keys()
    assert not [key for key in resource if key.startswith("qairon.")]
    headers = ({name.lower(): value for name, value in a.headers.items()} for a in http.arrivals)
    stream = {each.get("vl-stream-fields") for each in headers}
    assert stream == {"environment,region,service_id" if store == "victorialogs" else None}


def test_spans_keep_their_names_where_others_get_the_stores(http, run, tmp_path):
    assert replay(http, tmp_path, run, "--store-names").returncode == 0
    for arrival in http.arrivals:
        message = MESSAGES[arrival.signal].FromString(arrival.body)
        kind = "spans" if arrival.signal == "traces" else arrival.signal
        resource = values(getattr(message, f"resource_{kind}")[0].resource.attributes)
        assert ("qairon.environment" in resource, "environment" in resource) == (kind == "spans", kind != "spans")


def broken(tmp_path):
    """Files with a log line that is none, and a metric line without its log line."""
    folder = tmp_path / "old"
    folder.mkdir()
    lines = written("year")
    logs = lines["logs"].splitlines(keepends=True)
    (folder / "logs_3.jsonl").write_bytes(b"".join([*logs[:5], b"what is this\n", *logs[6:]]))
    (folder / "metrics_3.jsonl").write_bytes(lines["metrics"])
    return folder, len(logs), lines["metrics"].count(b"\n")


def test_a_broken_line_ends_the_replay_or_is_left_out(http, tmp_path):
    folder, logs, points = broken(tmp_path)
    done = replay(http, tmp_path, folder, "--run-id", "old")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"otelsim: {folder}/logs_3.jsonl:6: is no JSON"
    done = replay(http, tmp_path, folder, "--run-id", "old", "--on-error", "skip", "--overwrite", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-3:] == [
        f"otelsim: {folder}/logs_3.jsonl:6: is no JSON",
        "otelsim: 1 broken lines were left out: the first are above",
        "otelsim: 0 log lines have no duration and 1 durations no log line: they make no spans",
    ]
    summary = json.loads(done.stdout)
    assert summary["counts"] == {"spans": logs - 1, "logs": logs - 1, "points": points}
    assert summary["left_out"] == {"lines": 1, "unpaired_logs": 0, "unpaired_durations": 1}
    assert summary["run_id"] == "old"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--signals", "spans"), "--signals: 'spans' is not one of traces, logs, metrics"),
        (("--run-id", ""), "--run-id: must be 1 to 128 printable characters"),
        (("--endpoint", "ftp://x"), "--endpoint: "),
        (("--output", ""), "--output: is not a path"),
        (("--world", "nowhere"), "--world: "),
        (("--workers", "0"), "--workers: "),
        (("--on-error", "weep"), "--on-error: "),
    ],
)
def test_bad_usage_is_one_line(run, tmp_path, words, line):
    state = () if "--output" in words else ("--output", tmp_path / "state")
    assert told(otelsim("replay", run, *state, *words), 2).startswith(line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("replay",), ("import", "victorialogs"), ("import", "victoriametrics")])
def test_nothing_to_replay_is_one_line(tmp_path, command):
    assert told(otelsim(*command, tmp_path / "nowhere"), 2) == f"{tmp_path}/nowhere: no such file or folder"
    assert told(otelsim(*command), 2) == "DIR|FILE|URI...: is missing"
    other = tmp_path / "app.log"
    other.write_text("no line of ours\n")
    what = "is neither a log line nor a metric line in the documented formats"
    assert told(otelsim(*command, other), 2) == f"{other}:1: {what}"


def test_the_wrong_files_for_an_import_are_refused(run, tmp_path):
    logs = next(run.glob("logs_*"))
    line = told(otelsim("import", "victoriametrics", logs), 2)
    assert line == f"{logs}: has no lines to make metrics of"


@pytest.mark.untraced
def test_files_beside_an_earlier_replays_journal_stay(http, run, tmp_path):
    assert replay(http, tmp_path, run).returncode == 0
    kept = tmp_path / "state/logs_0.jsonl.zst"
    shutil.copy(next(run.glob("logs_*")), kept)
    before = kept.read_bytes()
    line = told(replay(http, tmp_path, tmp_path / "state"), 2)
    assert line == f"--output: {tmp_path}/state holds what is to be replayed: choose another folder"
    assert replay(http, tmp_path, run).returncode == 0
    assert kept.read_bytes() == before


@pytest.mark.untraced
def test_a_file_of_metrics_or_of_logs_goes_alone(http, run, tmp_path):
    for name in ("metrics", "logs"):
        http.arrivals.clear()
        assert replay(http, tmp_path, next(run.glob(f"{name}_*"))).returncode == 0
        assert {a.signal for a in http.arrivals} == {name}
    line = told(replay(http, tmp_path, next(run.glob("logs_*")), "--signals", "traces"), 2)
    assert line.endswith("has no lines to make traces of")
