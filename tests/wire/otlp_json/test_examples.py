"""Small lines as they must stand in a file, byte for byte."""

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from otelsim.wire.otlp_json.transcoder import Transcoder
from tests.wire.otlp_json.transcoders import OfMessage

TRACE_ID, SPAN_ID, PARENT_ID = bytes(range(0xF0, 0x100)), bytes(range(8)), bytes.fromhex("0123456789abcdef")
RESOURCE = {"attributes": [KeyValue(key="service.name", value=AnyValue(string_value="user-identity"))]}
RESOURCE_JSON = '{"attributes":[{"key":"service.name","value":{"stringValue":"user-identity"}}]}'
SCOPE = {"name": "otelsim", "version": "1.0"}
SCOPE_JSON = '{"name":"otelsim","version":"1.0"}'
START_NS = 1_740_960_000_000_001_000


def test_a_span():
    span = {
        "trace_id": TRACE_ID,
        "span_id": SPAN_ID,
        "parent_span_id": PARENT_ID,
        "name": 'GET "/users/{id}"',
        "kind": 2,
        "start_time_unix_nano": START_NS,
        "end_time_unix_nano": START_NS + 1_230_000,
        "attributes": [KeyValue(key="success", value=AnyValue(bool_value=False))],
        "events": [{"time_unix_nano": START_NS, "name": "retried"}],
        "links": [{"trace_id": TRACE_ID, "span_id": SPAN_ID}],
        "status": {"code": 2, "message": "timed out"},
        "flags": 0x300,
    }
    traces = TracesData(
        resource_spans=[{"resource": RESOURCE, "scope_spans": [{"scope": SCOPE, "spans": [span]}], "schema_url": "s"}]
    )
    assert Transcoder("traces").line(traces.SerializeToString()).decode() == (
        f'{{"resourceSpans":[{{"resource":{RESOURCE_JSON},"scopeSpans":[{{"scope":{SCOPE_JSON},"spans":[{{'
        '"traceId":"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff","spanId":"0001020304050607","parentSpanId":"0123456789abcdef",'
        '"name":"GET \\"/users/{id}\\"","kind":2,'
        '"startTimeUnixNano":"1740960000000001000","endTimeUnixNano":"1740960000001231000",'
        '"attributes":[{"key":"success","value":{"boolValue":false}}],'
        '"events":[{"timeUnixNano":"1740960000000001000","name":"retried"}],'
        '"links":[{"traceId":"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff","spanId":"0001020304050607"}],'
        '"status":{"message":"timed out","code":2},"flags":768}]}],"schemaUrl":"s"}]}\n'
    )


def test_log_records():
    first = {"time_unix_nano": START_NS, "severity_number": 9, "severity_text": "INFO", "body": {"string_value": "é\n"}}
    second = {"observed_time_unix_nano": START_NS, "trace_id": TRACE_ID, "span_id": SPAN_ID, "flags": 1}
    logs = LogsData(resource_logs=[{"resource": RESOURCE, "scope_logs": [{"log_records": [first, second]}, {}]}])
    assert Transcoder("logs").line(logs.SerializeToString()).decode() == (
        f'{{"resourceLogs":[{{"resource":{RESOURCE_JSON},"scopeLogs":[{{"logRecords":['
        '{"timeUnixNano":"1740960000000001000","severityNumber":9,"severityText":"INFO","body":{"stringValue":"é\\n"}},'
        '{"flags":1,"traceId":"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff","spanId":"0001020304050607",'
        '"observedTimeUnixNano":"1740960000000001000"}]},{}]}]}\n'
    )


def metric(name: str, **data) -> str:
    """The line of one metric, from its name on."""
    metrics = MetricsData(resource_metrics=[{"scope_metrics": [{"metrics": [{"name": name, **data}]}]}])
    line = Transcoder("metrics").line(metrics.SerializeToString()).decode()
    head, tail = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":', "}]}]}]}\n"
    assert line.startswith(head)
    assert line.endswith(tail)
    return line.removeprefix(head).removesuffix(tail)


def test_a_gauge_and_a_sum():
    exemplar = {"time_unix_nano": 5, "as_double": 0.25, "span_id": SPAN_ID, "trace_id": TRACE_ID}
    points = [{"time_unix_nano": 5, "as_double": 12.34, "exemplars": [exemplar]}, {"time_unix_nano": 6, "as_int": -7}]
    assert metric("g", unit="ms", gauge={"data_points": points}) == (
        '"g","unit":"ms","gauge":{"dataPoints":[{"timeUnixNano":"5","asDouble":12.34,"exemplars":[{"timeUnixNano":"5",'
        '"asDouble":0.25,"spanId":"0001020304050607","traceId":"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"}]},'
        '{"timeUnixNano":"6","asInt":"-7"}]}'
    )
    point = {"time_unix_nano": 5, "as_int": 0}
    assert metric("s", sum={"data_points": [point], "aggregation_temporality": 2, "is_monotonic": True}) == (
        '"s","sum":{"dataPoints":[{"timeUnixNano":"5","asInt":"0"}],"aggregationTemporality":2,"isMonotonic":true}'
    )


def test_histograms_and_a_summary():
    point = {"count": 3, "sum": 0, "bucket_counts": [1, 0, 2], "explicit_bounds": [0.005, 7.5], "min": 0.001, "max": 10}
    assert metric("h", histogram={"data_points": [point], "aggregation_temporality": 1}) == (
        '"h","histogram":{"dataPoints":[{"count":"3","sum":0,"bucketCounts":["1","0","2"],"explicitBounds":[0.005,7.5],'
        '"min":0.001,"max":10}],"aggregationTemporality":1}'
    )
    exponential = {"count": 1, "scale": -3, "zero_count": 1, "positive": {"offset": -1, "bucket_counts": [1]}}
    assert metric("e", exponential_histogram={"data_points": [exponential, {"negative": {}}]}) == (
        '"e","exponentialHistogram":{"dataPoints":[{"count":"1","scale":-3,"zeroCount":"1",'
        '"positive":{"offset":-1,"bucketCounts":["1"]}},{"negative":{}}]}'
    )
    summary = {"count": 1, "sum": 1.5, "quantile_values": [{}, {"quantile": 0.99, "value": 1.5}]}
    assert metric("q", summary={"data_points": [summary]}) == (
        '"q","summary":{"dataPoints":[{"count":"1","sum":1.5,"quantileValues":[{},{"quantile":0.99,"value":1.5}]}]}'
    )


def test_values_of_every_kind():
    parts = [
        AnyValue(string_value=""),
        AnyValue(int_value=-1),
        AnyValue(double_value=637.704),
        AnyValue(bytes_value=b"\xff\xfe"),
        AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=AnyValue()), KeyValue(key="n")])),
        AnyValue(array_value=ArrayValue()),
    ]
    value = AnyValue(array_value=ArrayValue(values=parts))
    assert OfMessage("AnyValue").line(value.SerializeToString()).decode() == (
        '{"arrayValue":{"values":[{"stringValue":""},{"intValue":"-1"},{"doubleValue":637.704},{"bytesValue":"//4="},'
        '{"kvlistValue":{"values":[{"key":"k","value":{}},{"key":"n"}]}},{"arrayValue":{}}]}}\n'
    )


def test_keys_are_in_the_order_of_the_body():
    value_first = b"\x12\x02\x10\x01\x0a\x01k"
    assert OfMessage("KeyValue").line(value_first) == b'{"value":{"boolValue":true},"key":"k"}\n'
