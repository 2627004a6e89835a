"""Faults on the way, room in memory, splitting, giving up, closing."""

import socket
import threading
import time

import grpc
import psutil
import pytest

from otelsim.errors import RunError
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.replies import Retry
from otelsim.sinks.otlp.retry import Backoff
from otelsim.sinks.otlp.sending import CLOSING_S, Sender, Waiting, new_exporter
from otelsim.sinks.otlp.settings import resolve
from otelsim.sinks.otlp.splitting import halves

from .conftest import BODIES, QUICK, sender_to, settings_for, tally, traces
from .receiver import Step, records_of

BUSY = Step(status=503, code=grpc.StatusCode.UNAVAILABLE, text="busy")


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def send_all(sender, requests=1, records=3, **more):
    for _ in range(requests):
        sender.send("traces", traces(records), records, **more)
    sender.flush()


@pytest.mark.parametrize("fault", ["cut", "cut in reply"])
def test_a_lost_reply_is_sent_for_again(http, fault):
    http.script(Step(fault=fault))
    with sender_to(http) as sender:
        send_all(sender)
        found = tally(sender)
    assert (found.acknowledged, found.resent) == (3, 3)
    assert [a.body for a in http.arrivals] == [traces(3)] * 2


def test_a_hang_meets_the_time_out(receiver, protocol):
    receiver.script(Step(delay_s=20))
    began = time.monotonic()
    with sender_to(receiver, protocol, timeout="0.3") as sender:
        send_all(sender)
        assert (tally(sender).acknowledged, tally(sender).resent) == (3, 3)
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize("step", [Step(fault="drip", rejected=1, text="x" * 200), Step(fault="drip headers")])
def test_a_reply_of_a_byte_at_a_time_meets_the_time_out(http, step):
    http.script(step)
    began = time.monotonic()
    with sender_to(http, timeout="0.4") as sender:
        send_all(sender)
        assert tally(sender).resent == 3
    assert 0.4 <= time.monotonic() - began < 5


def test_a_body_that_nobody_reads_meets_the_time_out(http):
    http.script(Step(fault="unread"))
    began = time.monotonic()
    with sender_to(http, timeout="0.4", max_request_bytes=1 << 30) as sender:
        sender.send("traces", traces(1, 16 << 20), 1)
        until(lambda: sender.waiting())
        assert "no answer within 0.4 s" in sender.waiting()[0].reason
    assert time.monotonic() - began < 4


def test_seven_of_ten_unavailable(receiver, protocol):
    receiver.script(*([BUSY] * 7 + [Step()] * 3) * 10)
    with sender_to(receiver, protocol) as sender:
        send_all(sender, 60)
        assert tally(sender).acknowledged == 180 == receiver.served
        assert tally(sender).resent == 3 * (len(receiver.arrivals) - 60)


def test_a_stopped_receiver_stops_whoever_sends(receiver, protocol):
    """At most the requests in flight are held, however many there are to send, and the memory shows it."""
    receiver.script(otherwise=Step(delay_s=60))
    receiver.keeps_bodies = False
    body, asked = traces(10, 200_000), []
    with sender_to(receiver, protocol, in_flight=3, timeout=60) as sender:

        def generate():
            for _ in range(150):
                asked.append(1)
                sender.send("traces", bytes(bytearray(body)), 10)

        before = psutil.Process().memory_info().rss
        thread = threading.Thread(target=generate)
        thread.start()
        until(lambda: len(asked) == 4)
        time.sleep(0.3)
        assert len(asked) == 4
        receiver.released.set()
        peak = 0
        while thread.is_alive():
            peak = max(peak, psutil.Process().memory_info().rss)
            thread.join(0.01)
        sender.flush()
        assert tally(sender).acknowledged == 1_500 == receiver.served
    # Both ends are in this process; 300 MB went through it.
    assert peak - before < 100 << 20


def test_several_requests_are_in_flight(receiver, protocol):
    receiver.script(otherwise=Step(delay_s=0.3))
    began = time.monotonic()
    with sender_to(receiver, protocol, in_flight=8) as sender:
        send_all(sender, 8)
    assert time.monotonic() - began < 8 * 0.3


def test_what_is_waited_for(receiver, protocol):
    receiver.script(otherwise=BUSY)
    with sender_to(receiver, protocol) as sender:
        sender.send("traces", traces(1), 1)
        until(lambda: len(receiver.arrivals) > 3)
        (first,) = sender.waiting()
        until(lambda: len(receiver.arrivals) > 6)
        assert sender.waiting() == [first]
        assert first.reason.endswith("busy")
        assert str(first).startswith(f"waiting for {receiver.url}")
        receiver.otherwise = Step()
        sender.flush()
        assert sender.waiting() == []
    assert str(Waiting("http://a:1", "busy", 3_661.0)) == "waiting for http://a:1: busy since 01:01:01 UTC"


@pytest.fixture
def nowhere():
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_giving_up(protocol, nowhere):
    settings = resolve({"endpoint": nowhere, "protocol": protocol, "give_up_after": "0.3"}, {})
    sender = Sender(settings, Account(), QUICK)
    sender.send("logs", BODIES["logs"](5), 5)
    with pytest.raises(RunError, match=rf"^{nowhere}\S*: gave up after 0\.[3-9] s: .*(Connection refused|UNAVAILABLE)"):
        sender.flush()
    with pytest.raises(RunError, match="gave up"):
        sender.send("logs", BODIES["logs"](5), 5)
    sender.close()
    assert (tally(sender, "logs").pending, tally(sender, "logs").generated) == (10, 10)


def test_a_name_that_does_not_resolve_is_waited_for():
    sender = Sender(resolve({"endpoint": "http://nobody.invalid:1"}, {}), Account(), QUICK)
    with sender:
        sender.send("logs", BODIES["logs"](5), 5)
        until(sender.waiting)
        assert sender.waiting()[0].reason == "the host's name does not resolve"


