"""How texts, ids and bytes are written."""

import base64
import json
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.wire.otlp_json import messages
from tests.wire.otlp_json.transcoders import OfMessage

VALUE, SPAN = OfMessage("AnyValue"), OfMessage("Span")


def text_of(text: bytes) -> str:
    """What stands in the line for a string, with its quotes."""
    body = AnyValue(bytes_value=text).SerializeToString()
    return VALUE.line(b"\x0a" + body[1:]).decode()[15:-2]


@given(st.text(max_size=150))
@example("".join(map(chr, range(160))) * 2)
@example("a" * 31 + "\n" + "b" * 31 + '"' + "c" * 32 + "\\")
@example("\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff")
def test_strings(text):
    assert json.loads(text_of(text.encode())) == text


def test_only_what_must_be_is_escaped():
    every = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)
    assert text_of(every.encode()) == json.dumps(every, ensure_ascii=False)


@pytest.mark.parametrize("before", range(70))
def test_an_escape_anywhere(before):
    text = "x" * before + '"é' + "y" * 40
    assert text_of(text.encode()) == '"' + "x" * before + '\\"é' + "y" * 40 + '"'


def check(text: bytes) -> None:
    """A string is written as it is where it is UTF-8, and refused where it is not."""
    try:
        expected = json.dumps(text.decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="not UTF-8"):
            text_of(text)
    else:
        assert text_of(text) == expected


@given(st.binary(max_size=80))
def test_bytes_that_are_no_utf8(text):
    check(text)


def test_utf8_at_its_edges():
    rests = [b"", *(bytes([byte]) * count for byte in b"\x7f\x80\xbf\xc0" for count in (1, 2))]
    for lead, second, rest in product(range(128, 256), b"\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xff", rests):
        check(bytes([lead, second]) + rest)


def test_a_character_ends_with_its_string():
    # The byte that the character wants comes next in the body, but in another field.
    body = b"\x0a\x01\xc3" + b"\x12\x00"
    with pytest.raises(ValueError, match="not UTF-8"):
        OfMessage("KeyValue").line(body)


@given(st.binary(max_size=40))
def test_ids(data):
    span = Span(trace_id=data, span_id=data[:8], name="n")
    said = json.loads(SPAN.line(span.SerializeToString()))
    assert (said.get("traceId", ""), said.get("spanId", ""), said["name"]) == (data.hex(), data[:8].hex(), "n")


@given(st.binary(max_size=40))
def test_other_bytes(data):
    line = VALUE.line(AnyValue(bytes_value=data).SerializeToString())
    assert json.loads(line) == {"bytesValue": base64.b64encode(data).decode()}


def test_where_ids_are():
    fields = {name: {field.json_name for field in message.fields} for name, message in messages.known().items()}
    assert {name for name in fields if fields[name] & messages.IDS} == {"Span", "Span.Link", "LogRecord", "Exemplar"}
