"""Receivers, bodies and certificates for the senders' tests."""

import contextlib
import ssl
from types import SimpleNamespace

import grpc
import pytest
import trustme
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.retry import Backoff
from otelsim.sinks.otlp.sending import Sender
from otelsim.sinks.otlp.settings import resolve

from .receiver import GrpcReceiver, HttpReceiver

QUICK = Backoff(first_s=0.02, longest_s=0.05, jitter=lambda: 0.0)
RECEIVERS = {"http/protobuf": HttpReceiver, "grpc": GrpcReceiver}


def traces(records: int, padding: int = 0) -> bytes:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for i in range(records):
        spans.add(name=f"span {i}" + "x" * padding, span_id=i.to_bytes(8, "big"))
    return request.SerializeToString()


def logs(records: int, padding: int = 0) -> bytes:
    request = ExportLogsServiceRequest()
    written = request.resource_logs.add().scope_logs.add().log_records
    for i in range(records):
        written.add(time_unix_nano=i).body.string_value = "x" * padding
    return request.SerializeToString()


def metrics(records: int, padding: int = 0) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m" + "x" * padding)
    for i in range(records):
        metric.gauge.data_points.add(time_unix_nano=i, as_int=i)
    return request.SerializeToString()


BODIES = {"traces": traces, "logs": logs, "metrics": metrics}


def settings_for(receiver, protocol="http/protobuf", environ=None, **options):
    return resolve({"endpoint": receiver.url, "protocol": protocol, **options}, environ or {})


@contextlib.contextmanager
def sender_to(receiver, protocol="http/protobuf", **options):
    sender = Sender(settings_for(receiver, protocol, **options), Account(), QUICK)
    try:
        yield sender
    finally:
        sender.close()


def tally(sender, signal="traces"):
    assert sender.account.closes
    return SimpleNamespace(**sender.account.as_dict()[signal])


@pytest.fixture(params=RECEIVERS)
def protocol(request):
    return request.param


@pytest.fixture
def receiver(protocol):
    with contextlib.closing(RECEIVERS[protocol]()) as made:
        yield made


@pytest.fixture
def http():
    with contextlib.closing(HttpReceiver()) as made:
        yield made


@pytest.fixture
def rpc():
    with contextlib.closing(GrpcReceiver()) as made:
        yield made


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """An authority, a server's certificate and a client's, and a stranger's authority."""
    folder = tmp_path_factory.mktemp("pki")
    authority, stranger = trustme.CA(), trustme.CA()
    server, client = authority.issue_cert("localhost"), authority.issue_cert("client@example.org")
    files = {"ca": authority.cert_pem, "stranger": stranger.cert_pem}
    files |= {"client_key": client.private_key_pem, "client_cert": client.cert_chain_pems[0]}
    for name, blob in files.items():
        blob.write_to_path(str(folder / f"{name}.pem"))
    paths = {name: str(folder / f"{name}.pem") for name in files}
    return SimpleNamespace(authority=authority, server=server, **paths)


def tls_receiver(protocol, pki, mutual):
    if protocol == "grpc":
        key, chain = pki.server.private_key_pem.bytes(), pki.server.cert_chain_pems[0].bytes()
        root = pki.authority.cert_pem.bytes() if mutual else None
        return GrpcReceiver(grpc.ssl_server_credentials([(key, chain)], root, mutual))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pki.server.configure_cert(context)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        pki.authority.configure_trust(context)
    return HttpReceiver(context)
