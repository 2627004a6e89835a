"""OTLP endpoints: what is taken, refused, misunderstood, and that nothing is stored by asking."""

import contextlib
import socket

import grpc
import pytest

from otelsim.doctor.bodies import padded
from otelsim.doctor.endpoint import check_endpoints, silence
from otelsim.doctor.findings import OK, PROBLEM, WARNING
from otelsim.sinks.otlp.settings import MAX_REQUEST_BYTES, SIGNALS, resolve
from tests.sinks.otlp.conftest import RECEIVERS, tls_receiver
from tests.sinks.otlp.receiver import GrpcReceiver, Step, records_of

from .conftest import closed_port

NOW_S = 1_800_000_000.0
OTHER = {"http/protobuf": "grpc", "grpc": "http/protobuf"}
HEADER = "authorization=Bearer canary-4f1b"


def settings(url, protocol="http/protobuf", signals=SIGNALS, **options):
    found = resolve({"endpoint": url, "protocol": protocol, "timeout": "3", **options}, {})
    return [found[signal] for signal in signals]


def checked(url, protocol="http/protobuf", signals=SIGNALS, **options):
    return check_endpoints(settings(url, protocol, signals, **options), NOW_S)


def only(findings):
    (found,) = findings
    return found


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_good_endpoint(receiver, protocol, compression):
    found = checked(receiver.url, protocol, compression=compression)
    assert [each.verdict for each in found] == [OK] * 4
    assert [each.check for each in found] == ["protocol", *SIGNALS]
    name = "gRPC" if protocol == "grpc" else "HTTP"
    assert found[0].text == f"speaks {name} in the clear"
    gzip = " with gzip" if compression == "gzip" else ""
    assert {each.text for each in found[1:]} == {f"takes requests{gzip}, tried up to 4,128,768 bytes"}


def test_nothing_that_is_sent_holds_a_record(receiver, protocol):
    checked(receiver.url, protocol, compression="gzip")
    assert {arrival.signal for arrival in receiver.arrivals} == set(SIGNALS)
    assert [arrival.records for arrival in receiver.arrivals] == [0] * len(receiver.arrivals)
    largest = max(len(arrival.body) for arrival in receiver.arrivals)
    assert MAX_REQUEST_BYTES - 100 < largest <= MAX_REQUEST_BYTES


@pytest.mark.parametrize("size", [0, 64, 1_024, 1_000_000])
@pytest.mark.parametrize("signal", SIGNALS)
def test_padded_requests_are_of_their_size(signal, size):
    body = padded(signal, size)
    assert records_of(signal, body) == 0
    assert size - 70 <= len(body) <= max(size, 64)


def test_only_the_runs_signals_are_asked(receiver, protocol):
    found = checked(receiver.url, protocol, ["logs"])
    assert [each.check for each in found] == ["protocol", "logs"]
    assert {arrival.signal for arrival in receiver.arrivals} == {"logs"}


def test_each_place_is_told_once(http, rpc):
    mixed = [*settings(http.url, signals=["traces", "logs"]), *settings(rpc.url, "grpc", ["metrics"])]
    found = check_endpoints(mixed, NOW_S)
    assert sorted((each.of, each.check) for each in found) == sorted(
        [
            (http.url, "protocol"),
            (f"{http.url}/v1/traces", "traces"),
            (f"{http.url}/v1/logs", "logs"),
            (rpc.url, "protocol"),
            (rpc.url, "metrics"),
        ]
    )


def test_an_endpoint_that_nobody_listens_at(protocol):
    url = f"http://127.0.0.1:{closed_port()}"
    found = only(checked(url, protocol))
    assert (found.verdict, found.of, found.check) == (PROBLEM, url, "reachable")
    assert found.text == "does not answer (Connection refused)"
    assert silence(settings(url, protocol)[0]) == "Connection refused"


def test_a_host_without_an_address(protocol):
    found = only(checked("http://nobody.invalid:1", protocol))
    assert found.text == "does not answer (the host's name does not resolve)"


