"""The official exporters, made from our settings: what arrives, what is counted, what is never shown."""

import contextlib
import logging
import socket
from concurrent import futures
from types import SimpleNamespace

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from otelsim.errors import InputError, RunError
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.sdk import MOST_RECORDS, SdkSender
from otelsim.sinks.otlp.settings import resolve
from otelsim.sinks.otlp.splitting import LEVELS
from tests.wire.sdk.runs import run_of

from .conftest import settings_for, tally, tls_receiver
from .receiver import Step, records_of
from .test_sending import until

V = "OTEL_EXPORTER_OTLP_"
CANARY = "canary-77c2"
ENCODERS = {"traces": encode_spans, "logs": encode_logs, "metrics": encode_metrics}


def objects(signal, calls=3):
    run = run_of("year")
    rows, notation = run.rows[:calls], run.notation()
    make = {"traces": notation.spans, "logs": notation.logs, "metrics": notation.gauges}
    return make[signal](run.calls, rows)


def records(signal, made):
    return records_of(signal, ENCODERS[signal](made).SerializeToString())


@contextlib.contextmanager
def sdk_sender(settings):
    with SdkSender(settings, Account()) as sender:
        yield sender


def send(sender, signal="traces", calls=3):
    made = objects(signal, calls)
    sender.send(signal, made, records(signal, made))
    sender.flush()
    return SimpleNamespace(**vars(tally(sender, signal)))


def flat(signal, bodies):
    """(resource, metric, record) of some requests, in order."""
    kind, (first, second, *lists) = LEVELS[signal]
    found = []
    for body in bodies:
        for resource in getattr(kind.FromString(body), first):
            for scope in getattr(resource, second):
                found += [(str(resource.resource), *each) for each in _records(scope, lists)]
    return found


