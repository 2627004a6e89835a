"""Attributes and ids that kernels write are those that are encoded one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.wire.memory import SLACK
from otelsim.wire.otlp.attributes import attribute
from otelsim.wire.otlp.line_texts import attribute_size, heads_of, put_attribute, put_id

NAMES = ("a", "user_id", "upstream_request_id", "a_key_that_is_longer_than_any_that_there_is" * 3)


@pytest.mark.parametrize("key", range(len(NAMES)))
def test_attributes_of_all_sizes(key):
    heads, out = heads_of(6, NAMES), np.zeros(70_000, np.uint8)
    for size in (*range(300), *range(16_200, 16_500, 7), 66_000):
        text = (b"abcdefghij" * 6_600)[:size]
        wanted = attribute(6, NAMES[key], text.decode())
        end = put_attribute(out, 3, heads, key, (np.frombuffer(text + bytes(SLACK), np.uint8), 0, size))
        assert out[3:end].tobytes() == wanted
        assert attribute_size(heads, key, size) == len(wanted)


DIGITS = st.text("0123456789abcdefABCDEF0000", min_size=16, max_size=16)


@settings(deadline=None, max_examples=200)
@given(
    halves=st.lists(DIGITS, min_size=1, max_size=2),
    other=st.none() | st.tuples(st.integers(0, 31), st.characters(codec="latin-1")),
)
def test_ids_are_what_their_digits_say(halves, other):
    text = "".join(halves)
    if other:
        text = text[: other[0]] + other[1] + text[other[0] + 1 :] if other[0] < len(text) else text
    data, ids = np.frombuffer(text.encode("latin-1") + bytes(2 * SLACK), np.uint8), np.zeros(64, np.uint8)
    right = put_id(ids, 8, data, 0, len(text))
    try:
        wanted = bytes.fromhex(text) if not any(c.isspace() for c in text) else b""
    except ValueError:
        wanted = b""
    assert right == any(wanted)
    if right:
        assert ids[8 : 8 + len(wanted)].tobytes() == wanted