@pytest.mark.parametrize("spoken", RECEIVERS)
@pytest.mark.parametrize("over_tls", [False, True])
def test_the_other_protocol(spoken, over_tls, pki):
    made = tls_receiver(spoken, pki, mutual=False) if over_tls else RECEIVERS[spoken]()
    with contextlib.closing(made) as receiver:
        found = checked(receiver.url, OTHER[spoken], header=[HEADER], certificate=pki.ca)
        assert not [each for each in found[:-1] if each.verdict != OK]
        name, wanted = ("gRPC", "HTTP") if spoken == "grpc" else ("HTTP", "gRPC")
        assert (found[-1].verdict, found[-1].check, found[-1].text) == (PROBLEM, "protocol", f"it speaks {name}")
        port = 4318 if wanted == "HTTP" else 4317
        assert found[-1].change == f"--protocol {spoken}, or the port where it speaks {wanted} (usually {port})"
        assert not with_credentials(receiver)
        assert silence(settings(receiver.url, OTHER[spoken], certificate=pki.ca)[0]) == ""


@pytest.mark.parametrize("spoken", RECEIVERS)
@pytest.mark.parametrize("said", RECEIVERS)
def test_tls_where_none_is_said(spoken, said, pki):
    with contextlib.closing(tls_receiver(spoken, pki, mutual=False)) as receiver:
        found = only(checked(receiver.url.replace("https:", "http:"), said, header=[HEADER]))
        assert (found.check, found.text, found.change) == ("protocol", "it speaks TLS", f"{receiver.url} in --endpoint")
        assert receiver.arrivals == []


@pytest.mark.parametrize("spoken", RECEIVERS)
@pytest.mark.parametrize("said", RECEIVERS)
def test_no_tls_where_it_is_said(spoken, said):
    with contextlib.closing(RECEIVERS[spoken]()) as receiver:
        found = only(checked(receiver.url.replace("http:", "https:"), said, header=[HEADER]))
        assert (found.verdict, found.check) == (PROBLEM, "tls")
        if spoken == said:
            assert (found.text, found.change) == ("it speaks no TLS", f"{receiver.url} in --endpoint")
        else:
            assert found.text == f"it speaks {'gRPC' if spoken == 'grpc' else 'HTTP'} without TLS"
            assert found.change.startswith(f"--protocol {spoken} and http:// in --endpoint, or ")
        assert not with_credentials(receiver)
        assert silence(settings(receiver.url.replace("http:", "https:"), said)[0]) == ""


def with_credentials(receiver):
    """Requests that came with the header although its way was not the one asked for."""
    return [a for a in receiver.arrivals if "authorization" in {name.lower() for name in a.headers}]


def test_credentials_go_the_way_that_was_asked_for(receiver, protocol):
    checked(receiver.url, protocol, header=[HEADER])
    assert len(with_credentials(receiver)) == len(receiver.arrivals) > 0


