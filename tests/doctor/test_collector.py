"""The Collector: its health, its queues, its failures; and the real one, asked the whole way."""

import pytest

from otelsim.doctor import endpoint
from otelsim.doctor.asking import Asked
from otelsim.doctor.collector import check_health, check_metrics
from otelsim.doctor.findings import NOT_ASKED, OK, PROBLEM, WARNING
from otelsim.doctor.pages import site
from otelsim.sinks.otlp.settings import NO_FILES
from tests.backends import messages, stores
from tests.backends.receiver import SpanReceiver
from tests.backends.test_stores import post

from .conftest import closed_port
from .pages import PageServer
from .test_endpoint import SIGNALS, checked, settings


def at(url):
    return site("--x", url, NO_FILES, 2.0)


def metrics_of(lines, given=True):
    with PageServer({"/metrics": (200, lines)}) as server:
        return check_metrics(at(f"{server.url}/metrics"), given)


def test_health():
    with PageServer({"/": (200, '{"status":"Server available"}')}) as server:
        assert check_health(at(server.url), given=False).verdict == OK
        server.pages["/"] = (200, "Welcome")
        assert check_health(at(server.url), given=True).verdict == OK
        assert check_health(at(server.url), given=False).verdict == NOT_ASKED
        server.pages["/"] = (503, "")
        found = check_health(at(server.url), given=True)
    assert (found.verdict, found.text) == (PROBLEM, "answers HTTP 503")
    url = f"http://127.0.0.1:{closed_port()}"
    assert check_health(at(url), given=False).verdict == NOT_ASKED
    assert check_health(at(url), given=True).text == "does not answer (Connection refused)"


QUEUES = """otelcol_exporter_queue_capacity{data_type="logs",exporter="otlp_http/victorialogs"} 400000
otelcol_exporter_queue_capacity{data_type="metrics",exporter="otlp_http/victoriametrics"} 400000
otelcol_exporter_queue_size{data_type="logs",exporter="otlp_http/victorialogs"} %d
otelcol_exporter_queue_size{data_type="metrics",exporter="otlp_http/victoriametrics"} 7
"""


@pytest.mark.parametrize(("waiting", "verdict"), [(360_000, OK), (360_001, WARNING)])
def test_the_fullest_queue_is_told(waiting, verdict):
    queues, failures = metrics_of(QUEUES % waiting)
    assert (queues.verdict, failures.verdict) == (verdict, OK)
    assert queues.text == f"{waiting:,} of 400,000 wait for otlp_http/victorialogs"


def test_queues_that_are_empty_or_not_shown():
    assert metrics_of('otelcol_exporter_queue_size{exporter="x"} 0\n')[0].text == "nothing waits in them"
    assert metrics_of("otelcol_process_uptime_seconds_total 1\n")[0].text == "has none that it shows"


def test_failures_are_added_up_and_the_worst_named():
    lines = 'otelcol_receiver_refused_spans_total{transport="http"} 2\notelcol_receiver_refused_spans_total 3\n'
    lines += "otelcol_exporter_send_failed_log_records_total 9\notelcol_receiver_accepted_spans_total 9\n"
    _, found = metrics_of(lines)
    assert found.verdict == WARNING
    assert "(otelcol_exporter_send_failed_log_records_total 9, otelcol_receiver_refused_spans_total 5)" in found.text


def test_pages_that_are_no_collectors():
    (found,) = metrics_of("vm_up 1\n")
    assert (found.verdict, found.text) == (WARNING, "shows no metrics of a Collector")
    (found,) = metrics_of("vm_up 1\n", given=False)
    assert found.verdict == NOT_ASKED
    (found,) = check_metrics(at(f"http://127.0.0.1:{closed_port()}/metrics"), given=True)
    assert (found.verdict, found.text) == (PROBLEM, "does not answer (Connection refused)")


