"""TLS: good certificates and bad ones, and servers that want one of ours."""

import contextlib
import datetime
import socket
import ssl
import threading
from types import SimpleNamespace

import pytest

from otelsim.doctor.certificates import Place, place_of, speaks_tls
from otelsim.doctor.endpoint import check_endpoints, silence
from otelsim.doctor.findings import OK, PROBLEM, WARNING
from tests.sinks.otlp.conftest import RECEIVERS, tls_receiver

from .conftest import closed_port
from .test_endpoint import checked, settings

UTC = datetime.UTC
NOW = datetime.datetime.now(UTC)


def day(offset: float) -> datetime.datetime:
    return NOW + datetime.timedelta(days=offset)


def serving(pki, *names, **dates):
    """The same authority's certificate for other names or times."""
    return SimpleNamespace(authority=pki.authority, server=pki.authority.issue_cert(*names, **dates))


@pytest.fixture
def found_at(protocol, pki):
    """The findings about a receiver with a certificate, and why waiting for it would help."""

    def ask(served, mutual=False, **options):
        with contextlib.closing(tls_receiver(protocol, served, mutual)) as receiver:
            asked = settings(receiver.url, protocol, ["logs"], **{"certificate": pki.ca, **options})
            return check_endpoints(asked, NOW.timestamp()), silence(asked[0])

    return ask


def test_a_good_certificate(found_at, pki):
    found, waits = found_at(serving(pki, "localhost", not_after=day(100)))
    assert [(each.verdict, each.check) for each in found] == [(OK, "tls"), (OK, "protocol"), (OK, "logs")]
    assert found[0].text == f"its certificate is valid until {day(100):%Y-%m-%d %H:%M} UTC"
    assert found[1].text.endswith(" over TLS")
    assert not waits


def test_a_certificate_that_expires_soon(found_at, pki):
    found, _ = found_at(serving(pki, "localhost", not_after=day(13)))
    assert [each.verdict for each in found] == [WARNING, OK, OK]
    assert found[0].change == "renew it"


BAD = {
    "expired": (
        ("localhost",),
        {"not_before": day(-9), "not_after": day(-1)},
        "its certificate has expired",
        "renew it",
    ),
    "early": (
        ("localhost",),
        {"not_before": day(1), "not_after": day(9)},
        "its certificate is not valid yet",
        "set the",
    ),
    "elsewhere": (("elsewhere.example",), {}, "its certificate is not for localhost", "use a name that it is for"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_certificates(found_at, pki, case):
    names, dates, text, change = BAD[case]
    (found,), waits = found_at(serving(pki, *names, **dates))
    assert (found.verdict, found.check, found.text) == (PROBLEM, "tls", text)
    assert found.change.startswith(change)
    # No waiting makes it better.
    assert waits == ""


@pytest.mark.parametrize("trusted", ["stranger", None])
def test_an_authority_that_nobody_trusts(found_at, pki, trusted):
    (found,), waits = found_at(pki, certificate=trusted and getattr(pki, trusted))
    assert found.text.startswith("its certificate is not trusted (")
    assert found.change.startswith("--certificate FILE")
    assert waits == ""


def test_a_server_that_wants_to_know_us(found_at, protocol, pki):
    found, waits = found_at(pki, mutual=True)
    assert (found[-1].verdict, found[-1].check) == (PROBLEM, "protocol")
    assert found[-1].text.endswith(
        "want a client's certificate" if protocol == "grpc" else "wants a client's certificate"
    )
    assert found[-1].change == "--client-certificate and --client-key"
    assert waits == ""
    found, _ = found_at(pki, mutual=True, client_key=pki.client_key, client_certificate=pki.client_cert)
    assert [each.verdict for each in found] == [OK, OK, OK]


def test_a_server_that_knows_another(pki):
    """It trusts no authority of ours; only Python's server says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.server.configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(pki.stranger)
    ours = {"client_key": pki.client_key, "client_certificate": pki.client_cert}
    with contextlib.closing(RECEIVERS["http/protobuf"](context)) as receiver:
        found = checked(receiver.url, certificate=pki.ca, **ours)[-1]
    assert found.text == "it refuses our client's certificate"


def test_tls_is_recognised_where_a_certificate_is_wanted(protocol, pki):
    with contextlib.closing(tls_receiver(protocol, pki, mutual=True)) as receiver:
        (found,) = checked(receiver.url.replace("https:", "http:"), protocol)
        assert found.text == "it speaks TLS"


def test_tls_is_recognised_by_a_refusal(pki):
    """Up to TLS 1.2 the missing certificate ends the handshake itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.server.configure_cert(context)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    pki.authority.configure_trust(context)
    with contextlib.closing(RECEIVERS["http/protobuf"](context)) as receiver:
        assert speaks_tls(place_of(settings(receiver.url)[0]))


def test_who_hangs_up_speaks_no_tls():
    with socket.create_server(("127.0.0.1", 0)) as server:
        hangs_up = threading.Thread(target=lambda: server.accept()[0].close())
        hangs_up.start()
        assert not speaks_tls(Place("127.0.0.1", server.getsockname()[1], 1.0))
        hangs_up.join()
    assert not speaks_tls(Place("127.0.0.1", closed_port(), 1.0))


def test_a_handshake_that_fails_otherwise_is_told_as_it_is(pki):
    """A cipher that our side does not have: neither a certificate's fault nor another protocol."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.server.configure_cert(context)
    context.set_ciphers("DHE-RSA-AES128-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with contextlib.closing(RECEIVERS["http/protobuf"](context)) as receiver:
        (found,) = checked(receiver.url, certificate=pki.ca)
        assert (found.verdict, found.check) == (PROBLEM, "tls")
        assert found.text.startswith("TLS: ")
