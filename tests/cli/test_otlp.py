"""``generate --sink otlp`` and ``otlp-file`` as a user meets them."""

import json
import os
import signal
import socket
import subprocess
import time
from collections import Counter

import grpc
import pytest
import trustme

from tests.command import OTELSIM, WEEK, content, otelsim, told
from tests.sinks.otlp.receiver import GrpcReceiver, HttpReceiver, Step
from tests.wire.otlp.runs import MESSAGES, records

SMALL = ("300", "50", *WEEK, "--workers", "2")
RECEIVERS = {"http/protobuf": HttpReceiver, "grpc": GrpcReceiver}
CANARY = "canary-7f3e"


@pytest.fixture(params=RECEIVERS)
def receiver(request):
    made = RECEIVERS[request.param]()
    made.protocol = request.param
    yield made
    made.close()


@pytest.fixture
def http():
    made = HttpReceiver()
    yield made
    made.close()


def send(receiver, tmp_path, *words, **more):
    protocol = getattr(receiver, "protocol", "http/protobuf")
    to = ("--sink", "otlp", "--endpoint", receiver.url, "--protocol", protocol, "--output", tmp_path / "run")
    return otelsim("generate", *SMALL, *to, *words, **more)


def taken(receiver, kind: str) -> Counter:
    """Records of a signal, as the receiver took them."""
    bodies = [a.body for a in receiver.arrivals if a.signal == kind and a.accepted]
    return Counter(one for body in bodies for one in records(kind, MESSAGES[kind].FromString(body)))


def test_what_is_sent_is_what_the_manifest_says(receiver, tmp_path):
    done = send(receiver, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    summary, manifest = json.loads(done.stdout), json.loads((tmp_path / "run/manifest.json").read_text())
    assert summary == json.loads((tmp_path / "run/summary.json").read_text())
    counts = summary["counts"]
    assert manifest["counts"] == counts
    assert {kind: taken(receiver, kind).total() for kind in MESSAGES} == {
        "traces": counts["spans"],
        "logs": counts["logs"],
        "metrics": counts["points"] + counts["histogram_points"],
    }
    for tally in summary["account"].values():
        assert tally["generated"] == tally["acknowledged"] > 0
        assert (tally["rejected"], tally["pending"], tally["resent"]) == (0, 0, 0)
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == [
        ".otelsim.lock", "incidents.jsonl", "journal.jsonl", "manifest.json", "summary.json",
    ]  # fmt: skip
    lines = done.stderr.splitlines()
    assert f"spans: {counts['spans']:,} generated = {counts['spans']:,} acknowledged + 0 rejected + 0 pending" in lines


@pytest.mark.parametrize("protocol", RECEIVERS)
def test_the_sdks_own_encoder_sends_the_same_records(protocol, tmp_path):
    fast, slow = RECEIVERS[protocol](), RECEIVERS[protocol]()
    try:
        for receiver, encoder in ((fast, "fast"), (slow, "sdk")):
            receiver.protocol = protocol
            done = send(receiver, tmp_path, "--encoder", encoder, "--overwrite", "--quiet")
            assert done.returncode == 0, done.stderr
        for kind in MESSAGES:
            assert taken(fast, kind) == taken(slow, kind)
            assert taken(fast, kind).total() > 500
    finally:
        fast.close()
        slow.close()


def test_only_what_is_asked_for_is_sent(http, tmp_path):
    done = send(http, tmp_path, "--signals", "logs,metrics", "--metrics", "points", "--run-id", "mine", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert set(counts) == {"requests", "logs", "points", "histogram_points"}
    assert counts["histogram_points"] == 0 < counts["logs"]
    assert {a.signal for a in http.arrivals} == {"logs", "metrics"}
    assert all(b"otelsim.run.id\x12\x06\n\x04mine" in a.body for a in http.arrivals)


def test_the_standard_variables_are_used_and_flags_win(http, tmp_path):
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": f"{http.url}/v1/logs?token=x",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-team=a%20b",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "DELTA",
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
    }
    to = (
        "--sink",
        "otlp",
        "--traces-endpoint",
        f"{http.url}/v1/traces",
        "--metrics-endpoint",
        f"{http.url}/v1/metrics",
    )
    done = otelsim("generate", *SMALL, *to, "--output", tmp_path / "run", env=variables)
    assert done.returncode == 0, done.stderr
    paths = {a.headers[":path"] for a in http.arrivals}
    assert paths == {"/v1/traces", "/v1/metrics", "/v1/logs?token=x"}
    headers = [{name.lower(): value for name, value in a.headers.items()} for a in http.arrivals]
    assert {h["content-encoding"] for h in headers} == {"gzip"}
    assert {h["x-team"] for h in headers} == {"a b"}
    metrics = [MESSAGES["metrics"].FromString(a.body) for a in http.arrivals if a.headers[":path"] == "/v1/metrics"]
    kinds = Counter(
        m.WhichOneof("data") for x in metrics for r in x.resource_metrics for m in r.scope_metrics[0].metrics
    )
    assert set(kinds) == {"gauge", "exponential_histogram"}
    assert json.loads((tmp_path / "run/manifest.json").read_text())["notation"]["temporality"] == "delta"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("--endpoint", "localhost:4318"),
            "--endpoint: the endpoint must be a URL that begins with http:// or https://",
        ),
        (("--endpoint", "http://"), "--endpoint: the endpoint has no valid host"),
        (("--protocol", "thrift"), "--protocol: 'thrift' is not one of grpc, http/protobuf"),
        (("--header", "novalue"), "--header: a header is written name=value"),
        (("--header", "a=@missing"), "--header: the header's file 'missing' cannot be read: No such file or directory"),
        (("--certificate", "nowhere.pem"), "--certificate: nowhere.pem cannot be read: No such file or directory"),
        (("--signals", "logs,dreams"), "--signals: 'dreams' is not one of traces, logs, metrics"),
        (("--give-up-after", "0"), "--give-up-after: '0' is not a time above 0"),
        (("--max-request-bytes", "10"), "--max-request-bytes: '10' is not a whole number from 1024 to 1073741824"),
        (("--run-id", " "), "--run-id: must be 1 to 128 printable characters"),
        (("--compress", "zstd"), "--compress: goes with --sink jsonl or otlp-file"),
    ],
)
def test_bad_options_are_refused_in_one_line(refused, words, line):
    assert refused("generate", *SMALL, "--sink", "otlp", *words) == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--endpoint", "http://x"), "--endpoint: goes with --sink otlp"),
        (("--run-id", "x"), "--run-id: goes with --sink otlp"),
        (("--client-spans",), "--client-spans: goes with --sink otlp"),
        (("--sink", "otlp-file", "--in-flight", "3"), "--in-flight: goes with --sink otlp"),
        (("--sink", "otlp-file", "--encoder", "sdk"), "--encoder: sdk goes with --sink otlp"),
    ],
)
def test_options_of_another_sink_are_refused(refused, words, line):
    assert refused("generate", *SMALL, *words) == line


