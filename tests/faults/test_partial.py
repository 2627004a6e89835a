"""Requests that are accepted in part or with a warning, and replies that are lost on their way."""

from collections import Counter

import pytest

from tests.faults.conftest import receiving
from tests.faults.counting import counted, differences, records_by_signal, repeats, totals
from tests.faults.programs import sent
from tests.sinks.otlp.receiver import Coming, Step

SMALL = 300
ONE = ("--workers", "1")
MANY_AT_ONCE = ("--workers", "2", "--in-flight", "16", "--max-request-bytes", "40960")


def rejects_some(coming: Coming) -> Step:
    """Two of seven, as seven is no multiple of a slice's number of requests: so each signal has its turn."""
    if coming.number % 7 == 3:
        return Step(rejected=1 + coming.number % 4, text="too old")
    return Step(text="a word of advice") if coming.number % 7 == 5 else Step()


def advises(coming: Coming) -> Step:
    return Step(text="a word of advice") if coming.number % 5 == 2 else Step()


@pytest.mark.parametrize(
    ("protocol", "rule"), [("http/protobuf", rejects_some), ("grpc", rejects_some), ("grpc", advises)]
)
def test_partial_success_is_told_and_counted_and_nothing_is_sent_again(protocol, rule, whole, tmp_path):
    with receiving(protocol) as receiver:
        receiver.script(otherwise=rule)
        done = sent(receiver, tmp_path / "run", SMALL, *ONE)
    warned = Counter(a.step.text for a in receiver.arrivals if a.step.text)
    rejected = dict.fromkeys(done.account, 0)
    for each in receiver.arrivals:
        rejected[each.signal] += min(each.step.rejected, each.records)
    print(f"{len(receiver.arrivals)} requests, warnings {dict(warned)}, rejected {rejected}; {done.account}")
    assert differences(whole(SMALL), counted(receiver.arrivals)) == {}
    assert set(done.of("resent").values()) == set(done.of("pending").values()) == {0}
    assert done.of("rejected") == rejected
    assert done.warnings == warned
    assert min(warned.values()) > 20
    if rule is advises:
        assert (done.code, sum(rejected.values())) == (0, 0)
    else:
        assert done.code == 1
        assert min(rejected.values()) > 0
        assert "too old" in done.complaint


def cuts(coming: Coming) -> Step:
    """Of the first requests every second one has its connection cut, before the reply or within it."""
    if coming.number >= 32 or coming.number % 2:
        return Step()
    return Step(fault="cut" if coming.number % 4 else "cut in reply")


def test_what_was_taken_without_a_reply_is_sent_again_and_counted(http, whole, tmp_path):
    http.script(otherwise=cuts)
    done = sent(http, tmp_path / "run", SMALL, *MANY_AT_ONCE)
    cut = [a for a in http.arrivals if a.step.fault]
    came = counted(http.arrivals)
    print(f"{len(cut)} of {len(http.arrivals)} replies lost: {totals(came)} came, {done.of('resent')} resent")
    assert done.code == 0
    assert len(cut) == 16
    assert differences(whole(SMALL), came) == repeats(done.of("resent")) != {}
    assert done.of("resent") == records_by_signal(cut)
    assert done.of("acknowledged") == done.of("generated") == totals(whole(SMALL))
