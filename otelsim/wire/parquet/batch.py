"""The columns of some calls."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.signals.conventions import route_parts
from otelsim.wire.parquet.coding import Array, Bools, Coded, coded, digits, id_bits, id_bytes, integers, users, where
from otelsim.wire.parquet.known import Known
from otelsim.wire.parquet.schema import TIME


class Batch:
    """Columns by name, each made once; ``calls`` is int64[24, n] (see `outcome.tables.CALL`)."""

    def __init__(self, known: Known, calls: Int64s) -> None:
        self.known, self.calls = known, calls
        self.made: dict[str, Array] = {}
        self.keys: dict[str, Coded] = {}

    def column(self, name: str) -> Array:
        """The column of that name."""
        if name not in self.made:
            if found := self.known.texts.get(name):
                key, texts = found
                self.made[name] = texts.of(self.key(key))
            else:
                self.made[name] = OWN[name](self)
        return self.made[name]

    def key(self, name: str) -> Coded:
        """The numbers that columns are looked up by."""
        if name not in self.keys:
            self.keys[name] = coded(KEYS[name](self))
        return self.keys[name]

    @cached_property
    def faults(self) -> Int64s:
        """See `known.Known`."""
        c = self.calls
        failed, cascade = c[o.SOURCE] != 0, c[o.SOURCE] == o.DEPENDENCY
        kind = np.where(failed, c[o.ERROR] + 1, 0)
        return np.where(cascade, (c[o.UPSTREAM_SERVICE] + 1) * self.known.fault_width + kind, kind)

    @cached_property
    def roots(self) -> Bools:
        """Which calls are roots."""
        roots: Bools = self.calls[o.PARENT] < 0
        return roots

    def request_bits(self, node: int, rows: Any = slice(None)) -> npt.NDArray[np.uint64]:
        """The request ids of the calls whose node is in a column, of some rows."""
        return id_bits(self.calls[o.NUMBER, rows] << 10 | self.calls[node, rows], self.known.keys.request)

    def span_ids(self, node: int) -> Array:
        """The span ids of the same."""
        return id_bytes(id_bits(self.calls[o.NUMBER] << 10 | self.calls[node], self.known.keys.span))


def _trace_ids(b: Batch) -> Array:
    number = b.calls[o.NUMBER]
    return id_bytes(id_bits(number, b.known.keys.trace_high), id_bits(number, b.known.keys.trace_low))


def _object_ids(b: Batch) -> Array:
    """``<type>_<digits>``, or a name where the type has names."""
    kinds, numbers = b.calls[o.OBJECT_TYPE], b.calls[o.OBJECT_ID]
    world = b.known.world
    names = pa.array([name for each in world.object_types for name in each.names] or [""], pa.string())
    first = np.cumsum([0, *(len(each.names) for each in world.object_types)])
    named = (kinds >= 0) & (numbers >= 0) & np.append(b.known.named, False)[kinds]
    last = digits(numbers.view(np.uint64))
    if named.any():
        places = pa.array(first[kinds] + numbers, mask=~named)
        last = pc.coalesce(names.take(places), last)
    return pc.binary_join_element_wise(b.column("object_type").cast(pa.string()), last, "_")


def _paths(b: Batch) -> Array:
    """Routes with ids in them; a root's own action decides which."""
    rows, made = [], []
    for op in np.unique(b.calls[o.OP, b.roots]).tolist():
        here = np.flatnonzero(b.roots & (b.calls[o.OP] == op))
        route = b.known.world.actions[b.known.ops[op].root_action].route
        holes = {"user": _path_users, "object": _path_objects}
        pieces = [x for text, kind in route_parts(route) for x in (text, holes[kind](b, here) if kind else "")]
        texts = pc.binary_join_element_wise(*pieces, "")
        made.append(texts if isinstance(texts, pa.Array) else pa.repeat(texts, len(here)))
        rows.append(here)
    order = np.full(len(b.roots), -1)
    order[np.concatenate([*rows, np.array([], np.int64)])] = np.arange(sum(map(len, rows)))
    return pa.concat_arrays([pa.array([], pa.string()), *made]).take(pa.array(order, mask=order < 0))


def _path_users(b: Batch, rows: Int64s) -> Array:
    target, user = b.calls[o.TARGET, rows], b.calls[o.USER, rows]
    return users(np.where(target >= 0, target, user), b.known.digits).cast(pa.string())


def _path_objects(b: Batch, rows: Int64s) -> Array:
    """The object, or the digits of the request where there is none."""
    return pc.coalesce(b.column("object_id").take(rows), digits(b.request_bits(o.NODE, rows)))


def _times(us: Int64s) -> Array:
    return pa.array(us * 1_000, TIME)


def _end_us(b: Batch) -> Int64s:
    ends: Int64s = b.calls[o.START_US] + 10 * b.calls[o.DURATION]
    return ends


def _status(b: Batch) -> Array:
    return where(b.roots, integers(b.key("both"), b.known.status))


KEYS: dict[str, Callable[[Batch], Int64s]] = {
    "op": lambda b: b.calls[o.OP],
    "fault": lambda b: b.faults,
    "both": lambda b: b.calls[o.OP] * b.known.faults + b.faults,
    "release": lambda b: b.calls[o.RELEASE],
    "persona": lambda b: b.calls[o.PERSONA],
    "object_type": lambda b: b.calls[o.OBJECT_TYPE],
}
"""Numbers that columns are looked up by."""
OWN: dict[str, Callable[[Batch], Array]] = {
    "trace_id": _trace_ids,
    "span_id": lambda b: b.span_ids(o.NODE),
    "parent_span_id": lambda b: where(~b.roots, b.span_ids(o.PARENT)),
    "start_time": lambda b: _times(b.calls[o.START_US]),
    "end_time": lambda b: _times(_end_us(b)),
    "time": lambda b: b.column("start_time"),
    "observed_time": lambda b: b.column("end_time"),
    "duration_ms": lambda b: pa.array(b.calls[o.DURATION] / 100.0),
    "success": lambda b: pa.array(b.calls[o.SOURCE] == 0),
    "is_write": lambda b: pa.array(b.known.is_write[b.calls[o.OP]]),
    "user_id": lambda b: users(b.calls[o.USER], b.known.digits),
    "target_user_id": lambda b: users(b.calls[o.TARGET], b.known.digits),
    "request_id": lambda b: id_bytes(b.request_bits(o.NODE)),
    "upstream_request_id": lambda b: where(b.calls[o.SOURCE] == o.DEPENDENCY, id_bytes(b.request_bits(o.UPSTREAM))),
    "object_id": _object_ids,
    "url_path": _paths,
    "http_response_status_code": _status,
    "severity_number": lambda b: integers(b.key("fault"), b.known.severity),
}
"""Columns that are not looked up as texts."""