def test_what_is_neither(protocol):
    """A server that reads and says nothing: no guess is made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        found = checked(url, protocol, ["logs"], timeout="0.3")
        assert [(each.verdict, each.check) for each in found] == [(PROBLEM, "logs")]
        assert found[0].text.startswith("takes no logs now (")
        assert "(--wait)" in found[0].change
        assert silence(settings(url, protocol, ["logs"], timeout="0.3")[0])


REFUSALS = {
    "401": (Step(status=401, code=grpc.StatusCode.UNAUTHENTICATED), "wants credentials (", "--header "),
    "403": (Step(status=403, code=grpc.StatusCode.PERMISSION_DENIED), "wants credentials (", "--header "),
    "404": (Step(status=404, code=grpc.StatusCode.UNIMPLEMENTED), "takes no logs (", "a pipeline of logs there"),
    "503": (Step(status=503, code=grpc.StatusCode.UNAVAILABLE), "takes no logs now (", "see its log, or try again"),
    "500": (Step(status=500, code=grpc.StatusCode.INTERNAL), "refuses logs (", "see its log"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(receiver, protocol, name):
    step, text, change = REFUSALS[name]
    receiver.script(otherwise=step)
    found = checked(receiver.url, protocol, ["logs"])[-1]
    assert (found.verdict, found.check) == (PROBLEM, "logs")
    assert found.text.startswith(text)
    assert (f"HTTP {name}" if protocol == "http/protobuf" else f"gRPC {step.code.name}") in found.text
    assert found.change.startswith(change)
    assert bool(silence(settings(receiver.url, protocol, ["logs"])[0])) == (name == "503")


@pytest.mark.parametrize("header", [HEADER, "x-api-key=canary-4f1b"])
def test_refused_credentials_are_not_asked_for_again(receiver, protocol, header):
    receiver.script(otherwise=REFUSALS["401"][0])
    found = checked(receiver.url, protocol, ["logs"], header=[header])[-1]
    assert found.text.startswith("refuses our credentials (")
    assert "canary" not in str(found)


def test_one_signal_refused_leaves_the_others(http):
    http.script(Step(), Step(status=404))
    found = checked(http.url)
    assert [each.verdict for each in found] == [OK, PROBLEM, OK, OK]
    assert "another path in --traces-endpoint" in found[1].change


def test_gzip_refused(receiver, protocol):
    unsupported = Step(status=415, code=grpc.StatusCode.UNIMPLEMENTED, text="gzip is not known here")
    receiver.script(Step(), Step(), otherwise=unsupported)
    found = checked(receiver.url, protocol, ["logs"], compression="gzip")[-1]
    assert (found.verdict, found.change) == (PROBLEM, "--compression none")
    assert found.text.startswith("refuses gzip (")
    assert len(receiver.arrivals[-1].body) > 500


def test_large_requests_refused_by_http(http):
    http.script(Step(), Step(), Step(status=413))
    found = checked(http.url, signals=["logs"])[-1]
    assert found.text == "refuses requests of 4,128,768 bytes (HTTP 413 Request Entity Too Large)"
    assert found.change.startswith("a smaller --max-request-bytes")


def test_large_requests_refused_by_grpc():
    with contextlib.closing(GrpcReceiver(max_bytes=1 << 20)) as receiver:
        found = checked(receiver.url, "grpc", ["traces"])[-1]
        assert found.verdict == PROBLEM
        assert found.text.startswith("refuses requests of 4,128,768 bytes (gRPC RESOURCE_EXHAUSTED")
        assert checked(receiver.url, "grpc", ["traces"], max_request_bytes="1000000")[-1].verdict == OK


def test_more_than_64_mib_is_not_tried(http):
    found = checked(http.url, signals=["logs"], max_request_bytes=str(1 << 30))[-1]
    assert found.text == "takes requests, tried up to 67,108,864 bytes"
    assert max(len(arrival.body) for arrival in http.arrivals) <= 1 << 26


def test_a_page_is_no_receiver(http):
    http.script(otherwise=Step(raw=b"<html>Welcome</html>"))
    found = checked(http.url, signals=["logs"])[-1]
    assert (found.verdict, found.text) == (
        PROBLEM,
        "answers as no OTLP receiver does: what is sent there may be lost",
    )
    assert "speaks HTTP" not in str(checked(http.url, "grpc", ["logs"])[-1])


def test_a_receivers_remark_is_passed_on(receiver, protocol):
    receiver.script(otherwise=Step(text="quota nearly used up"))
    found = checked(receiver.url, protocol, ["logs"])[-1]
    assert (found.verdict, found.text) == (WARNING, "takes requests, and says: quota nearly used up")


def test_what_is_shown_holds_no_secret(http):
    """A rude receiver repeats the header and the query."""
    http.script(otherwise=Step(status=500, text="no: Bearer canary-4f1b, ?key=canary-77"))
    url = f"{http.url}/p?key=canary-77"
    found = checked(url, header=[HEADER]) + checked(url, header=[HEADER], compression="gzip")
    assert len(with_credentials(http)) == len(http.arrivals) > 0
    assert "canary" not in repr(found)
    assert "no: ***, ?***" in repr(found)
