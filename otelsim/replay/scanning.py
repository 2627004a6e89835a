"""Blocks in the documented formats taken apart by `wire.scan`, which is faster than parsing any JSON."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from otelsim.draws import Int64s
from otelsim.replay.reading import Block
from otelsim.signals.names import METRICS
from otelsim.wire.fragments import Bytes, Texts
from otelsim.wire.memory import SLACK
from otelsim.wire.otlp import log_lines, point_lines
from otelsim.wire.scan import BOOL, POINT_COLUMNS, STATE, TEXT, rows, scan_logs, scan_points

Located = npt.NDArray[np.int32]
"""Where texts stand, as `wire.scan` tells of it."""
Table = tuple[Int64s, Bytes]
"""Texts, as kernels take them: where each begins, and their bytes."""


class PointTexts(NamedTuple):
    """Metric lines taken apart."""

    lines: Int64s
    """int64[lines, `wire.scan.POINT_COLUMNS`]."""
    values: npt.NDArray[np.float64]
    tags: Located
    exemplars: Located


def table_of(texts: Iterable[str | bytes]) -> Table:
    """Texts as kernels take them."""
    pool = Texts()
    return pool.table(texts), pool.pool()


def _keys(names: Iterable[str]) -> Table:
    edges, pool = table_of(f'"{name}":' for name in names)
    assert np.diff(edges).max() <= SLACK
    return edges, pool


_LOG_KEYS = _keys(log_lines.KEYS)
_LOG_KINDS = np.array([BOOL if name == "success" else TEXT for name in log_lines.KEYS])
_POINT_KEYS = _keys(["metric", "ts", "value", "tags", *point_lines.KEYS, "exemplar", "trace_id", "span_id"])
_METRICS = table_of(f'"{name}"' for name in METRICS)


def scanned_logs(block: Block) -> Located | None:
    """Where the texts of log lines stand; None where a line is not in the documented form, to the letter."""
    texts = np.empty((block.lines, 2 * len(log_lines.KEYS)), np.int32)
    found = block.ends_well() and scan_logs(block.data, block.size, _LOG_KEYS, _LOG_KINDS, texts)
    return texts if found == block.lines else None


def scanned_points(block: Block) -> PointTexts | None:
    """The same of metric lines."""
    lines, values = np.empty((block.lines, POINT_COLUMNS), np.int64), np.empty(block.lines)
    tags = np.empty((block.lines, 2 * len(point_lines.KEYS)), np.int32)
    exemplars, state = np.empty((block.lines, 4), np.int32), np.zeros(STATE, np.int64)
    found = (lines, values, tags, exemplars)
    form = (_POINT_KEYS, _METRICS)
    if not block.ends_well() or scan_points(block.data, block.size, form, found, state) != block.lines:
        return None
    all_tags, all_exemplars = rows(state)
    return PointTexts(lines, values, tags[:all_tags], exemplars[:all_exemplars])
