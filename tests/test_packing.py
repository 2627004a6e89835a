"""Many tables in one array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.draws import KNOTS, ONE
from otelsim.packing import get, look, pack

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.dictionaries(st.text(min_size=1), st.lists(INT64, max_size=20), min_size=1, max_size=10))
def test_what_is_packed_is_found_again(tables):
    names = sorted(tables)
    packed = pack(names, {n: np.array(v, np.int64) for n, v in tables.items()})
    assert len(packed) == len(names) + sum(map(len, tables.values()))
    for number, name in enumerate(names):
        assert [get(packed, number, i) for i in range(len(tables[name]))] == tables[name]


def test_numbers_flags_and_grids():
    packed = pack(("one", "flags", "grid"), {"one": 7, "flags": [True, False], "grid": [[1, 2], [3, 4]]})
    assert packed.tolist() == [3, 4, 6, 7, 1, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c"), ()])
def test_names_and_tables_must_agree(names):
    with pytest.raises(ValueError, match="tables and names differ"):
        pack(names, {"a": 1, "b": 2})


@given(st.integers(0, ONE - 1), st.integers(0, 3))
def test_look_interpolates(word, shift):
    table = np.arange(-shift, KNOTS + 1, dtype=np.int64) * 1000
    exact = word * 1000 / (ONE / KNOTS)
    assert look(table, shift, word) == int(exact)
