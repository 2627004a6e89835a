"""The rules of retrying and of reading replies, on a live receiver and alone."""

import gzip
import io
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import grpc
import pytest
import urllib3

from otelsim.sinks.otlp.http import read_reply
from otelsim.sinks.otlp.replies import MAX_REPLY_BYTES, UNREAD, Acknowledged, Refused, Retry
from otelsim.sinks.otlp.retry import (
    RETRIED_CODES,
    Backoff,
    GrpcStatus,
    HttpReply,
    clock_jitter,
    judge_grpc,
    judge_http,
    retry_after_s,
)

from .conftest import BODIES, sender_to, tally
from .receiver import Step

CODES = grpc.StatusCode
NOW = 1_700_000_000.0
ONCE_HTTP = [300, 302, 307, 400, 401, 403, 404, 405, 413, 422, 500, 501, 505]
ONCE_GRPC = set(CODES) - {CODES.OK} - {CODES[name] for name in RETRIED_CODES}


def send_one(sender, signal="traces", records=3):
    sender.send(signal, BODIES[signal](records), records)
    sender.flush()


@pytest.mark.parametrize("signal", BODIES)
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_all_is_well(receiver, protocol, signal, compression):
    with sender_to(receiver, protocol, compression=compression, header=["X-Tenant=a b"]) as sender:
        for _ in range(5):
            send_one(sender, signal, 7)
        assert (tally(sender, signal).acknowledged, tally(sender, signal).resent) == (35, 0)
    assert receiver.served == 35
    first = receiver.arrivals[0]
    assert (first.signal, first.body) == (signal, BODIES[signal](7))
    assert {k.lower(): v for k, v in first.headers.items()}["x-tenant"] == "a b"


def test_http_requests_are_compressed_and_share_a_connection(http):
    with sender_to(http, compression="gzip") as sender:
        send_one(sender)
    headers = {k.lower(): v for k, v in http.arrivals[0].headers.items()}
    assert (headers["content-encoding"], headers["content-type"]) == ("gzip", "application/x-protobuf")
    assert headers[":path"] == "/v1/traces"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_http_codes_that_are_retried(http, status):
    http.script(Step(status=status), Step(status=status))
    with sender_to(http) as sender:
        send_one(sender)
        assert (tally(sender).acknowledged, tally(sender).resent, tally(sender).rejected) == (3, 6, 0)
    assert len(http.arrivals) == 3


@pytest.mark.parametrize("status", ONCE_HTTP)
def test_http_codes_that_are_final(http, status):
    http.script(Step(status=status, text="no way"))
    with sender_to(http) as sender:
        send_one(sender, records=1)  # one record: a 413 cannot be split
        found = tally(sender)
    assert (found.acknowledged, found.rejected, found.pending) == (0, 1, 0)
    assert len(http.arrivals) == 1
    (note,) = found.refusals.values()
    assert str(status) in note["text"]
    assert "no way" in note["text"]


@pytest.mark.parametrize("name", sorted(RETRIED_CODES))
def test_grpc_codes_that_are_retried(rpc, name):
    rpc.script(Step(code=CODES[name]), Step(code=CODES[name]))
    with sender_to(rpc, "grpc") as sender:
        send_one(sender)
        assert (tally(sender).acknowledged, tally(sender).resent) == (3, 6)
    assert len(rpc.arrivals) == 3


@pytest.mark.parametrize("code", sorted(ONCE_GRPC, key=lambda c: c.name))
def test_grpc_codes_that_are_final(rpc, code):
    rpc.script(Step(code=code, text="no way"))
    with sender_to(rpc, "grpc") as sender:
        send_one(sender)
        found = tally(sender)
    assert (found.acknowledged, found.rejected) == (0, 3)
    assert len(rpc.arrivals) == 1
    assert found.refusals[f"gRPC {code.name}"]["text"] == f"gRPC {code.name}: no way"


def gaps(receiver):
    return [b.at_s - a.answered_s for a, b in pairwise(receiver.arrivals)]


@pytest.mark.parametrize("status", [429, 503])
def test_never_before_retry_after_seconds(http, status):
    http.script(Step(status=status, headers={"retry-after": "1"}))
    with sender_to(http) as sender:
        send_one(sender)
    assert gaps(http)[0] >= 1


@pytest.mark.parametrize("status", [429, 503])
def test_never_before_retry_after_date(http, status):
    date = int(time.time()) + 2
    http.script(Step(status=status, headers={"retry-after": format_datetime(datetime.fromtimestamp(date, UTC), True)}))
    with sender_to(http) as sender:
        send_one(sender)
    assert http.arrivals[1].at_s >= date


@pytest.mark.parametrize("code", [CODES.RESOURCE_EXHAUSTED, CODES.UNAVAILABLE])
def test_never_before_retry_info(rpc, code):
    rpc.script(Step(code=code, retry_info_s=0.7))
    with sender_to(rpc, "grpc") as sender:
        send_one(sender)
        assert tally(sender).acknowledged == 3
    assert gaps(rpc)[0] >= 0.7


def test_retry_info_of_no_time_is_a_retry(rpc):
    rpc.script(Step(code=CODES.RESOURCE_EXHAUSTED, retry_info_s=0))
    with sender_to(rpc, "grpc") as sender:
        send_one(sender)
        assert tally(sender).acknowledged == 3


