"""Gauge points of a block of metric lines, as pieces."""

import numpy as np

from otelsim.draws import Int64s
from otelsim.replay.lines import Read, there
from otelsim.replay.records import codes_of
from otelsim.replay.texts import Pieces, Pool, Text, beside, words
from otelsim.signals.names import METRICS
from otelsim.wire.fragments import Bytes, Texts
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp.attributes import attributes, opening
from otelsim.wire.otlp.tables import metric_fields
from otelsim.wire.protobuf import LENGTH, tag, varint

_TRUTH = ("false", "true")
_BARE_EXEMPLAR = 46
"""Bytes of an exemplar's time, value and ids."""


def metric_texts() -> tuple[Int64s, Bytes]:
    """Where each metric's name and description begin, and their bytes, as `wire.otlp.joined` takes them."""
    pool = Texts()
    return pool.table(metric_fields(name, "") for name in METRICS), pool.pool()


def metric_numbers(read: Read) -> Int64s:
    """Which of METRICS each line is a point of."""
    return codes_of(read.columns["metric"], METRICS)


def points(read: Read, persona_attribute: bool) -> Pieces:
    """Each metric line as a NumberDataPoint."""
    columns, number, pool = read.columns, f.POINT_ATTRIBUTES, Pool()
    pieces = Pieces(pool, len(read.times_us))
    persona = pool.text(columns["tags.persona"])
    time = words(read.times_us * 1_000)
    pieces.fixed(beside(f.POINT_TIME_TAG, time, _value(read)))
    _exemplar(pieces, read, time, None if persona_attribute else persona)
    pieces.attribute(number, "action", pool.text(columns["tags.action"]))
    both = [attributes(number, {"success": ok, "is_write": write}) for ok in (False, True) for write in (False, True)]
    ok, write = (codes_of(columns[f"tags.{name}"], _TRUTH) for name in ("success", "is_write"))
    pieces.coded(both, ok * 2 + write)
    pieces.attribute(number, "object_type", pool.text(columns["tags.object_type"]))
    if persona_attribute:
        pieces.attribute(number, "persona", persona)
    return pieces


def _value(read: Read) -> Bytes:
    """A double for durations, an integer for what is counted and is one."""
    values = read.columns["value"].fill_null(0).to_numpy()
    whole = (metric_numbers(read) > 0) & (values == np.rint(values)) & (np.abs(values) < 2.0**53)
    bits = np.where(whole, np.where(whole, values, 0).astype(np.int64), values.view(np.int64))
    tags = np.where(whole, f.POINT_INT_TAG, f.POINT_DOUBLE_TAG).astype(np.uint8)[:, None]
    return beside(tags, words(bits))


def _exemplar(pieces: Pieces, read: Read, time: Bytes, persona: Text | None) -> None:
    """The call that a point stands for, where its line names it."""
    known = there(read.columns["exemplar"])
    if not known.any():
        return
    trace, span = read.ids["exemplar.trace_id"], read.ids["exemplar.span_id"]
    double = words(read.columns["value"].fill_null(0).to_numpy().view(np.int64))
    ids = (f.EXEMPLAR_SPAN_TAG, 8, span, f.EXEMPLAR_TRACE_TAG, 16, trace)
    bare = beside(f.EXEMPLAR_TIME_TAG, time, f.EXEMPLAR_DOUBLE_TAG, double, *ids)
    lengths = persona.sizes if persona else np.zeros(pieces.count, np.int64)
    named = persona.there & known if persona else np.zeros(pieces.count, np.bool_)
    pieces.heads(_exemplar_head, np.zeros_like(lengths), known & ~named)
    pieces.heads(_named_exemplar_head, lengths, named)
    pieces.fixed(bare, known)
    if persona:
        pieces.heads(_persona_head, lengths, named)
        pieces.located(persona, named)


def _exemplar_head(more: int) -> bytes:
    return tag(f.POINT_EXEMPLAR_TAG >> 3, LENGTH) + varint(_BARE_EXEMPLAR + more)


def _named_exemplar_head(length: int) -> bytes:
    return _exemplar_head(len(_persona_head(length)) + length)


def _persona_head(length: int) -> bytes:
    return opening(f.FILTERED_ATTRIBUTES, "persona", "", length)
