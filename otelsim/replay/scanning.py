"""Columns of a block in the documented formats, taken apart by `wire.scan`, which is faster than parsing any JSON."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from otelsim.draws import Int64s
from otelsim.replay import faults
from otelsim.wire.fragments import Bytes, Texts
from otelsim.wire.memory import SLACK
from otelsim.wire.scan import BOOL, END_OF_OBJECT, NUMBER, OBJECT, SECONDS, TEXT, gather, scan

_ORDER = (
    "timestamp", "level", "service", "stack", "action", "user_id", "request_id", "success", "message", "release_id",
    "trace_id", "span_id", "parent_span_id", "target_user_id", "object_type", "object_id", "error_code",
    "error_message", "error_source", "error_type", "upstream_request_id",
)  # fmt: skip
"""A log line's keys as they are documented."""


class Form(NamedTuple):
    """The keys of a kind of line."""

    names: tuple[str, ...]
    """Of columns; a tag is ``tags.<name>``; nothing at an object's end."""
    keys: tuple[Int64s, Bytes]
    kinds: Int64s


def _form(keys: list[tuple[str, str, int]]) -> Form:
    pool = Texts()
    edges = pool.table(f'"{key}":' if key else "" for _, key, _ in keys)
    return Form(tuple(name for name, _, _ in keys), (edges, pool.pool()), np.array([kind for _, _, kind in keys]))


def _maybe(kind: int) -> int:
    return -1 - kind


LOGS = _form([(name, name, BOOL if name == "success" else TEXT) for name in _ORDER])
METRICS = _form(
    [
        ("metric", "metric", TEXT),
        ("ts", "ts", SECONDS),
        ("value", "value", NUMBER),
        ("tags", "tags", OBJECT),
        *((f"tags.{tag}", tag, _maybe(TEXT) if tag == "object_type" else TEXT) for tag in faults.TAGS),
        ("", "", END_OF_OBJECT),
        ("exemplar", "exemplar", _maybe(OBJECT)),
        ("exemplar.trace_id", "trace_id", TEXT),
        ("exemplar.span_id", "span_id", TEXT),
        ("", "", END_OF_OBJECT),
    ]
)


def scanned(data: bytes, lines: int, form: Form) -> dict[str, Any] | None:
    """A block's columns as Arrow arrays; None where a line is not in the documented form, to the letter."""
    if not data.endswith(b"\n"):
        return None
    padded = np.frombuffer(data + bytes(SLACK), np.uint8)
    shape = (len(form.names), lines)
    starts, sizes, numbers = np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape)
    if scan(padded, len(data), form.keys, form.kinds, (starts, sizes, numbers)) != lines:
        return None
    columns: dict[str, Any] = {}
    for k, name in enumerate(form.names):
        kind = int(form.kinds[k]) if form.kinds[k] >= 0 else -1 - int(form.kinds[k])
        if kind == TEXT:
            columns[name] = _texts(padded, starts[k], sizes[k])
        elif kind == BOOL:
            columns[name] = pa.array(starts[k] == 1)
        elif kind in (SECONDS, NUMBER):
            columns[name] = pa.array(numbers[k])
        elif name:
            columns[name] = pa.array(np.zeros(lines, np.int8), mask=sizes[k] < 0)
    return columns


def _texts(data: Bytes, starts: Int64s, sizes: Int64s) -> Any:
    """An Arrow column of texts that stand in a block."""
    there = sizes >= 0
    held = int(sizes[there].sum())
    out, edges = np.empty(held + SLACK, np.uint8), np.empty(len(sizes) + 1, np.int32)
    gather(out, data, starts, sizes, edges)
    known = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [known, pa.py_buffer(edges), pa.py_buffer(out[:held])]
    return pa.StringArray.from_buffers(len(sizes), buffers[1], buffers[2], buffers[0])