def test_a_refusal_that_breaks_off_is_still_one(http):
    http.script(
        Step(status=400, fault="cut in reply"),
        Step(headers={"content-encoding": "gzip"}, text="plain"),
        Step(headers={"content-encoding": "gzip"}, text="plain " * 20),
    )
    with sender_to(http) as sender:
        for _ in range(3):
            send_all(sender)
        found = tally(sender)
    assert (found.rejected, found.acknowledged, len(found.warnings)) == (3, 6, 2)
    assert len(http.arrivals) == 3


def test_a_closed_channel_is_no_answer(rpc):
    exporter = new_exporter(settings_for(rpc, "grpc")["logs"])
    exporter.close()
    assert isinstance(exporter.export(b"", 1), Retry)


def test_time_that_is_over_before_it_began(http):
    assert new_exporter(settings_for(http)["logs"]).export(b"", 1e-9) == Retry(None, "no answer within 1e-09 s")


def test_giving_up_where_the_receiver_asks_for_longer(http):
    http.script(otherwise=Step(status=503, headers={"retry-after": "60"}))
    began = time.monotonic()
    with sender_to(http, give_up_after=5) as sender:
        with pytest.raises(RunError, match="gave up"):
            send_all(sender)
        assert tally(sender).pending == 3
    assert time.monotonic() - began < 5


def test_giving_up_wakes_whoever_waits_to_send(http):
    http.script(otherwise=BUSY)
    with sender_to(http, give_up_after="0.2", in_flight=1) as sender:
        sender.send("traces", traces(1), 1)
        with pytest.raises(RunError, match="gave up"):
            sender.send("traces", traces(1), 1)


def test_closing_does_not_wait_for_a_connection():
    """A listener that accepts nobody: its queue is full, so connecting hangs."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        sender = Sender(resolve({"endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}"}, {}), Account())
        with sender:
            sender.send("traces", traces(4), 4)
            time.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < CLOSING_S + 1
    assert tally(sender).pending == 4


@pytest.mark.parametrize("step", [Step(delay_s=20), BUSY])
def test_closing_ends_what_is_under_way(receiver, protocol, step):
    receiver.script(otherwise=step)
    sender = Sender(settings_for(receiver, protocol, timeout=20), Account(), Backoff(20, 20))
    sender.send("traces", traces(4), 4)
    time.sleep(0.2)
    began = time.monotonic()
    sender.close()
    assert time.monotonic() - began < CLOSING_S - 0.5  # it was ended, not left alone
    assert tally(sender).pending == 4
    with pytest.raises(RunError, match="sending has ended"):
        sender.flush()


def test_an_error_of_ours_is_told_and_nothing_is_forgotten(http):
    def broken():
        raise ZeroDivisionError

    http.script(otherwise=Step(status=413))
    with sender_to(http) as sender:
        with pytest.raises(RunError, match="sending failed: ZeroDivisionError"):
            send_all(sender, split=broken)
        assert tally(sender).pending == 3


def split_in(*numbers):
    return lambda: [(traces(n), n) for n in numbers]


def too_large(protocol):
    text = "grpc: received message larger than max (9 vs. 4)"
    return Step(status=413, code=grpc.StatusCode.RESOURCE_EXHAUSTED, text=text)


def test_what_is_too_large_is_split_and_sent_again(receiver, protocol):
    receiver.script(too_large(protocol), too_large(protocol))
    with sender_to(receiver, protocol) as sender:
        send_all(sender, records=10, split=split_in(6, 4))
        found = tally(sender)
    assert (found.acknowledged, found.rejected) == (10, 0)
    # The parts given are still cut in half where they must be.
    assert [a.records for a in receiver.arrivals] == [10, 6, 3, 3, 4]


@pytest.mark.parametrize("signal", BODIES)
def test_single_records_that_are_too_large_are_refused(receiver, protocol, signal):
    receiver.script(otherwise=too_large(protocol))
    with sender_to(receiver, protocol) as sender:
        sender.send(signal, BODIES[signal](3), 3)
        sender.flush()
        assert (tally(sender, signal).rejected, tally(sender, signal).acknowledged) == (3, 0)


def test_a_limit_of_the_receivers_own(rpc):
    rpc.close()
    small = type(rpc)(max_bytes=10_000)
    with sender_to(small, "grpc") as sender:
        send_all(sender, records=1_000)
        assert tally(sender).acknowledged == 1_000 == small.served
    small.close()


def test_our_limit_holds_before_sending(receiver, protocol):
    with sender_to(receiver, protocol, max_request_bytes=5_000) as sender:
        send_all(sender, records=1_000)
        assert tally(sender).acknowledged == 1_000
    assert receiver.served == 1_000
    assert max(len(a.body) for a in receiver.arrivals) <= 5_000


def test_parts_that_lose_a_record_are_noticed(http):
    http.script(too_large("http"))
    with sender_to(http) as sender, pytest.raises(RunError, match="other records than the request"):
        send_all(sender, records=10, split=split_in(5, 4))


@pytest.mark.parametrize("signal", BODIES)
def test_halves_hold_all_records_in_order(signal):
    body = BODIES[signal](7)
    parts = halves(signal, body)
    assert [n for _, n in parts] == [3, 4] == [records_of(signal, part) for part, _ in parts]
    assert halves(signal, BODIES[signal](1)) == halves(signal, b"") == halves(signal, b"\xff") == []


def test_requests_are_halved_by_resource_first():
    body = traces(2) + traces(5)  # protobuf: joined messages have joined lists
    assert halves("traces", body) == [(traces(2), 2), (traces(5), 5)]
