"""What is put into bytes, beside Python's own formatting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from otelsim.draws import Int64s
from otelsim.wire.fragments import Texts, longest, put, put_again, put_hex, put_hundredths, put_integer, put_padded
from otelsim.wire.memory import SLACK

AT = st.integers(0, 40)


def text_of(function, at: int, *values) -> str:
    """What ``function`` puts at ``at``; nothing before may change."""
    out = np.full(at + 600 + SLACK, ord("#"), np.uint8)
    end = function(out, at, *values)
    assert out[:at].tobytes() == b"#" * at
    return out[at:end].tobytes().decode()


@given(AT, st.integers(0, 10**18 - 1))
def test_integers(at, value):
    assert text_of(put_integer, at, value) == str(value)


def test_integers_at_powers_of_ten():
    for power in range(18):
        for value in (10**power - 1, 10**power, 10**power + 1):
            assert text_of(put_integer, 3, value) == str(value)


@given(AT, st.integers(0, 18), st.data())
def test_padded_integers(at, digits, data):
    value = data.draw(st.integers(0, 10**digits - 1))
    assert text_of(put_padded, at, value, digits) == (f"{value:0{digits}d}" if digits else "")


@given(AT, st.integers(0, 10**15 - 1))
def test_hundredths(at, value):
    assert text_of(put_hundredths, at, value) == (str(value / 100) if value < 10**12 else _exact(value))


def _exact(value: int) -> str:
    whole, rest = divmod(value, 100)
    return f"{whole}.{rest:02d}".removesuffix("0") if rest % 10 == 0 else f"{whole}.{rest:02d}"


@given(AT, st.integers(0, 2**64 - 1))
def test_hexadecimal(at, value):
    assert text_of(put_hex, at, np.uint64(value)) == f"{value:016x}"


def table_of(*tables: list[str]) -> tuple[np.ndarray, list[Int64s], np.ndarray]:
    """Tables of texts as `put` takes them: packed positions, the tables, the pool."""
    texts = Texts()
    firsts = [texts.table(table) for table in tables]
    starts = np.cumsum([len(tables), *map(len, firsts)])[:-1]
    return np.concatenate([starts, *firsts]).astype(np.int64), firsts, texts.pool()


TABLES = st.lists(st.lists(st.text(max_size=80), min_size=1, max_size=6), min_size=1, max_size=4)


@given(AT, TABLES)
def test_texts(at, tables):
    t, firsts, pool = table_of(*tables)
    for number, table in enumerate(tables):
        assert longest(firsts[number]) == max(len(text.encode()) for text in table)
        for i, text in enumerate(table):
            assert text_of(put, at, t, pool, number, i) == text


def test_an_empty_table():
    assert longest(Texts().table([])) == 0


@given(st.binary(min_size=1, max_size=200), st.data())
def test_what_stands_before_is_put_again(data, drawn):
    first = drawn.draw(st.integers(0, len(data) - 1))
    end = drawn.draw(st.integers(first, len(data)))
    out = np.zeros(2 * len(data) + 2 * SLACK, np.uint8)
    out[: len(data)] = np.frombuffer(data, np.uint8)
    assert put_again(out, len(data), first, end) == len(data) + end - first
    assert out[: len(data) + end - first].tobytes() == data + data[first:end]