@pytest.mark.parametrize("signal", BODIES)
def test_partial_success_is_counted_and_not_retried(receiver, protocol, signal):
    receiver.script(Step(rejected=2, text="too old"), Step(text="a word of advice"))
    with sender_to(receiver, protocol) as sender:
        send_one(sender, signal)
        send_one(sender, signal)
        found = tally(sender, signal)
    assert (found.acknowledged, found.rejected, found.resent) == (4, 2, 0)
    assert set(found.warnings) == {"too old", "a word of advice"}
    assert found.refusals["partial success"]["records"] == 2
    assert len(receiver.arrivals) == 2


def test_more_rejected_than_sent_does_not_break_the_account(receiver, protocol):
    receiver.script(Step(rejected=99), Step(rejected=-4, text="x"))
    with sender_to(receiver, protocol) as sender:
        send_one(sender)
        send_one(sender)
        assert (tally(sender).acknowledged, tally(sender).rejected) == (3, 3)


def test_a_reply_that_is_no_message_is_a_warning(receiver, protocol):
    receiver.script(Step(raw=b"<html>"))
    with sender_to(receiver, protocol) as sender:
        send_one(sender)
        assert list(tally(sender).warnings) == ["accepted with a reply that is no OTLP message"]
        assert tally(sender).acknowledged == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 15 Nov 2023 00:00:00 GMT", 1_700_006_400 - NOW),
        ("Wed, 15 Nov 2023 00:00:00 -0000", 1_700_006_400 - NOW),
        ("Wed, 15 Nov 2000 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 00:00:00 GMT", 1e9),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 40, None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after_s(value, NOW) == seconds


def test_backoff_grows_to_its_limit_and_halves_at_most():
    low, high = (Backoff(1, 30, lambda j=j: j) for j in (0.0, 1.0))
    assert [high.delay_s(n, None) for n in (1, 2, 3, 5, 6, 10_000)] == [1, 2, 4, 16, 30, 30]
    assert [low.delay_s(n, None) for n in (1, 2, 10)] == [0.5, 1, 15]
    assert low.delay_s(9, 5.0) == 5.0 <= high.delay_s(9, 5.0) <= 6.0
    assert high.delay_s(1, 1e12) <= 1e9
    assert high.delay_s(1, 0.0) == 1
    assert all(0 <= clock_jitter() < 1 for _ in range(100))


@pytest.mark.parametrize(
    "details",
    [
        "grpc: received message larger than max (5000000 vs. 4194304)",
        "gRPC message exceeds maximum size 4194304: 5000000",
        "SERVER: Received message larger than max (5000000 vs. 4194304)",
    ],
)
def test_too_large_is_no_overload(details):
    assert judge_grpc(GrpcStatus("RESOURCE_EXHAUSTED", details)) == Refused(f"gRPC RESOURCE_EXHAUSTED: {details}", True)


def test_judging_alone():
    tonic = "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes"
    assert judge_grpc(GrpcStatus("OUT_OF_RANGE", tonic)).too_large
    assert isinstance(judge_grpc(GrpcStatus("OUT_OF_RANGE")), Retry)
    assert isinstance(judge_grpc(GrpcStatus("RESOURCE_EXHAUSTED", "quota", b"\xff\xff")), Refused)
    assert judge_http("logs", HttpReply(299), NOW) == Acknowledged()
    assert judge_http("logs", HttpReply(499, b"\xff"), NOW) == Refused("HTTP 499")
    assert judge_http("logs", HttpReply(413), NOW).too_large
    assert judge_http("logs", HttpReply(503, b"", "7"), NOW).after_s == 7


@pytest.mark.parametrize("kind", ["oversized", "bomb"])
def test_an_endless_http_reply_is_not_read(http, kind):
    raw = bytes(2 * MAX_REPLY_BYTES) if kind == "oversized" else gzip.compress(bytes(100 << 20), 1)
    headers = {"content-encoding": "gzip"} if kind == "bomb" else {}
    http.script(Step(raw=raw, headers=headers), Step(status=400, raw=raw, headers=headers))
    with sender_to(http) as sender:
        send_one(sender)
        send_one(sender)
        found = tally(sender)
    assert list(found.warnings) == [UNREAD]
    assert (found.acknowledged, found.rejected) == (3, 3)
    assert len(http.arrivals) == 2


@pytest.mark.parametrize("compress", ["", "yes"])
def test_an_endless_grpc_reply_is_not_read(rpc, compress):
    rpc.script(Step(raw=bytes(3 * MAX_REPLY_BYTES), headers={"compress": compress}))
    with sender_to(rpc, "grpc") as sender:
        send_one(sender)
        found = tally(sender)
    assert (found.acknowledged, list(found.warnings)) == (3, [UNREAD])
    assert len(rpc.arrivals) == 1


def test_no_more_than_the_limit_of_a_reply_is_taken():
    class Endless(io.RawIOBase):
        taken = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.taken += len(buffer)
            return len(buffer)

    endless = Endless()
    reply = urllib3.HTTPResponse(io.BufferedReader(endless), {}, 200, preload_content=False)
    assert read_reply(reply) is None
    assert endless.taken <= MAX_REPLY_BYTES + (1 << 16)