@pytest.mark.backends
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_the_real_collector_the_whole_way_and_nothing_is_stored(backends, need, protocol, compression):
    collector = backends.collector
    before = (backends.spans.count, backends.logs.count(), backends.metrics.points('{__name__=~"request_.*"}'))
    url = collector.url if protocol == "http/protobuf" else f"http://{collector.grpc_endpoint}"
    sites = {
        "--collector-health": collector.health_url,
        "--collector-metrics": collector.metrics_url.removesuffix("/metrics"),
        "--metrics-store": backends.metrics.url,
        "--logs-store": backends.logs.url,
    }
    asked = Asked(settings(url, protocol, compression=compression), sites)
    assert [each.silence() for each in asked.waited()] == [""] * 5
    found = [each for each in asked.findings(need) if each.verdict != NOT_ASKED]
    assert [each for each in found if each.verdict != OK] == []
    assert [each.check for each in found[:7]] == ["protocol", *SIGNALS, "health", "queues", "failures"]
    assert {each.of for each in found[7:]} == {backends.metrics.url, backends.logs.url}
    collector.drain(timeout_s=30)
    after = (backends.spans.count, backends.logs.count(), backends.metrics.points('{__name__=~"request_.*"}'))
    assert before == after


@pytest.mark.backends
def test_the_real_collector_spoken_to_in_the_other_way(backends):
    http, grpc = backends.collector.url, f"http://{backends.collector.grpc_endpoint}"
    assert checked(http, "grpc")[0].text == "it speaks HTTP"
    assert checked(grpc)[0].text == "it speaks gRPC"
    assert checked(http.replace("http:", "https:"))[0].text == "it speaks no TLS"
    assert checked(grpc.replace("http:", "https:"), "grpc")[0].text == "it speaks no TLS"
    assert checked(grpc.replace("http:", "https:"))[0].text == "it speaks gRPC without TLS"


@pytest.mark.backends
def test_the_real_collectors_limit(backends, monkeypatch):
    """64 MiB in the compose stack's configuration; what is tried by default stays just below."""
    grpc = f"http://{backends.collector.grpc_endpoint}"
    found = checked(grpc, "grpc", ["logs"], max_request_bytes=str(64 << 20), timeout="30")[-1]
    assert found.verdict == OK
    monkeypatch.setattr(endpoint, "LARGEST_BYTES", 80 << 20)
    found = checked(backends.collector.url, signals=["logs"], max_request_bytes=str(80 << 20), timeout="30")[-1]
    assert found.text.startswith("refuses requests of 83,886,080 bytes (HTTP 400 Bad Request")


@pytest.mark.backends
def test_a_real_collector_that_could_not_deliver(programs, tmp_path):
    """What stands for the logs store takes spans only and answers 404, which is not tried again."""
    with SpanReceiver() as receiver:
        urls = dict.fromkeys(("VICTORIAMETRICS_URL", "VICTORIALOGS_URL", "VICTORIATRACES_URL"), receiver.url)
        with stores.collector(programs, tmp_path, urls, stores.COLLECTOR_CONFIG) as collector:
            post(f"{collector.url}/v1/logs", messages.logs("doctor", 3))
            collector.drain(timeout_s=30)
            _, found = check_metrics(at(collector.metrics_url), given=True)
    assert found.verdict == WARNING
    assert "otelcol_exporter_send_failed_log_records_total 3" in found.text


@pytest.mark.backends
def test_a_real_collector_without_a_pipeline(programs, tmp_path, protocol):
    config = tmp_path / "logs-only.yaml"
    text = stores.COLLECTOR_CONFIG.read_text()
    start, end = text.index("    metrics:\n      receivers"), text.index("    logs:\n      receivers")
    config.write_text(text[:start] + text[end:])
    urls = dict.fromkeys(("VICTORIAMETRICS_URL", "VICTORIALOGS_URL", "VICTORIATRACES_URL"), "http://127.0.0.1:1")
    with stores.collector(programs, tmp_path, urls, config) as collector:
        url = collector.url if protocol == "http/protobuf" else f"http://{collector.grpc_endpoint}"
        found = {each.check: each for each in checked(url, protocol)}
    assert {check: each.verdict for check, each in found.items()} == {
        "protocol": OK, "traces": OK, "logs": OK, "metrics": PROBLEM,
    }  # fmt: skip
    assert found["metrics"].text.startswith("takes no metrics (")
    assert found["metrics"].change.startswith("a pipeline of metrics there")
