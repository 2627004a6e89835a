"""Attributes as protobuf fields, and those whose values end in digits that a kernel writes."""

import struct
from collections.abc import Mapping
from functools import lru_cache

from otelsim.wire.otlp import fields as f
from otelsim.wire.protobuf import LENGTH, delimited, integer, tag, varint

Value = str | int | bool


def value_field(value: Value) -> bytes:
    """An AnyValue's content."""
    if isinstance(value, bool):
        return integer(f.BOOL_VALUE, value)
    if isinstance(value, int):
        return integer(f.INT_VALUE, value)
    return delimited(f.STRING_VALUE, value)


# The releases of a deployment differ in 4 of 31 attributes. Typed, since 1 and True are different values.
@lru_cache(maxsize=4_096, typed=True)
def attribute(number: int, key: str, value: Value) -> bytes:
    """A KeyValue as field ``number``."""
    return delimited(number, delimited(f.KEY, key) + delimited(f.VALUE, value_field(value)))


def attributes(number: int, values: Mapping[str, Value]) -> bytes:
    """All of them, each as field ``number``."""
    return b"".join(attribute(number, key, value) for key, value in values.items())


def opening(number: int, key: str, start: str, more: int) -> bytes:
    """A KeyValue whose text is ``start`` and ``more`` bytes that follow it."""
    text = varint(len(start.encode()) + more)
    value = len(start.encode()) + more + len(text) + 1
    head = delimited(f.KEY, key) + tag(f.VALUE, LENGTH) + varint(value) + tag(f.STRING_VALUE, LENGTH) + text
    return tag(number, LENGTH) + varint(len(head) + len(start.encode()) + more) + head + start.encode()


def doubles(values: tuple[float, ...]) -> bytes:
    """Packed doubles."""
    return struct.pack(f"<{len(values)}d", *values)
