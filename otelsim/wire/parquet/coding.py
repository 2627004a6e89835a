"""Whole columns at once: texts by code as dictionaries, ids as bytes or digits.

A dictionary holds the texts that a column has, each once: writers of Parquet take its codes as they stand.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from otelsim.draws import Int64s, mix

Array: TypeAlias = Any
"""Of pyarrow, which carries no types."""
Bools = npt.NDArray[np.bool_]
TEXT = pa.dictionary(pa.int32(), pa.string())
_MIX: Callable[[Any], Any] = mix.py_func
"""`draws.mix` as it stands: what it says of one number holds for a column."""
_HEX = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], np.uint8)
"""Two digits a byte."""


class Coded(NamedTuple):
    """A column of integers, of which few are different."""

    places: npt.NDArray[np.int32]
    """Of each row in ``values``."""
    values: list[int]


def coded(numbers: Int64s) -> Coded:
    """Each different number once."""
    found = pa.array(numbers).dictionary_encode()
    return Coded(found.indices.to_numpy(), found.dictionary.to_pylist())


class Texts:
    """What a number says, made when it is first met; None for nothing."""

    def __init__(self, make: Callable[[int], str | None]) -> None:
        self.make = make
        self.known: dict[int, str | None] = {}

    def of(self, column: Coded) -> Array:
        """The column as texts."""
        texts = [self._text(value) for value in column.values]
        distinct = {text: place for place, text in enumerate(dict.fromkeys(t for t in texts if t is not None))}
        places = np.array([-1 if text is None else distinct[text] for text in texts], np.int32)[column.places]
        return pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), pa.array(list(distinct), pa.string()))

    def _text(self, value: int) -> str | None:
        if value not in self.known:
            self.known[value] = self.make(value)
        return self.known[value]


def integers(column: Coded, make: Callable[[int], int | None]) -> Array:
    """What the numbers of a column stand for, as int32."""
    values = pa.array([make(value) for value in column.values], pa.int32())
    return values.take(pa.array(column.places))


def id_bits(numbers: Int64s, key: int) -> npt.NDArray[np.uint64]:
    """`draws.keyed` of a column."""
    made: npt.NDArray[np.uint64] = _MIX(numbers.view(np.uint64) ^ np.uint64(key))
    return made


def id_bytes(*bits: npt.NDArray[np.uint64]) -> Array:
    """Ids of 8 bytes for each of the columns, the highest first."""
    whole = np.stack(bits, axis=1).astype(">u8")
    kind = pa.binary(8 * len(bits))
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(whole), [None, pa.py_buffer(whole.tobytes())])


def digits(bits: npt.NDArray[np.uint64]) -> Array:
    """Ids as 16 digits."""
    text = _HEX[bits.astype(">u8").view(np.uint8)]
    offsets = np.arange(len(bits) + 1, dtype=np.int32) * 16
    return pa.StringArray.from_buffers(len(bits), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def where(there: Bools, column: Array) -> Array:
    """A column that has nothing in rows where it is not there."""
    return pc.if_else(pa.array(there), column, pa.scalar(None, column.type))


def users(numbers: Int64s, width: int) -> Array:
    """``user_000123`` of each number; nothing of -1."""
    found = pa.array(numbers, mask=numbers < 0).dictionary_encode()
    padded = pc.utf8_lpad(found.dictionary.cast(pa.string()), width, "0")
    texts = pc.binary_join_element_wise("user_", padded, "")
    return pa.DictionaryArray.from_arrays(found.indices, texts)
