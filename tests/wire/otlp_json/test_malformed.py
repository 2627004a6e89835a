"""Any bytes at all: a line that means what protobuf's parser reads, or a ValueError; never memory of others."""

import json
import signal as signals
import subprocess
import sys

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.wire.otlp_json.transcoder import Transcoder
from tests.wire.otlp_json import messages
from tests.wire.otlp_json.messages import LogsData, as_otlp, exact, from_otlp
from tests.wire.otlp_json.transcoders import Guarded, OfMessage

SIGNALS = st.sampled_from(sorted(messages.ROOTS))


@st.composite
def bodies(draw) -> tuple[str, bytes]:
    """A signal and a body of it."""
    signal = draw(SIGNALS)
    return signal, draw(messages.messages(messages.ROOTS[signal].DESCRIPTOR, 6)).SerializeToString()


def check(signal: str, body: bytes) -> None:
    """A line is only made of what protobuf reads, and says the same."""
    try:
        line = Guarded(signal).line(body)
    except ValueError:
        return
    read = messages.ROOTS[signal].FromString(body)
    assert exact(as_otlp(from_otlp(line, read))) == exact(as_otlp(read))


@given(SIGNALS, st.binary(max_size=200))
def test_any_bytes(signal, body):
    check(signal, body)


@given(bodies(), st.data())
@settings(max_examples=200)
def test_a_byte_changed(given_body, data):
    signal, body = given_body
    changed = bytearray(body or b"\0")
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    check(signal, bytes(changed))


@given(bodies(), st.data())
def test_bytes_put_in_or_left_out(given_body, data):
    signal, body = given_body
    first = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(first, len(body)))
    check(signal, body[:first] + data.draw(st.binary(max_size=12)) + body[end:])


@given(bodies())
@settings(max_examples=30)
def test_cut_anywhere(given_body):
    signal, body = given_body
    for end in range(0, len(body), 1 + len(body) // 100):
        check(signal, body[:end])


def field(number: int, wire: int, content: bytes = b"") -> bytes:
    """A field as it stands on the wire."""
    size = bytes([len(content)]) if wire == 2 else b""
    return bytes([number << 3 | wire]) + size + content


def message(number: int, *contents: bytes) -> bytes:
    return field(number, 2, b"".join(contents))


def record(*contents: bytes) -> bytes:
    """A body with one log record."""
    return message(1, message(2, message(2, *contents)))


FAULTS = {
    "a tag of which the rest is missing": (b"\x80", r"cut off .*\(at byte 0\)"),
    "a size of which the rest is missing": (b"\x0a\x80", "cut off"),
    "a size beyond the end": (b"\x0a\x01", "cut off"),
    "a size beyond the outer message": (b"\x0a\x02\x0a\x01\x00", r"cut off .*\(at byte 2\)"),
    "a size of 64 bits": (b"\x0a" + b"\xff" * 9 + b"\x01", "cut off"),
    "a varint of 11 bytes": (record(field(7, 0, b"\x80" * 10 + b"\0")), "varint too long"),
    "a varint of more than 64 bits": (record(field(7, 0, b"\x80" * 9 + b"\2")), "varint too long"),
    "a varint of which the rest is missing": (record(field(7, 0, b"\x80")), "cut off"),
    "three of four bytes": (record(field(8, 5, bytes(3))), "cut off"),
    "seven of eight bytes": (record(field(1, 1, bytes(7))), r"cut off .*\(at byte 7\)"),
    "a field of a later version": (record(field(13, 0, b"\0")), "unknown field"),
    "a field of a much later version": (record(b"\x88\x01\0"), "unknown field"),
    "field 0": (field(0, 0, b"\0"), "unknown field"),
    "a field that was given up": (record(message(4)), "unknown field"),
    "a fixed number for a text": (record(field(3, 1, bytes(8))), "wrong wire type"),
    "a text for a number": (record(message(1, bytes(8))), "wrong wire type"),
    "a group": (record(field(5, 3) + field(5, 4)), "wrong wire type"),
    "a number for a message": (field(1, 0, b"\0"), "wrong wire type"),
    "a field twice": (record(field(7, 0, b"\1") * 2), "a second time"),
    "a message twice": (record(message(5) * 2), "a second time"),
    "two of a oneof": (record(message(5, field(2, 0, b"\1"), field(3, 0, b"\1"))), "a second time"),
    "a repeated field in two parts": (record(message(6), message(5), message(6)), "a second time"),
    "a text in Latin-1": (record(message(3, b"\xe9")), "not UTF-8"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(fault):
    body, said = FAULTS[fault]
    with pytest.raises(ValueError, match=said):
        Guarded("logs").line(body)


@pytest.mark.parametrize("size", [7, 9, 15])
def test_a_run_that_ends_within_a_number(size):
    with pytest.raises(ValueError, match="cut off"):
        OfMessage("HistogramDataPoint").line(message(7, bytes(size)))


def nested(depth: int) -> bytes:
    """A body of messages in each other: ``depth`` with the record's body, which is the fourth; even ones only."""
    value = b""
    for _ in range((depth - 4) // 2):
        value = delimited(5, delimited(1, value))  # An array and a value in it.
    for number in (5, 2, 2, 1):
        value = delimited(number, value)
    return value


def delimited(number: int, content: bytes) -> bytes:
    """A field of any size below 16,384."""
    size = len(content)
    return bytes([number << 3 | 2]) + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + content


def test_as_deep_as_protobuf_goes():
    body = nested(100)
    line = Guarded("logs").line(body)
    assert exact(json.loads(line)) == exact(as_otlp(LogsData.FromString(body)))
    with pytest.raises(DecodeError):
        LogsData.FromString(nested(102))
    with pytest.raises(ValueError, match="more than 100 messages"):
        Guarded("logs").line(nested(102))


TOUCHES = {"a write": "pointer(array)[4] = 1", "a read": "return load(pointer(array), 0)"}


@pytest.mark.parametrize("touch", TOUCHES)
def test_the_guard_sees(touch):
    code = f"""
import numba
from otelsim.wire.otlp_json.words import load, pointer
from tests.wire.otlp_json.transcoders import guarded

@numba.njit
def touch(array):
    {TOUCHES[touch]}

array = guarded(4)
print("before", flush=True)
touch(array)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (ended.stdout, ended.returncode) == (b"before\n", -signals.SIGSEGV)


def test_transcoders_are_of_a_known_signal():
    with pytest.raises(KeyError):
        Transcoder("profiles")
