"""Lines against protobuf's own JSON printer and parser, for random messages of every type."""

import json

import numpy as np
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.wire.otlp_json.transcoder import Transcoder
from tests.wire.otlp_json import messages
from tests.wire.otlp_json.messages import as_otlp, exact, from_otlp
from tests.wire.otlp_json.transcoders import OfMessage

KNOWN = messages.known()
TRANSCODERS = {signal: Transcoder(signal) for signal in messages.ROOTS}


def check(line: bytes, message: Message) -> None:
    """A line is its message's JSON, and nothing is lost in it."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert exact(json.loads(line)) == exact(as_otlp(message))
    assert exact(as_otlp(from_otlp(line, message))) == exact(as_otlp(message))


@pytest.mark.parametrize("name", KNOWN)
@given(data=st.data())
@settings(max_examples=30)
def test_every_message(name, data):
    message = data.draw(messages.messages(KNOWN[name], 2))
    check(OfMessage(name).line(message.SerializeToString()), message)


@pytest.mark.parametrize("signal", messages.ROOTS)
@given(data=st.data())
@settings(max_examples=50)
def test_whole_bodies_one_after_the_other(signal, data):
    message = data.draw(messages.messages(messages.ROOTS[signal].DESCRIPTOR, 6))
    check(TRANSCODERS[signal].line(message.SerializeToString()), message)


@pytest.mark.parametrize("signal", messages.ROOTS)
def test_an_empty_body(signal):
    assert Transcoder(signal).line(b"") == b"{}\n"


def test_a_body_may_be_an_array():
    body = messages.LogsData(resource_logs=[{"schema_url": "a"}, {}]).SerializeToString()
    spread = np.repeat(np.frombuffer(body, np.uint8), 2)[::2]
    assert Transcoder("logs").line(spread) == b'{"resourceLogs":[{"schemaUrl":"a"},{}]}\n'


def test_a_failure_leaves_nothing_behind():
    transcoder = Transcoder("logs")
    good = messages.LogsData(resource_logs=[{"schema_url": "a" * 300}]).SerializeToString()
    line = transcoder.line(good)
    with pytest.raises(ValueError, match="cut off"):
        transcoder.line(good[:-1])
    assert transcoder.line(good) == line
