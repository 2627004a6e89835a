"""Log records and spans of a block of log lines: their contents (see `wire.otlp.line_records`)."""

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.replay.coding import Bools, Coder
from otelsim.replay.lines import LogLines
from otelsim.replay.operations import Call, Known
from otelsim.replay.scanning import table_of
from otelsim.signals.names import LEVELS
from otelsim.wire.fragments import Bytes, longest
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp.attributes import attributes
from otelsim.wire.otlp.line_records import (
    LINE_ROOM,
    PATH_END,
    PATH_OBJECT,
    PATH_USER,
    put_log_lines,
    put_span_lines,
)
from otelsim.wire.otlp.line_texts import heads_of
from otelsim.wire.otlp.log_lines import KEYS, put_calls
from otelsim.wire.otlp.tables import severity_fields, span_name_fields

Contents = tuple[Bytes, Int64s, Int64s]
"""Records as `wire.otlp.joined` takes them: bytes, where each begins, and its size."""
_PATH_KINDS = {"": PATH_END, "user": PATH_USER, "object": PATH_OBJECT}
_CALL_CODE_BYTES = 28


class Pairs(NamedTuple):
    """What the durations that go with log lines add to them."""

    paired: Bools
    duration_ns: Int64s
    persona: Int64s
    """Codes among the words of a coder; -1 where there is none."""


class Room:
    """A buffer that is used again and again, and grows."""

    def __init__(self) -> None:
        self.data = np.empty(0, np.uint8)

    def contents(self, records: int, size: int) -> Contents:
        """Room for so many records of so many bytes."""
        if len(self.data) < size:
            self.data = np.empty(size, np.uint8)
        return self.data, np.empty(records, np.int64), np.empty(records, np.int64)


def _heads(number: int) -> Any:
    return heads_of(number, (*KEYS, "persona", "url.path"))


def _answers(number: int) -> Any:
    """What each level and outcome has."""
    return table_of(attributes(number, {"level": level, "success": ok}) for level in LEVELS for ok in (False, True))


_SEVERITIES = table_of(severity_fields(level) for level in LEVELS)
_OF_LOGS = (_SEVERITIES, _answers(f.LOG_ATTRIBUTES), _heads(f.LOG_ATTRIBUTES))
_OF_SPANS = (_answers(f.SPAN_ATTRIBUTES), _heads(f.SPAN_ATTRIBUTES))


def log_records(read: LogLines, room: Room) -> Contents:
    """Each good line as a LogRecord."""
    contents = room.contents(len(read.good), len(read.data) + LINE_ROOM * (len(read.good) + 1))
    put_log_lines(contents, _OF_LOGS, read[:4], read.good)
    return contents


class Calls:
    """The texts of the calls that a coder knows."""

    def __init__(self, coder: Coder, known: Known) -> None:
        self.coder, self.known = coder, known
        self._forget()

    def _forget(self) -> None:
        self.texts: list[bytes] = []
        self.paths: list[list[tuple[str, str]]] = []
        self.longest = self.holes = 0
        self._tables()

    def _tables(self) -> None:
        self.calls, parts = table_of(self.texts), [part for path in self.paths for part in path]
        kinds = np.array([_PATH_KINDS[kind] for _, kind in parts], np.int64)
        first = np.array([0, *accumulate(map(len, self.paths))])
        self.parts = (*table_of(text for text, _ in parts), kinds, first)

    def code(self, read: LogLines) -> None:
        """Fill the column of a block's calls, and learn those that are new."""
        coder, count = self.coder, len(read.good)
        if len(coder.calls) < len(self.paths):
            self._forget()
        coder.calls.make_room(count, _CALL_CODE_BYTES * count)
        put_calls(*read[:3], coder.applications, (coder.words.table(), coder.calls.table()))
        new = coder.calls.texts(len(self.paths))
        for codes in new:
            self._add(self._call(np.frombuffer(codes, np.int32).tolist()))
        if new:
            self._tables()

    def _call(self, codes: list[int]) -> Call:
        application, stack, service, action, level, error_code, child = codes
        word = self.coder.word
        names = (word(application), word(stack), word(service), word(action))
        return Call(*names, LEVELS[level], word(error_code), not child)

    def _add(self, call: Call) -> None:
        name, path = span_name_fields(self.known.span_name(call), f.KIND_SERVER), self.known.route(call)
        request, answer = (
            attributes(f.SPAN_ATTRIBUTES, made) for made in (self.known.request(call), self.known.answer(call))
        )
        self.texts += [name, request, answer]
        self.paths.append(path)
        parts = (text.encode() for text, _ in path)
        self.longest = max(self.longest, sum(map(len, (name, request, answer, *parts))))
        self.holes = max(self.holes, sum(kind != "" for _, kind in path))

    def spans(self, read: LogLines, pairs: Pairs, room: Room) -> Contents:
        """Each line that has a duration as a Span."""
        self.code(read)
        words = self.coder.words
        around = LINE_ROOM + self.longest + longest(words.edges[: len(words) + 1])
        contents = room.contents(len(read.good), (1 + self.holes) * len(read.data) + around * (len(read.good) + 1))
        fragments = (self.calls, self.parts, *_OF_SPANS)
        put_span_lines(contents, fragments, read[:4], (*pairs, (words.edges, words.pool)))
        return contents
