"""Hand-made messages through the real Collector into the real stores: what arrives, under which names."""

import gzip
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait

import grpc
import pytest
import urllib3
import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.backends import building, messages, stores
from tests.backends.messages import BOUNDS, DAY_S, IDS, START_S, ids_of
from tests.backends.processes import samples
from tests.backends.receiver import SpanReceiver
from tests.backends.stores import COLLECTOR_CONFIG, SIGNALS, Backends

pytestmark = pytest.mark.backends
COUNT = 7
# A histogram point becomes a bucket for each bound and one for the rest, a sum and a count.
SERIES_OF_A_HISTOGRAM = len(BOUNDS) + 3


def post(url, message, compression=None):
    body = message.SerializeToString()
    headers = {"Content-Type": "application/x-protobuf"}
    if compression:
        body, headers = gzip.compress(body), headers | {"Content-Encoding": compression}
    with urllib3.PoolManager(retries=False) as http:
        answer = http.request("POST", url, body=body, headers=headers)
    assert answer.status == 200
    # Nothing rejected: no partial success, or an empty one.
    assert answer.data in (b"", b"\n\x00")


def send_by_http(backends: Backends, run: str, compression=None):
    post(f"{backends.collector.url}/v1/traces", messages.spans(run, COUNT), compression)
    post(f"{backends.collector.url}/v1/logs", messages.logs(run, COUNT), compression)
    post(f"{backends.collector.url}/v1/metrics", messages.metrics(run, COUNT), compression)


def send_by_grpc(backends: Backends, run: str):
    with grpc.insecure_channel(backends.collector.grpc_endpoint) as channel:
        TraceServiceStub(channel).Export(messages.spans(run, COUNT))
        LogsServiceStub(channel).Export(messages.logs(run, COUNT))
        MetricsServiceStub(channel).Export(messages.metrics(run, COUNT))


@pytest.fixture(scope="module")
def filled(backends: Backends) -> Backends:
    """The session's back ends with run ``first`` in them, delivered."""
    send_by_http(backends, "first")
    backends.collector.drain(timeout_s=30)
    return backends


def test_spans_arrive_once(filled: Backends):
    assert {b"".join(ids_of("first", i)) for i in range(COUNT)} <= filled.spans.ids
    assert filled.spans.count == len(filled.spans.ids)


def test_log_records_arrive_under_the_documented_names(filled: Backends):
    rows = filled.logs.rows('"otelsim.run.id":=first')
    assert len(rows) == filled.logs.count('"otelsim.run.id":=first') == COUNT
    for row in rows:
        assert row.items() >= IDS.items()
        assert not [name for name in row if name.startswith("qairon")]
        assert row["_msg"] == "get_user failed: cache timeout"
    assert {row["trace_id"] for row in rows} == {ids_of("first", i)[0].hex() for i in range(COUNT)}


def test_streams_have_three_fields(filled: Backends):
    streams = {row["_stream"] for row in filled.logs.rows("*")}
    assert streams == {'{environment="prod",region="us-east-1",service_id="social:user:identity"}'}


@pytest.mark.parametrize(
    "query",
    ["infrastructure*", "infrastructure:redis_content", '="infrastructure:redis_content"', '="infrastructure:"*'],
)
def test_documented_forms_find_the_error_source(filled: Backends, query):
    assert filled.logs.count(f'"otelsim.run.id":=first error_source:{query}') == COUNT


