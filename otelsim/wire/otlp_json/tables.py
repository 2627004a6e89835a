"""The schema as the walk reads it."""

import numpy as np

from otelsim.draws import Int64s
from otelsim.wire.fragments import Bytes
from otelsim.wire.otlp_json.numbers import WIRES
from otelsim.wire.otlp_json.schema import MESSAGES, TYPES, Field

FIELDS = 17
"""Field numbers are below this."""
ROW = 8
"""Entries kept for a field: a cache line, so that one look finds all."""
TYPE, WIRE, MESSAGE_AT, REPEATED, EXCLUDED, KEY_AT, KEY_SIZE = range(7)
"""The row of a field: its place in TYPES, protobuf's wire type, where the rows of its message begin, whether it is
repeated, bits of the field numbers that may not have stood before, its key in the pool. Where a number is no field,
TYPE and WIRE are -1."""
KEY = 32
"""Bytes kept for a key in the pool."""


def first_row(message: str) -> int:
    """Where a message's rows begin; that of field 0 is first."""
    return list(MESSAGES).index(message) * FIELDS * ROW


def schema_tables() -> tuple[Int64s, Bytes]:
    """The rows, int64[messages x FIELDS x ROW], and the pool of keys, uint8[]."""
    rows = np.zeros((len(MESSAGES), FIELDS, ROW), np.int64)
    rows[:, :, [TYPE, WIRE]] = -1
    keys: list[bytes] = []
    for number, fields in enumerate(MESSAGES.values()):
        for field in fields:
            rows[number, field.number] = [*_row(fields, field), len(keys) * KEY, len(_key(field)), 0]
            keys.append(_key(field).ljust(KEY))
    return rows.ravel(), np.frombuffer(b"".join(keys), np.uint8)


def _row(fields: list[Field], field: Field) -> tuple[int, ...]:
    place = TYPES.index(field.type)
    # One more member of a oneof would be a second key of the same meaning.
    excluded = sum(1 << other.number for other in fields if other is field or (other.oneof and field.oneof))
    return place, WIRES[place], first_row(field.message) if field.message else -1, field.repeated, excluded


def _key(field: Field) -> bytes:
    """With the comma before it, and the bracket after it where the field is repeated."""
    return (f',"{field.key}":' + "[" * field.repeated).encode()