def _records(scope, lists):
    if len(lists) == 1:
        return [("", str(record)) for record in getattr(scope, lists[0])]
    return [(m.name, str(p)) for m in scope.metrics for p in getattr(m, m.WhichOneof("data")).data_points]


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_what_is_sent_arrives_and_is_counted(receiver, protocol, signal, compression):
    with sdk_sender(settings_for(receiver, protocol, compression=compression)) as sender:
        found = send(sender, signal)
    made = objects(signal)
    assert [a.body for a in receiver.arrivals] == [ENCODERS[signal](made).SerializeToString()]
    assert (found.generated, found.acknowledged, found.requests) == (records(signal, made), records(signal, made), 1)
    assert receiver.arrivals[0].signal == signal


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_requests_hold_512_records_at_most(http, signal):
    calls = 300 if signal == "metrics" else 1_100
    with sdk_sender(settings_for(http)) as sender:
        found = send(sender, signal, calls)
    whole = ENCODERS[signal](objects(signal, calls)).SerializeToString()
    counts = [a.records for a in http.arrivals]
    assert counts[:-1] == [MOST_RECORDS] * (len(counts) - 1)
    assert len(counts) == found.requests == -(-found.generated // MOST_RECORDS) > 1
    assert flat(signal, [a.body for a in http.arrivals]) == flat(signal, [whole])


def test_other_records_than_were_said_are_an_error(http):
    with sdk_sender(settings_for(http)) as sender, pytest.raises(RunError, match="other records"):
        sender.send("traces", objects("traces"), 4)
    assert not http.arrivals


def test_a_failure_is_counted_and_told(receiver, protocol):
    receiver.script(Step(status=400, code=grpc.StatusCode.INVALID_ARGUMENT, text="no such tenant"))
    with sdk_sender(settings_for(receiver, protocol)) as sender:
        found = send(sender)
        assert (found.generated, found.rejected, found.pending) == (3, 3, 0)
        ((kind, note),) = found.refusals.items()
        assert kind == "the SDK gave up"
        name = "gRPC INVALID_ARGUMENT" if protocol == "grpc" else "HTTP 400 Bad Request"
        assert note["text"] == f"the SDK gave up: {name}: no such tenant"
        assert send(sender).acknowledged == 3


def test_what_the_sdk_tries_again_is_counted_once(receiver, protocol):
    receiver.script(Step(status=503, code=grpc.StatusCode.UNAVAILABLE, headers={"retry-after": "0"}))
    with sdk_sender(settings_for(receiver, protocol)) as sender:
        found = send(sender)
    assert (found.generated, found.acknowledged, found.requests) == (3, 3, 1)
    assert len(receiver.arrivals) == 2


def test_the_sdk_gives_up_at_the_time_out(receiver, protocol):
    receiver.script(Step(status=503, code=grpc.StatusCode.UNAVAILABLE, text="busy"))
    with sdk_sender(settings_for(receiver, protocol, timeout="0.4")) as sender:
        found = send(sender)
    assert (found.rejected, len(receiver.arrivals)) == (3, 1)
    assert next(iter(found.refusals.values()))["text"].endswith(": busy")


def test_a_receiver_that_is_not_there(protocol):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with sdk_sender(resolve({"endpoint": url, "protocol": protocol, "timeout": "0.3"}, {})) as sender:
            found = send(sender)
    assert found.rejected == 3
    (note,) = found.refusals.values()
    assert "Connection refused" in note["text"] or "UNAVAILABLE" in note["text"]


def test_what_is_not_answered_when_the_sender_is_closed_stays_pending(receiver, protocol):
    receiver.script(otherwise=Step(status=503, code=grpc.StatusCode.UNAVAILABLE))
    with sdk_sender(settings_for(receiver, protocol, timeout="30")) as sender:
        sending = futures.ThreadPoolExecutor(1).submit(send, sender)
        until(lambda: receiver.arrivals)
        sender.close()
        assert "sending has ended" in str(sending.exception(timeout=20))
        assert (tally(sender).generated, tally(sender).pending) == (3, 3)
        with pytest.raises(RunError, match="sending has ended"):
            send(sender)


def test_partial_success_is_read(receiver, protocol):
    receiver.script(Step(rejected=2, text="too old"))
    with sdk_sender(settings_for(receiver, protocol)) as sender:
        found = send(sender)
    assert (found.acknowledged, found.rejected) == (1, 2)
    assert found.refusals["partial success"]["text"] == "too old"


def test_partial_success_is_read_on_a_new_connection(rpc):
    rpc.script(Step(code=grpc.StatusCode.UNAVAILABLE), Step(rejected=1, text="too old"))
    with sdk_sender(settings_for(rpc, "grpc")) as sender:
        assert send(sender).rejected == 1


def test_a_redirection_is_no_success(http):
    http.script(Step(status=302, headers={"location": "http://localhost:1/"}))
    with sdk_sender(settings_for(http)) as sender:
        found = send(sender)
    assert (found.acknowledged, found.rejected, len(http.arrivals)) == (0, 3, 1)
    assert next(iter(found.refusals.values()))["text"] == "the SDK gave up: HTTP 302 Found"


HOSTILE = {
    **{f"{V}{prefix}ENDPOINT": "http://localhost:1" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}HEADERS": "x-leak=1,user-agent=other" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}COMPRESSION": "deflate" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}TIMEOUT": "0.000001" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}CERTIFICATE": "/nowhere/ca.pem" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}CLIENT_KEY": "/nowhere/key.pem" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}CLIENT_CERTIFICATE": "/nowhere/cert.pem" for prefix in ("", "TRACES_")},
    **{f"{V}{prefix}INSECURE": "false" for prefix in ("", "TRACES_")},
    "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "nobody",
    "OTEL_PYTHON_EXPORTER_OTLP_GRPC_CREDENTIAL_PROVIDER": "nobody",
    "OTEL_PYTHON_EXPORTER_OTLP_GRPC_TRACES_CREDENTIAL_PROVIDER": "nobody",
    "OTEL_PYTHON_EXPORTER_OTLP_GRPC_RETRYABLE_ERROR_CODES": "INVALID_ARGUMENT",
    "OTEL_RESOURCE_ATTRIBUTES": "x-leak=1",
    "OTEL_ATTRIBUTE_COUNT_LIMIT": "1",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "1",
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "1",
    "REQUESTS_CA_BUNDLE": "/nowhere/ca.pem",
    "http_proxy": "http://localhost:1",
    "HTTPS_PROXY": "http://localhost:1",
    "grpc_proxy": "http://localhost:1",
}