@pytest.mark.parametrize("name", ["TEMPORALITY_PREFERENCE", "DEFAULT_HISTOGRAM_AGGREGATION"])
def test_an_unknown_value_of_a_standard_variable_is_named(refused, monkeypatch, name):
    monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_METRICS_{name}", "sometimes")
    line = refused("generate", *SMALL, "--sink", "otlp")
    assert line.startswith(f"OTEL_EXPORTER_OTLP_METRICS_{name}: 'sometimes' is not one of ")


def test_nobody_there_is_said_and_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as held:
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
    words = ("--sink", "otlp", "--endpoint", url, "--give-up-after", "2", "--output", tmp_path / "run")
    done = otelsim("generate", *SMALL, *words)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert any(line.startswith(f"waiting for {url}/v1/") and "Connection refused" in line for line in lines)
    assert any((line.startswith("spans: ") and line.endswith(" pending")) or "pending (" in line for line in lines)
    assert lines[-1].startswith(f"otelsim: {url}/v1/")
    assert "gave up after" in lines[-1]
    assert not (tmp_path / "run/manifest.json").exists()
    generated = next(line for line in lines if line.startswith("spans: "))
    assert "0 acknowledged + 0 rejected" in generated
    assert not generated.startswith("spans: 0 ")


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_final_counted_and_said(http, tmp_path, status):
    http.script(otherwise=Step(status=status, text=f"no thanks, {CANARY}"))
    done = send(http, tmp_path, "--header", f"authorization=Bearer {CANARY}", "--in-flight", "1")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"otelsim: {http.url}/v1/")
    assert f"HTTP {status}" in last
    assert CANARY not in done.stderr + done.stdout
    assert len({a.body for a in http.arrivals}) == len(http.arrivals) > 0
    rejected = [line for line in done.stderr.splitlines() if " rejected + " in line and " 0 rejected" not in line]
    assert rejected


def test_what_a_receiver_rejects_of_a_request_is_counted_and_the_run_ends_with_1(http, tmp_path):
    http.script(Step(), Step(), Step(), Step(rejected=3, text="three are too old"))
    done = send(http, tmp_path, "--json")
    assert done.returncode == 1
    assert "three are too old" in done.stderr.splitlines()[-1]
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert sum(tally["rejected"] for tally in summary["account"].values()) == 3


