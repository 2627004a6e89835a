"""Servers that ask for time, that refuse for good, and that find a request too large."""

import contextlib
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime

import grpc
import pytest

from tests.faults.conftest import HTTP_FIRST, receiving
from tests.faults.counting import counted, differences, records_by_signal, too_early, totals, waits
from tests.faults.programs import Begun, sent
from tests.sinks.otlp.receiver import Coming, Step

CODES = grpc.StatusCode
SMALL, LARGE = 300, 20_000
ONE = ("--workers", "1")
MANY_AT_ONCE = ("--workers", "2", "--in-flight", "16", "--max-request-bytes", "40960")
ASKED = 16
"""Requests that are asked to wait."""


def date_in(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(int(time.time()) + seconds, UTC), usegmt=True)


def asks_for_time(coming: Coming) -> Step:
    """By turns: 429 and 503, each with seconds and with a date."""
    if coming.number >= ASKED:
        return Step()
    asked = str(1 + coming.number % 3) if coming.number % 4 < 2 else date_in(2 + coming.number % 3)
    return Step(status=(429, 503)[coming.number % 2], headers={"retry-after": asked})


def asks_for_time_by_grpc(coming: Coming) -> Step:
    """By turns: RESOURCE_EXHAUSTED and UNAVAILABLE, with RetryInfo."""
    if coming.number >= ASKED:
        return Step()
    code = (CODES.RESOURCE_EXHAUSTED, CODES.UNAVAILABLE)[coming.number % 2]
    return Step(code=code, retry_info_s=1.2 + coming.number % 3 / 2)


@pytest.mark.parametrize(("protocol", "rule"), [("http/protobuf", asks_for_time), ("grpc", asks_for_time_by_grpc)])
def test_the_next_attempt_is_never_earlier_than_asked_for(protocol, rule, whole, tmp_path):
    with receiving(protocol) as receiver:
        receiver.script(otherwise=rule)
        done = sent(receiver, tmp_path / "run", SMALL, *MANY_AT_ONCE)
    found = waits(receiver.arrivals)
    late = sorted(wait.again_s - wait.until_s for wait in found)
    kinds = Counter((a.step.status, a.step.code.name) for a in receiver.arrivals if not a.accepted)
    print(f"{len(found)} asked to wait {dict(kinds)}: {late[0]:.3f} to {late[-1]:.3f} s later; {done.of('resent')}")
    assert done.code == 0
    assert len(found) == ASKED
    assert too_early(found) == []
    assert differences(whole(SMALL), counted(a for a in receiver.arrivals if a.accepted)) == {}
    assert done.of("resent") == records_by_signal(a for a in receiver.arrivals if not a.accepted)


REFUSALS = [400, 401, 403, 404, 500, CODES.INTERNAL, CODES.UNAUTHENTICATED]


def refusing(refusal: int | grpc.StatusCode) -> Step:
    by_http = isinstance(refusal, int)
    return Step(status=refusal, text="no thanks") if by_http else Step(code=refusal, text="no thanks")


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """How a run ended by refusal, and its server; all at once, as most of each is its start."""
    with contextlib.ExitStack() as stack:
        protocols = ["http/protobuf" if isinstance(each, int) else "grpc" for each in REFUSALS]
        servers = [stack.enter_context(receiving(each)) for each in protocols]
        for server, refusal in zip(servers, REFUSALS, strict=True):
            server.script(otherwise=refusing(refusal))
        folders = [tmp_path_factory.mktemp("refused") / "run" for _ in servers]
        begun = [Begun(*each, LARGE, *MANY_AT_ONCE) for each in zip(servers, folders, strict=True)]
        return {each: (run.end(), server) for each, run, server in zip(REFUSALS, begun, servers, strict=True)}


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_who_refuses_everything_is_asked_once_a_request(refused, refusal):
    done, receiver = refused[refusal]
    came, attempts = records_by_signal(receiver.arrivals), Counter(a.body for a in receiver.arrivals)
    print(f"{receiver.begun} attempts at {len(attempts)} requests; {came} came, {done.account}")
    assert done.code == 1
    assert set(attempts.values()) == {1}
    assert len(attempts) > 50
    name = f"HTTP {refusal}" if isinstance(refusal, int) else f"gRPC {refusal.name}"
    assert done.complaint.startswith(f"otelsim: {receiver.url}")
    assert name in done.complaint
    assert "no thanks" in done.complaint
    # What was still under way when the run gave up is pending.
    for signal, told in done.account.items():
        assert told.acknowledged == told.resent == 0
        assert 0 < told.rejected <= came[signal] <= told.rejected + told.pending
    (reason,) = done.refusals
    assert reason.startswith(name)
    assert done.refusals[reason] == sum(done.of("rejected").values())


@HTTP_FIRST
def test_what_is_too_large_is_split_until_it_is_taken(receiver, whole, tmp_path):
    limit = 10_000
    # As the Collector says it over gRPC, for which there is no code of its own.
    text = f"grpc: received message larger than max (50000 vs. {limit})"
    refusal = Step(status=413, code=CODES.RESOURCE_EXHAUSTED, text=text)
    receiver.script(otherwise=lambda coming: refusal if coming.size > limit else Step())
    done = sent(receiver, tmp_path / "run", SMALL, *ONE)
    taken = [a for a in receiver.arrivals if a.accepted]
    found = counted(taken)
    print(f"{len(receiver.arrivals) - len(taken)} too large, {len(taken)} taken: {totals(found)}")
    assert done.code == 0
    assert differences(whole(SMALL), found) == {}
    assert set(Counter(a.body for a in receiver.arrivals).values()) == {1}
    assert max(len(a.body) for a in taken) <= limit
    assert len(receiver.arrivals) - len(taken) > 200
    assert done.of("acknowledged") == totals(found)
    assert set(done.of("rejected").values()) == set(done.of("resent").values()) == {0}


def test_one_of_five_refused_is_counted_and_the_run_goes_to_its_end(receiver, whole, tmp_path):
    refusal = Step(status=500, code=CODES.INTERNAL, text="it broke")
    # A run ends at once where a signal's first requests are all refused.
    receiver.script(otherwise=lambda coming: refusal if coming.number >= 20 and coming.number % 5 == 4 else Step())
    done = sent(receiver, tmp_path / "run", SMALL, *MANY_AT_ONCE)
    refused = [a for a in receiver.arrivals if not a.accepted]
    taken = [a for a in receiver.arrivals if a.accepted]
    print(f"{len(refused)} of {len(receiver.arrivals)} requests refused: {done.account}")
    assert done.code == 1
    assert "it broke" in done.complaint
    assert done.manifest is not None
    assert differences(whole(SMALL), counted(receiver.arrivals)) == {}
    assert 0.15 < len(refused) / len(receiver.arrivals) < 0.25
    assert done.of("rejected") == records_by_signal(refused)
    assert done.of("acknowledged") == records_by_signal(taken)
    assert set(done.of("resent").values()) == set(done.of("pending").values()) == {0}
    notes = [note for tally in done.manifest["account"].values() for note in tally["refusals"].values()]
    assert sum(note["requests"] for note in notes) == len(refused)
