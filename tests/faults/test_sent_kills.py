"""Runs that are sent, killed and resumed: nothing is lost, and at most what was in flight comes twice."""

import json
import os
import random
import signal
import time
from collections import Counter

import pytest

from tests.command import otelsim
from tests.faults.conftest import HTTP_FIRST
from tests.faults.counting import counted, differences
from tests.faults.programs import Begun, account
from tests.memory import workers_of
from tests.sinks.otlp.receiver import Step

REQUESTS = 500
WORKERS, IN_FLIGHT = 2, 2
WORDS = ("--workers", WORKERS, "--in-flight", IN_FLIGHT, "--max-request-bytes", 2_500)
FULL = pytest.mark.slow


@pytest.fixture
def slow(receiver):
    """A receiver that takes its time, so that requests are in flight when something happens."""
    receiver.script(otherwise=Step(delay_s=0.012))
    return receiver


def wait_for(run, receiver, count):
    deadline = time.monotonic() + 60
    while len(receiver.arrivals) < count:
        assert run.process.poll() is None, run.process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def repeated_requests(receiver) -> Counter:
    """Requests that came more than once, and how often more."""
    bodies = Counter(arrival.body for arrival in receiver.arrivals)
    return Counter({body: n - 1 for body, n in bodies.items() if n > 1})


def journal(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def check_all_came(receiver, wanted, interruptions):
    """Every record came, and none twice but those in flight when it happened."""
    again = repeated_requests(receiver)
    found = differences(wanted, counted(receiver.arrivals))
    assert all(d.lost == d.foreign == 0 for d in found.values()), found
    assert again.total() <= interruptions * WORKERS * IN_FLIGHT
    return again.total()


def resumed(folder):
    done = otelsim("resume", folder, "--json")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "manifest.json").read_text())
    told = account(done.stderr.splitlines(), manifest)
    return json.loads(done.stdout), told


def moments(seed, few, count):
    draw = random.Random(seed)
    return [pytest.param(draw.randrange(30, 300), marks=() if i < few else FULL) for i in range(count)]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGKILL, id="KILL"), pytest.param(signal.SIGTERM, id="TERM", marks=FULL)]
)
@pytest.mark.parametrize("after", moments(4, 1, 10))
@HTTP_FIRST
def test_a_killed_run_goes_on_behind_what_was_answered(slow, whole, tmp_path, after, number):
    run = Begun(slow, tmp_path / "run", REQUESTS, *WORDS)
    wait_for(run, slow, after)
    os.kill(run.process.pid, number)
    run.process.wait()
    run.watcher.join()
    _, errors = run.process.communicate()
    assert run.process.returncode == (130 if number == signal.SIGTERM else -number)
    before = len(slow.arrivals)
    if number == signal.SIGTERM:
        ended = journal(tmp_path / "run")[-1]
        told = account(errors.splitlines(), None)
        assert ended["ended"] == "interrupted"
        assert {s: t["pending"] for s, t in ended["account"].items()} == {s: t.pending for s, t in told.items()}
    summary, told = resumed(tmp_path / "run")
    again = check_all_came(slow, whole(REQUESTS), 1)
    counts = summary["counts"]
    assert told["traces"].generated == told["traces"].acknowledged == counts["spans"]
    assert told["metrics"].acknowledged == counts["points"] + counts["histogram_points"]
    assert not list((tmp_path / "run").glob("*.part"))
    print(f"{before} of {len(slow.arrivals)} requests before {number.name}; {again} came twice, none is missing")


@pytest.mark.parametrize("after", moments(5, 1, 5))
@HTTP_FIRST
def test_a_dead_workers_slice_is_sent_on(slow, whole, tmp_path, after):
    run = Begun(slow, tmp_path / "run", REQUESTS, *WORDS)
    wait_for(run, slow, after)
    workers_of(run.process.pid)[0].kill()
    ended = run.end()
    assert ended.code == 0
    assert "a worker process died: what it had in hand is made again" in ended.lines
    again = check_all_came(slow, whole(REQUESTS), 1)
    assert ended.of("pending") == dict.fromkeys(("traces", "logs", "metrics"), 0)
    print(f"a worker killed after {after} requests: {again} came twice, none is missing")


def test_without_what_was_noted_more_comes_twice(http, whole, tmp_path):
    """The negative control of all the others."""
    http.script(otherwise=Step(delay_s=0.012))
    run = Begun(http, tmp_path / "run", REQUESTS, *WORDS)
    wait_for(run, http, 200)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.communicate()
    run.watcher.join()
    noted = list((tmp_path / "run").glob("otlp_acknowledged_*"))
    assert len(noted) == WORKERS
    for path in noted:
        path.unlink()
    resumed(tmp_path / "run")
    with pytest.raises(AssertionError):
        check_all_came(http, whole(REQUESTS), 1)


def test_a_wrong_key_loses_nothing(http, whole, tmp_path):
    """What was refused as a whole is sent when the run is resumed with the right one."""
    http.script(otherwise=Step(status=401))
    run = Begun(http, tmp_path / "run", REQUESTS, *WORDS).end()
    assert run.code == 1
    http.script(otherwise=Step())
    before = len(http.arrivals)
    summary, told = resumed(tmp_path / "run")
    assert differences(whole(REQUESTS), counted(http.arrivals[before:])) == {}
    assert told["traces"].acknowledged == summary["counts"]["spans"]


def test_what_is_given_again_and_elsewhere(http, whole, tmp_path):
    """The rest of a run goes to another receiver; a header is asked for again, since its value is kept nowhere."""
    from tests.faults.conftest import receiving

    http.script(otherwise=Step(delay_s=0.012))
    run = Begun(http, tmp_path / "run", REQUESTS, *WORDS, "--header", "api-key=canary-5d1e")
    wait_for(run, http, 10)
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.communicate()
    run.watcher.join()
    assert b"canary-5d1e" not in b"".join(p.read_bytes() for p in (tmp_path / "run").iterdir())
    refused = otelsim("resume", tmp_path / "run")
    assert (refused.returncode, refused.stderr.splitlines()) == (
        2,
        ["otelsim: --header: the run was sent with the header api-key: give it again"],
    )
    header = tmp_path / "key"
    header.write_text("another")
    with receiving("http/protobuf") as other:
        words = ("--header", f"api-key=@{header}", "--endpoint", other.url)
        done = otelsim("resume", tmp_path / "run", *words)
        assert done.returncode == 0, done.stderr
        assert {a.headers["api-key"] for a in other.arrivals} == {"another"}
        found = differences(whole(REQUESTS), counted([*http.arrivals, *other.arrivals]))
    assert all(d.lost == d.foreign == 0 for d in found.values()), found
