"""A canary in every place that may hold a secret is in nothing that is shown; TLS with and without a client's own."""

import contextlib
import json
import logging
import pickle
import time
import traceback

import grpc
import pytest

from otelsim.errors import InputError, RunError
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.secret import Secret, redacted
from otelsim.sinks.otlp.sending import CLOSING_S, Sender
from otelsim.sinks.otlp.settings import resolve

from .conftest import QUICK, RECEIVERS, sender_to, settings_for, tally, tls_receiver, traces
from .receiver import Step

CANARY = "canary-4f1b"
V = "OTEL_EXPORTER_OTLP_"


def places(tmp_path, url):
    """Options and variables with the canary in each place."""
    file = tmp_path / "token"
    file.write_text(f"Bearer {CANARY}\n")
    inside = url.replace("://", f"://{CANARY}:{CANARY}-2@")
    return {
        "flag": ({"endpoint": url, "header": [f"authorization=Bearer {CANARY}"]}, {}),
        "file": ({"endpoint": url, "header": [f"authorization=@{file}"]}, {}),
        "variable": ({"endpoint": url}, {V + "HEADERS": f"authorization=Bearer%20{CANARY}"}),
        "user info": ({"endpoint": inside}, {}),
        "user info by variable": ({}, {V + "ENDPOINT": inside}),
    }


PLACES = ["flag", "file", "variable", "user info", "user info by variable"]


