"""Gauge points of a block of metric lines: their contents (see `wire.otlp.point_lines`)."""

from otelsim.draws import Int64s
from otelsim.replay.lines import PointLines
from otelsim.replay.records import Contents, Room
from otelsim.replay.scanning import table_of
from otelsim.signals.names import METRICS
from otelsim.wire.fragments import Bytes
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp.attributes import attributes
from otelsim.wire.otlp.line_texts import heads_of
from otelsim.wire.otlp.point_lines import KEYS, POINT_ROOM, put_point_lines
from otelsim.wire.otlp.tables import metric_fields

_HEADS = heads_of(f.POINT_ATTRIBUTES, KEYS)
_ANSWERS = table_of(
    attributes(f.POINT_ATTRIBUTES, {"success": ok, "is_write": write})
    for ok in (False, True)
    for write in (False, True)
)
assert f.POINT_ATTRIBUTES == f.FILTERED_ATTRIBUTES


def metric_texts() -> tuple[Int64s, Bytes]:
    """Where each metric's name and description begin, and their bytes, as `wire.otlp.joined` takes them."""
    return table_of(metric_fields(name, "") for name in METRICS)


def points(read: PointLines, persona_attribute: bool, room: Room) -> Contents:
    """Each metric line as a NumberDataPoint."""
    count = len(read.good)
    contents = room.contents(count, len(read.data) + POINT_ROOM * (count + 1))
    lines, tags = (read.lines, read.values, read.data), (read.tags, read.codes)
    put_point_lines(contents, (_ANSWERS, _HEADS, persona_attribute), lines, tags, read.ids)
    return contents
