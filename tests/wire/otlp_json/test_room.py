"""A line does not depend on the room there is for it, and nothing is ever written behind that."""

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint, HistogramDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otelsim.wire.otlp_json.transcoder import Transcoder
from tests.wire.otlp_json.messages import LogsData, name_of
from tests.wire.otlp_json.transcoders import Guarded, OfMessage, guarded

VALUES = ArrayValue(values=[AnyValue(double_value=x) for x in (0.5, 1e-300, -1.2345678901234567e-300, float("-inf"))])
MESSAGES = {
    "long keys and numbers": Span(
        dropped_attributes_count=2**32 - 1, dropped_events_count=2**32 - 1, end_time_unix_nano=2**64 - 1
    ),
    "texts of one byte": EntityRef(schema_url="\0", type="a", id_keys=["a", "\0"], description_keys=["", "\0"]),
    "a text of escapes": KeyValue(key="\0" * 70),
    "ids": Span(trace_id=bytes(17), parent_span_id=bytes(1), name="n" * 33),
    "other bytes": AnyValue(bytes_value=bytes(50)),
    "runs": HistogramDataPoint(bucket_counts=[2**64 - 1] * 9, explicit_bounds=[9_999_999_999.99999, -1e-300, 0.5]),
    "small numbers": ExponentialHistogramDataPoint.Buckets(offset=-(2**31), bucket_counts=[0] * 40),
    "doubles that Python writes": VALUES,
    "ends": KeyValue(value=AnyValue(array_value=ArrayValue(values=[AnyValue(array_value=VALUES), AnyValue()]))),
}


class Cramped(Guarded, OfMessage):
    """A transcoder that begins with the room it is given and asks for no more than it needs."""

    def __init__(self, name: str, room: int) -> None:
        super().__init__(name)
        self._out = guarded(room)

    def _grow(self, wanted: int) -> None:
        assert wanted > len(self._out)
        out = guarded(wanted)
        out[: len(self._out)] = self._out
        self._out = out


@pytest.mark.parametrize("what", MESSAGES)
def test_any_room(what):
    name, body = name_of(MESSAGES[what].DESCRIPTOR), MESSAGES[what].SerializeToString()
    line = OfMessage(name).line(body)
    for room in range(len(line) + 300):
        assert Cramped(name, room).line(body) == line


def test_a_body_of_nothing_but_escapes():
    text = "\0" * 5_000
    body = LogsData(resource_logs=[{"schema_url": text}]).SerializeToString()
    line = b'{"resourceLogs":[{"schemaUrl":"' + b"\\u0000" * 5_000 + b'"}]}\n'
    assert Guarded("logs").line(body) == line


def test_buffers_are_kept():
    transcoder = Transcoder("logs")
    large, small = (LogsData(resource_logs=[{"schema_url": "a" * size}]).SerializeToString() for size in (9_000, 9))
    transcoder.line(large)
    kept = transcoder._out, transcoder._source
    assert transcoder.line(small) == b'{"resourceLogs":[{"schemaUrl":"aaaaaaaaa"}]}\n'
    assert transcoder._out is kept[0]
    assert transcoder._source is kept[1]