@pytest.mark.parametrize("headers", [[], ["x-own=yes"]])
def test_the_environment_changes_nothing(receiver, protocol, headers, monkeypatch):
    wanted = ENCODERS["traces"](objects("traces")).SerializeToString()
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    receiver.script(Step(status=400, code=grpc.StatusCode.INVALID_ARGUMENT))
    with sdk_sender(settings_for(receiver, protocol, header=headers)) as sender:
        assert send(sender).rejected == 3
        assert send(sender).acknowledged == 3
    assert [a.body for a in receiver.arrivals] == [wanted] * 2
    sent = {name.lower(): value for name, value in receiver.arrivals[1].headers.items()}
    assert "x-leak" not in sent
    assert "content-encoding" not in sent
    assert sent.get("x-own") == ("yes" if headers else None)
    assert "OTel-OTLP-Exporter-Python/" in sent["user-agent"]


@pytest.mark.parametrize("mutual", [False, True])
def test_tls_by_our_files_and_not_by_variables(protocol, pki, mutual, monkeypatch):
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    files = {"certificate": pki.ca}
    if mutual:
        files |= {"client_key": pki.client_key, "client_certificate": pki.client_cert}
    with contextlib.closing(tls_receiver(protocol, pki, mutual)) as receiver:
        with sdk_sender(settings_for(receiver, protocol, **files)) as sender:
            assert send(sender).acknowledged == 3
        strange = {**files, "certificate": pki.stranger}
        with sdk_sender(settings_for(receiver, protocol, timeout="0.5", **strange)) as sender:
            assert send(sender).rejected == 3
        assert receiver.served == 3


def test_who_is_unknown_is_not_trusted(protocol, pki, monkeypatch):
    """Not even where a variable says so."""
    monkeypatch.setenv(V + "CERTIFICATE", pki.ca)
    with contextlib.closing(tls_receiver(protocol, pki, mutual=False)) as receiver:
        with sdk_sender(settings_for(receiver, protocol, timeout="0.5")) as sender:
            assert send(sender).rejected == 3
        assert not receiver.arrivals


def test_the_endpoint_is_ours_with_path_and_query(http):
    url = f"http://localhost:{http.server.server_port}/v1/traces?tenant=a%20b"
    with sdk_sender(resolve({"traces_endpoint": url}, {})) as sender:
        assert send(sender).acknowledged == 3
    assert http.arrivals[0].headers[":path"] == "/v1/traces?tenant=a%20b"


def test_a_malformed_variable_is_told_in_one_line(rpc, monkeypatch):
    settings = settings_for(rpc, "grpc", timeout="5")
    monkeypatch.setenv(V + "TRACES_TIMEOUT", "soon")
    with pytest.raises(InputError, match=r"^--encoder: sdk: .*'soon'$"):
        SdkSender(settings, Account())


def test_secrets_are_sent_and_in_nothing_shown(receiver, protocol, caplog, capfd, monkeypatch):
    caplog.set_level(logging.WARNING)
    # It drops what an earlier test has logged alike, and would hide a leak here.
    monkeypatch.setattr(logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter"), "filters", [])
    settings = settings_for(receiver, protocol, header=[f"authorization=Bearer {CANARY}"], timeout="0.5")
    receiver.script(
        Step(text=f"welcome {CANARY}", rejected=1),
        Step(status=400, code=grpc.StatusCode.INTERNAL, text=f"who is {CANARY}"),
        Step(status=400, code=grpc.StatusCode.UNKNOWN, text=f"who is {CANARY}"),
        otherwise=Step(status=503, code=grpc.StatusCode.UNAVAILABLE, text=f"busy {CANARY}"),
    )
    with sdk_sender(settings) as sender:
        for _ in range(4):
            found = send(sender)
        assert repr(sender.account.as_dict()).count("***") >= 2
    assert (found.generated, found.rejected) == (12, 10)
    seen = {name.lower(): value for name, value in receiver.arrivals[0].headers.items()}
    assert seen["authorization"] == f"Bearer {CANARY}"
    shown = repr(found) + repr(sender.settings) + caplog.text + "".join(capfd.readouterr())
    assert CANARY not in shown