def test_points_arrive_under_the_documented_names(filled: Backends):
    (series,) = filled.metrics.exported('request_duration_ms{environment="prod",otelsim_run_id="first"}')
    assert series["metric"].items() >= (IDS | {"action": "get_user"}).items()
    assert not [label for label in series["metric"] if label.startswith("qairon")]
    assert series["values"] == [1.5 + i for i in range(COUNT)]
    assert series["timestamps"] == [messages.time_ns(i) // 1_000_000 for i in range(COUNT)]


def test_histograms_arrive_under_prometheus_names(filled: Backends):
    match = '{__name__=~"http_server_request_duration_seconds_(bucket|sum|count)",otelsim_run_id="first"}'
    assert filled.metrics.points(match) == COUNT * SERIES_OF_A_HISTOGRAM
    assert (
        filled.metrics.points('http_server_request_duration_seconds_bucket{le="0.005",otelsim_run_id="first"}') == COUNT
    )
    (end,) = filled.metrics.instant('http_server_request_duration_seconds_count{otelsim_run_id="first"}', START_S + 60)
    assert float(end["value"][1]) == COUNT


def test_the_stores_counting_agrees_with_reading(filled: Backends):
    match = '{otelsim_run_id="first"}'
    counted = filled.metrics.counted(match, START_S - DAY_S, START_S + 2 * DAY_S)
    assert counted == filled.metrics.points(match) == COUNT * (1 + SERIES_OF_A_HISTOGRAM)


def test_a_day_is_counted_from_its_first_to_before_its_last_instant(filled: Backends):
    match = 'request_duration_ms{otelsim_run_id="first"}'
    assert filled.metrics.counted(match, START_S, START_S + DAY_S) == COUNT
    assert filled.metrics.counted(match, START_S + DAY_S, START_S + 2 * DAY_S) == 0
    assert filled.metrics.counted(match, START_S - DAY_S, START_S) == 0


def test_grpc_and_gzip_bring_runs_that_can_be_told_apart(filled: Backends):
    send_by_grpc(filled, "by-grpc")
    send_by_http(filled, "gzipped", compression="gzip")
    filled.collector.drain(timeout_s=30)
    for run in ("first", "by-grpc", "gzipped"):
        assert filled.metrics.points(f'{{otelsim_run_id="{run}"}}') == COUNT * (1 + SERIES_OF_A_HISTOGRAM)
        assert filled.logs.count(f'"otelsim.run.id":={run}') == COUNT
        assert {b"".join(ids_of(run, i)) for i in range(COUNT)} <= filled.spans.ids
    assert filled.spans.count == len(filled.spans.ids)


def test_nothing_is_ignored_refused_or_failed(filled: Backends):
    assert filled.metrics.ignored() == {}
    assert filled.logs.dropped() == {}
    assert filled.collector.failures() == {}
    assert filled.collector.queued() == 0
    for signal in SIGNALS:
        accepted = filled.collector.total(f"otelcol_receiver_accepted_{signal}_total")
        assert accepted == filled.collector.total(f"otelcol_exporter_sent_{signal}_total") > 0


def test_the_store_would_tell_what_it_ignores(fresh_backends):
    """Over 40 labels: dropped in silence but for the counter that other tests hold to be empty."""
    with fresh_backends("many") as backends:
        message = messages.metrics("many", 1)
        point = message.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points[0]
        point.attributes.extend(messages.attributes({f"label_{i}": "x" for i in range(40)}))
        post(f"{backends.collector.url}/v1/metrics", message)
        backends.collector.drain(timeout_s=30)
        backends.metrics.flush()
        assert backends.metrics.points("request_duration_ms") == 0
        assert sum(backends.metrics.ignored().values()) == 1
        assert "too_many_labels" in "".join(backends.metrics.ignored())


def test_the_collector_would_tell_what_a_store_refuses(programs, tmp_path):
    """A receiver of spans answers 404 to all else, which is not tried again."""
    with SpanReceiver() as receiver:
        names = ("VICTORIAMETRICS_URL", "VICTORIALOGS_URL", "VICTORIATRACES_URL")
        urls = dict.fromkeys(names, receiver.url)
        with stores.collector(programs, tmp_path, urls, COLLECTOR_CONFIG) as collector:
            post(f"{collector.url}/v1/logs", messages.logs("refused", COUNT))
            collector.drain(timeout_s=30)
            assert collector.failures() == {"otelcol_exporter_send_failed_log_records_total": COUNT}


def test_what_waits_survives_an_outage_of_store_and_collector(fresh_backends):
    with fresh_backends("outage") as backends:
        backends.logs.stop()
        send_by_http(backends, "outage")
        backends.collector.stop()
        backends.collector.start()
        backends.logs.start()
        backends.collector.drain(timeout_s=60)
        assert backends.logs.count() == COUNT
        assert backends.metrics.points('{otelsim_run_id="outage"}') == COUNT * (1 + SERIES_OF_A_HISTOGRAM)


def test_a_full_queue_blocks_the_sender_and_loses_nothing(programs, tmp_path):
    small = tmp_path / "small.yaml"
    text, changes = re.subn("queue_size: [0-9]+", f"queue_size: {COUNT + 1}", COLLECTOR_CONFIG.read_text())
    text = re.sub("min_size: [0-9]+, max_size: [0-9]+", f"min_size: 1, max_size: {COUNT}", text)
    small.write_text(text)
    assert changes == len(SIGNALS)
    with stores.running(programs, tmp_path, small) as backends, ThreadPoolExecutor(4) as senders:
        backends.logs.stop()
        url = f"{backends.collector.url}/v1/logs"
        sent = [senders.submit(post, url, messages.logs(f"full-{i}", COUNT)) for i in range(4)]
        _, waiting = wait(sent, timeout=2)
        assert waiting, "none had to wait: the queue took more than its size"
        backends.logs.start()
        assert [one.result(timeout=60) for one in sent] == [None] * 4
        backends.collector.drain(timeout_s=60)
        assert backends.logs.count() == 4 * COUNT
        assert backends.collector.failures() == {}


def test_the_collectors_own_metrics_reach_the_store(fresh_backends):
    with fresh_backends("own") as backends:
        send_by_http(backends, "own")
        backends.collector.drain(timeout_s=30)
        # The reader sends every 15 seconds; stopping sends what there is.
        backends.collector.stop()
        (series,) = backends.metrics.exported("otelcol_receiver_accepted_spans_total")
        assert series["values"] == [COUNT]


def test_the_configuration_is_valid_with_the_compose_stacks_defaults(programs):
    command = [programs.otelcol, "validate", f"--config={COLLECTOR_CONFIG}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_spoilt_configuration_is_not_valid(programs, tmp_path):
    spoilt = tmp_path / "config.yaml"
    spoilt.write_text(COLLECTOR_CONFIG.read_text().replace("block_on_overflow", "block_on_overflw"))
    done = subprocess.run([programs.otelcol, "validate", f"--config={spoilt}"], capture_output=True, check=False)
    assert done.returncode != 0


def test_the_receiver_takes_grpc_and_gzip_and_counts_what_comes_twice():
    with SpanReceiver(keep=True) as receiver:
        message = messages.spans("direct", COUNT)
        post(f"{receiver.url}/v1/traces", message)
        post(f"{receiver.url}/v1/traces", message, "gzip")
        with grpc.insecure_channel(receiver.grpc_endpoint) as channel:
            TraceServiceStub(channel).Export(message)
        assert (receiver.count, len(receiver.ids)) == (3 * COUNT, COUNT)
        assert receiver.requests == [message] * 3
        receiver.clear()
        assert (receiver.count, receiver.ids, receiver.requests) == (0, set(), [])


def test_the_pinned_modules_are_those_of_the_distribution():
    distribution = yaml.safe_load(building.DISTRIBUTION.read_text())
    kinds = ("receivers", "processors", "exporters", "connectors", "extensions", "providers")
    wanted = {part["gomod"] for kind in kinds for part in distribution[kind]}
    pinned = (building.MODULES / "collector" / "go.mod").read_text()
    assert wanted <= set(re.findall(r"^\t(\S+ v\S+)", pinned, re.MULTILINE))


def test_a_failing_build_says_what_failed(tmp_path):
    with pytest.raises(building.BuildError, match=r"`false` failed in .*"):
        building.run(["false"], tmp_path)
    with pytest.raises(building.BuildError, match="no-such-program cannot be run"):
        building.run(["no-such-program"], tmp_path)


def test_missing_go_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Go is not installed" in building.missing_go()


def test_exposed_samples_are_read():
    text = '# HELP a b\na_total{x="y z",w="1"} 3\nb 1.5e3\n'
    assert samples(text) == {("a_total", 'x="y z",w="1"'): 3, ("b", ""): 1500}