@pytest.mark.parametrize("place", PLACES)
def test_the_canary_is_sent_and_in_nothing_shown(receiver, protocol, place, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    options, environ = places(tmp_path, receiver.url)[place]
    settings = resolve({**options, "protocol": protocol, "give_up_after": "0.2"}, environ)
    echo = dict(settings["logs"].headers)["authorization"].reveal()
    account = Account()
    sender = Sender(settings, account, QUICK)
    # The receiver is rude: it repeats the header in all that it says, once where its text is cut off.
    receiver.script(
        Step(text=f"welcome {echo}", rejected=1),
        Step(text="." * 255 + echo, status=400, code=grpc.StatusCode.INTERNAL),
        Step(text=f"wait {echo}", status=503, code=grpc.StatusCode.UNAVAILABLE),
        otherwise=Step(text=f"busy {echo}", status=503, code=grpc.StatusCode.UNAVAILABLE),
    )
    for _ in range(2):
        sender.send("traces", traces(3), 3)
        sender.flush()
    sender.send("traces", traces(3), 3)
    with pytest.raises(RunError) as caught:
        sender.flush()
    waiting = sender.waiting()
    sender.close()
    assert {k.lower(): v for k, v in receiver.arrivals[0].headers.items()}["authorization"] == echo
    told = [repr(settings), str(settings), repr(sender.__dict__), json.dumps(account.as_dict()), str(waiting)]
    told += [*traceback.format_exception(caught.value), caplog.text, *capfd.readouterr()]
    secrets = [CANARY, echo.split()[1], echo.split()[1][:8]]
    assert not [secret for secret in secrets if secret in "\n".join(told)]
    assert "***" in json.dumps(account.as_dict())


@pytest.mark.parametrize(
    "options",
    [
        {"header": [CANARY]},
        {"header": [f"{CANARY} x=1"]},
        {"header": [f"a={CANARY}\n"], "endpoint": "bad"},
        {"header": [f"a={CANARY}\0"]},
        {"header": [f"{CANARY}!=1"], "protocol": "grpc"},
        {"endpoint": f"http://u:{CANARY}@"},
        {"endpoint": f"http://u:{CANARY}@a:x"},
        {"endpoint": f"http://u:{CANARY}@exa_mple..org"},
        {"endpoint": f"http://u:12/{CANARY}@a:1"},
        {"endpoint": f"http://u:12#{CANARY}@a:1"},
        {"endpoint": f"http://u:{CANARY}@[::1"},
        {"endpoint": f"ftp://u:{CANARY}@a"},
        {"endpoint": f"u:{CANARY}@a", "protocol": "grpc"},
        {"endpoint": f"http://u:{CANARY}@example.org:1"},
        {"endpoint": "http://example.org:1", "header": [f"authorization={CANARY}"]},
    ],
)
def test_the_canary_is_in_no_error_about_the_input(options):
    with pytest.raises(InputError) as caught:
        resolve(options, {})
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_secret_shows_nothing():
    secret = Secret(CANARY)
    assert {repr(secret), str(secret), f"{secret:>9}", f"{[secret]}"} == {"***", "[***]"}
    assert CANARY not in repr(vars(type(secret)))
    assert pickle.loads(pickle.dumps(secret)) == secret != Secret("other")
    assert hash(secret) == hash(Secret(CANARY))
    assert redacted(f"a {CANARY} b", [secret, Secret(""), Secret("b")]) == "a *** b"


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_tls(protocol, pki, compression):
    with contextlib.closing(tls_receiver(protocol, pki, mutual=False)) as receiver:
        assert receiver.url.startswith("https")
        with sender_to(receiver, protocol, certificate=pki.ca, compression=compression) as sender:
            for _ in range(3):
                sender.send("traces", traces(500, 1_000), 500)
            sender.flush()
            assert tally(sender).acknowledged == 1_500 == receiver.served


def test_mutual_tls(protocol, pki):
    client = {"client_key": pki.client_key, "client_certificate": pki.client_cert}
    with contextlib.closing(tls_receiver(protocol, pki, mutual=True)) as receiver:
        with sender_to(receiver, protocol, certificate=pki.ca, **client) as sender:
            sender.send("traces", traces(5), 5)
            sender.flush()
            assert tally(sender).acknowledged == 5
        with sender_to(receiver, protocol, certificate=pki.ca, give_up_after="0.3") as sender:
            sender.send("traces", traces(5), 5)
            with pytest.raises(RunError, match="gave up"):
                sender.flush()
    assert receiver.served == 5


def test_a_stranger_gets_nothing(protocol, pki):
    with contextlib.closing(tls_receiver(protocol, pki, mutual=False)) as receiver:
        with sender_to(receiver, protocol, certificate=pki.stranger, give_up_after="0.3") as sender:
            sender.send("traces", traces(5), 5)
            with pytest.raises(RunError, match=r"(?i)gave up after .*certificate"):
                sender.flush()
        assert receiver.arrivals == []


def test_a_hang_over_tls_meets_the_time_out(protocol, pki):
    with contextlib.closing(tls_receiver(protocol, pki, mutual=False)) as receiver:
        receiver.script(Step(delay_s=20))
        with sender_to(receiver, protocol, certificate=pki.ca, timeout="0.5") as sender:
            sender.send("traces", traces(5), 5)
            sender.flush()
            assert tally(sender).resent >= 5


def test_closing_over_tls_ends_what_is_under_way(protocol, pki):
    with contextlib.closing(tls_receiver(protocol, pki, mutual=False)) as receiver:
        receiver.script(Step(delay_s=20))
        sender = Sender(settings_for(receiver, protocol, certificate=pki.ca, timeout=20), Account(), QUICK)
        sender.send("traces", traces(5), 5)
        time.sleep(0.3)
        began = time.monotonic()
        sender.close()
        assert time.monotonic() - began < CLOSING_S - 0.5
        assert tally(sender).pending == 5


def test_redirects_are_not_followed(http):
    with contextlib.closing(RECEIVERS["http/protobuf"]()) as elsewhere:
        http.script(Step(status=307, headers={"location": f"{elsewhere.url}/v1/traces"}))
        with sender_to(http, header=["authorization=x"]) as sender:
            sender.send("traces", traces(5), 5)
            sender.flush()
            assert tally(sender).rejected == 5
        assert elsewhere.arrivals == []


def test_the_query_is_sent(http):
    http.url += "/p?key=hidden"
    with sender_to(http) as sender:
        sender.send("logs", b"", 0)
        sender.flush()
    assert http.arrivals[0].headers[":path"] == "/p/v1/logs?key=hidden"
    assert "hidden" not in repr(sender.settings)
