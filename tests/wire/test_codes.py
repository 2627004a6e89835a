"""Texts numbered by a hash table are those that a dictionary numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.wire.codes import Codes
from otelsim.wire.looking import counted, hexadecimal, plain
from otelsim.wire.memory import SLACK
from tests.wire.looked import seen_by

TEXTS = st.lists(st.binary(max_size=70) | st.sampled_from([b"", b"a", b"a\0", b"a" * 8, b"a" * 9]), max_size=30)


@settings(deadline=None, max_examples=50)
@given(blocks=st.lists(TEXTS, max_size=4))
def test_a_text_has_one_code_for_good(blocks):
    table, known = Codes(), {}
    for texts in blocks:
        wanted = [known.setdefault(text, len(known)) for text in texts]
        assert table.codes(texts).tolist() == wanted
    assert table.texts() == list(known)
    assert (len(table), table.size) == (len(known), sum(map(len, known)))
    assert table.texts(len(known)) == []


def test_a_table_grows_and_forgets():
    texts = [b"text %d" % n for n in range(5_000)]
    table = Codes()
    for first in range(0, len(texts), 700):
        table.codes(texts[first : first + 700])
    assert table.codes(texts[::-1]).tolist() == list(range(len(texts)))[::-1]
    assert table.texts(4_990) == texts[4_990:]
    table.clear()
    assert table.codes([b"text 7", b"text 7"]).tolist() == [0, 0]


def test_nothing_is_taken_for_text_that_begins_alike():
    """Codes hold texts of all lengths, read beyond their ends by whole words."""
    whole = bytes(range(1, 65))
    texts = [whole[:size] for size in range(65)] + [whole[1 : size + 1] for size in range(1, 60)]
    table = Codes()
    assert table.codes(texts).tolist() == list(range(len(texts)))
    assert table.codes(texts).tolist() == list(range(len(texts)))


@settings(deadline=None, max_examples=200)
@given(
    text=st.binary(max_size=SLACK)
    | st.text(max_size=8).map(str.encode)
    | st.text("0123456789abcdefABCDEFgG/:@`").map(str.encode)
)
def test_what_is_seen_at_once_is_what_each_byte_says(text):
    text = text[:SLACK]
    data = np.frombuffer(text + b"\n" * (2 * SLACK), np.uint8)
    ends = [k for k, byte in enumerate(data[:SLACK]) if byte < 32 or byte in b'"\\']
    others = [k for k, byte in enumerate(data[:SLACK]) if byte not in b"0123456789abcdefABCDEF"]
    assert seen_by(plain, data) == min(ends, default=SLACK)
    assert seen_by(hexadecimal, data) == min(others, default=SLACK)


@settings(deadline=None, max_examples=100)
@given(text=st.text(st.sampled_from("ab\n\né"), max_size=200).map(str.encode))
def test_line_ends_are_counted_and_ascii_is_told(text):
    data = np.frombuffer(text + b"\n\xff" * SLACK, np.uint8)
    assert counted(data, len(text)) == (text.count(b"\n"), text.isascii())