def test_an_interruption_while_nobody_takes_anything_ends_at_once_with_an_account(http, tmp_path):
    http.script(otherwise=Step(fault="unread"))
    words = ("--sink", "otlp", "--endpoint", http.url, "--output", str(tmp_path / "run"))
    run = subprocess.Popen([*OTELSIM, "generate", *SMALL, *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 100
    while len(http.arrivals) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=10)
    assert run.returncode == 130
    assert "pending" in errors
    assert errors.splitlines()[-1] == f"otelsim: interrupted: `otelsim resume {tmp_path / 'run'}` goes on from here"
    spans = next(line for line in errors.splitlines() if line.startswith("spans: "))
    assert "0 acknowledged" in spans
    assert "+ 0 pending" not in spans


def test_tls_and_a_client_certificate(tmp_path):
    authority = trustme.CA()
    server, client = authority.issue_cert("localhost"), authority.issue_cert("someone@example.com")
    credentials = grpc.ssl_server_credentials(
        [(server.private_key_pem.bytes(), b"".join(c.bytes() for c in server.cert_chain_pems))],
        authority.cert_pem.bytes(),
        require_client_auth=True,
    )
    receiver = GrpcReceiver(credentials)
    receiver.protocol = "grpc"
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    client.private_key_pem.write_to_path(tmp_path / "key.pem")
    client.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    ours = ("--client-key", tmp_path / "key.pem", "--client-certificate", tmp_path / "cert.pem")
    try:
        done = send(receiver, tmp_path, "--certificate", tmp_path / "ca.pem", *ours, "--quiet")
        assert done.returncode == 0, done.stderr
        assert receiver.served > 1_000
    finally:
        receiver.close()


@pytest.mark.parametrize("compression", ["", "zstd"])
def test_otlp_files_hold_the_same_requests_as_json(http, tmp_path, compression):
    assert send(http, tmp_path, "--run-id", "one", "--quiet").returncode == 0
    words = ("--sink", "otlp-file", "--run-id", "one", "--output", tmp_path / "files", "--json")
    done = otelsim("generate", *SMALL, *words, *(("--compress", compression) if compression else ()))
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    for kind, wanted in (("traces", counts["spans"]), ("logs", counts["logs"])):
        files = sorted((tmp_path / "files").glob(f"otlp_{kind}_*.jsonl*"))
        assert len(files) == 2
        lines = [line for file in files for line in content(file).splitlines(keepends=True)]
        assert max(map(len, lines)) < 1 << 20
        found = [json.loads(line) for line in lines]
        (outer,) = {key for line in found for key in line}
        ids = [span_ids(record) for line in found for group in line[outer] for record in in_scopes(group)]
        assert len(ids) == len(set(ids)) == wanted
        sent = {ids_sent(kind, one) for _, one in taken(http, kind)}
        assert set(ids) == sent
    told_of = json.loads((tmp_path / "files/manifest.json").read_text())["files"]
    assert {name: f["bytes"] for name, f in told_of.items()} == {
        p.name: p.stat().st_size for p in (tmp_path / "files").glob("otlp_*")
    }


def in_scopes(group: dict) -> list[dict]:
    (scopes,) = (value for key, value in group.items() if key.startswith("scope"))
    return [record for scope in scopes for key, value in scope.items() if isinstance(value, list) for record in value]


def span_ids(record: dict) -> tuple[str, str]:
    return record["traceId"], record["spanId"]


def ids_sent(kind: str, record: bytes) -> tuple[str, str]:
    message = MESSAGES[kind]()
    resource = message.resource_spans.add() if kind == "traces" else message.resource_logs.add()
    scope = resource.scope_spans.add() if kind == "traces" else resource.scope_logs.add()
    one = (scope.spans if kind == "traces" else scope.log_records).add()
    one.ParseFromString(record)
    return one.trace_id.hex(), one.span_id.hex()


def test_a_sent_run_has_incidents_to_list_and_no_lines_to_check(http, tmp_path):
    assert send(http, tmp_path, "--scenario", "incidents", "--quiet").returncode == 0
    assert "aurora_primary" in otelsim("incidents", tmp_path / "run").stdout
    assert told(otelsim("check", tmp_path / "run"), 2).endswith(
        "manifest.json: the run went to --sink otlp: what can be read back is the JSON lines of --sink jsonl"
    )


def test_a_folder_with_a_run_is_not_written_over(http, tmp_path):
    assert send(http, tmp_path, "--quiet").returncode == 0
    before = http.served
    line = told(send(http, tmp_path, "--quiet"), 2)
    assert "holds another run" in line
    assert http.served == before
