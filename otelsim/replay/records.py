"""Log records and spans of a block of log lines, as pieces."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otelsim.draws import Int64s
from otelsim.replay.lines import Bools, Read, there
from otelsim.replay.operations import Call, Known
from otelsim.replay.texts import Pieces, Pool, Text, beside, words
from otelsim.signals.names import LEVELS
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp.attributes import attributes, opening
from otelsim.wire.otlp.tables import severity_fields, span_name_fields
from otelsim.wire.protobuf import LENGTH, delimited, integer, tag, varint

_ERRORS = ("error_code", "error_message", "error_source", "error_type", "upstream_request_id")
_OBJECTS = ("object_type", "object_id", "target_user_id")
_LOG_FLAGS = (f.LOG_FLAGS_TAG, 1, 0, 0, 0)
_SPAN_FLAGS = np.array([[0x85, 1, 0, 1, 0, 0], [0x85, 1, 0, 3, 0, 0]], np.uint8)
"""Span.flags (field 16, fixed32) without and with a parent, which is remote."""


class Pairs(NamedTuple):
    """What the durations that go with log lines add to them."""

    paired: Bools
    duration_ns: Int64s
    persona: Any
    """An Arrow column."""


class LogLines:
    """A block of log lines; its texts stand once in a pool."""

    def __init__(self, read: Read) -> None:
        self.read, self.pool, columns = read, Pool(), read.columns
        self.count = len(read.times_us)
        self.texts = {name: self.pool.text(columns[name]) for name in ("action", "message", "user_id", "request_id")}
        self.texts |= {name: self.pool.text(columns[name]) for name in (*_OBJECTS, *_ERRORS)}
        self.trace, self.span = read.ids["trace_id"], read.ids["span_id"]
        self.level = codes_of(columns["level"], LEVELS)
        self.success = columns["success"].fill_null(False).to_numpy(zero_copy_only=False).astype(np.int64)

    def log_records(self) -> Pieces:
        """Each line as a LogRecord."""
        pieces, number = Pieces(self.pool, self.count), f.LOG_ATTRIBUTES
        time = words(self.read.times_us * 1_000)
        pieces.fixed(beside(f.LOG_TIME_TAG, time))
        pieces.coded([severity_fields(level) for level in LEVELS], self.level)
        pieces.headed(_body_head, self.texts["message"])
        pieces.attribute(number, "action", self.texts["action"])
        self._answered(pieces, number)
        self._common(pieces, number, None)
        ids = (f.LOG_TRACE_TAG, 16, self.trace, f.LOG_SPAN_TAG, 8, self.span)
        pieces.fixed(beside(*_LOG_FLAGS, *ids, f.LOG_OBSERVED_TAG, time))
        return pieces

    def spans(self, pairs: Pairs, known: Known) -> Pieces:
        """Each line as a Span; of lines without a duration it has no meaning."""
        pieces, number, columns = Pieces(self.pool, self.count), f.SPAN_ATTRIBUTES, self.read.columns
        parent, child = self.read.ids["parent_span_id"], there(columns["parent_span_id"])
        calls, codes = self._calls(child)
        pieces.fixed(beside(f.SPAN_TRACE_TAG, 16, self.trace, f.SPAN_ID_TAG, 8, self.span))
        pieces.fixed(beside(f.SPAN_PARENT_TAG, 8, parent), child)
        pieces.coded([span_name_fields(known.span_name(call), f.KIND_SERVER) for call in calls], codes)
        start = self.read.times_us * 1_000
        pieces.fixed(beside(f.SPAN_START_TAG, words(start), f.SPAN_END_TAG, words(start + pairs.duration_ns)))
        pieces.coded([attributes(number, known.request(call)) for call in calls], codes)
        pieces.attribute(number, "action", self.texts["action"])
        self._path(pieces, [known.route(call) for call in calls], codes)
        pieces.coded([attributes(number, known.answer(call)) for call in calls], codes)
        self._answered(pieces, number)
        self._common(pieces, number, self.pool.text(pairs.persona))
        self._status(pieces)
        pieces.fixed(_SPAN_FLAGS[child.astype(np.int64)])
        return pieces

    def _answered(self, pieces: Pieces, number: int) -> None:
        both = [attributes(number, {"level": level, "success": ok}) for level in LEVELS for ok in (False, True)]
        pieces.coded(both, self.level * 2 + self.success)

    def _common(self, pieces: Pieces, number: int, persona: Text | None) -> None:
        for name in ("user_id", "request_id"):
            pieces.attribute(number, name, self.texts[name])
        if persona:
            pieces.attribute(number, "persona", persona)
        for name in (*_OBJECTS, *_ERRORS):
            pieces.attribute(number, name, self.texts[name])

    def _status(self, pieces: Pieces) -> None:
        """Span.status: ERROR with the message where the level is ERROR."""
        failed, message = self.level == LEVELS.index("ERROR"), self.texts["error_message"]
        pieces.coded([delimited(f.SPAN_STATUS, b""), b""], failed.astype(np.int64))
        code = integer(f.STATUS_CODE, f.STATUS_ERROR)
        pieces.heads(_status_head, message.sizes, failed)
        pieces.located(message, failed)
        pieces.coded([b"", code], failed.astype(np.int64))

    def _calls(self, child: Bools) -> tuple[list[Call], Int64s]:
        """The different calls of the block, and which of them each line's is."""
        columns, names = self.read.columns, ("stack", "service", "action", "level", "error_code")
        releases, of_release = _distinct(columns["release_id"])
        applications = [_application(release) for release in releases]
        of_application = np.array([applications.index(a) for a in applications])[of_release]
        first, codes = _grouped([of_application, *(_distinct(columns[name])[1] for name in names), child])
        rows = pa.table({name: columns[name] for name in names}).take(first).to_pylist()
        calls = [
            Call(applications[of_release[at]], root=not child[at], **{name: row[name] or "" for name in names})
            for row, at in zip(rows, first.tolist(), strict=True)
        ]
        return calls, codes

    def _path(self, pieces: Pieces, routes: list[list[tuple[str, str]]], codes: Int64s) -> None:
        """``url.path`` of roots whose route is known."""
        holes = {"user": _or(self.texts["target_user_id"], self.texts["user_id"]), "object": self._objects()}
        depth = max(map(len, routes), default=0)
        whole = [[*route, *[("", "")] * (depth - len(route))] for route in routes]
        parts: list[tuple[list[bytes], dict[str, Bools]]] = []
        sizes = np.zeros(self.count, np.int64)
        for column in zip(*whole, strict=True):
            texts = [text.encode() for text, _ in column]
            wanted = {kind: np.array([k == kind for _, k in column])[codes] for kind in ("user", "object")}
            parts.append((texts, wanted))
            sizes += np.array([len(text) for text in texts])[codes]
            sizes += sum(np.where(where, holes[kind].sizes, 0) for kind, where in wanted.items())
        pieces.heads(_path_head, sizes, np.array([bool(route) for route in routes])[codes])
        for texts, wanted in parts:
            pieces.coded(texts, codes)
            for kind, where in wanted.items():
                pieces.located(holes[kind], where)

    def _objects(self) -> Text:
        """The object's id, or the digits of the request's."""
        request = self.texts["request_id"]
        named = pc.starts_with(self.read.columns["request_id"], "req_").fill_null(False)
        before = np.where(named.to_numpy(zero_copy_only=False), len("req_"), 0)
        return _or(self.texts["object_id"], Text(request.starts + before, request.sizes - before, request.there))


def _or(first: Text, second: Text) -> Text:
    choose = (np.where(first.there, a, b) for a, b in zip(first, second, strict=True))
    return Text(*choose)


def _application(release_id: str | None) -> str:
    words_of = (release_id or "").split(":")
    return words_of[7] if len(words_of) == 12 else ""


def codes_of(column: Any, known: tuple[str, ...]) -> Int64s:
    """Which of the ``known`` texts each is; 0 where it is none of them."""
    found: Int64s = pc.index_in(column, pa.array(known)).fill_null(0).to_numpy().astype(np.int64)
    return found


def _distinct(column: Any) -> tuple[list[str | None], Int64s]:
    """The different texts of a column, and which of them each is; the last stands for null."""
    coded = column.dictionary_encode()
    texts = [*coded.dictionary.to_pylist(), None]
    return texts, coded.indices.fill_null(len(texts) - 1).to_numpy().astype(np.int64)


def _grouped(keys: Sequence[Int64s | Bools]) -> tuple[Int64s, Int64s]:
    """Rows that are the first with their keys, and which of them each row is like."""
    whole = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        whole = whole * (int(key.max(initial=0)) + 1) + key
        whole = np.unique(whole, return_inverse=True)[1]
    _, first, codes = np.unique(whole, return_index=True, return_inverse=True)
    return first, codes


def _body_head(length: int) -> bytes:
    value = tag(f.STRING_VALUE, LENGTH) + varint(length)
    return tag(f.LOG_BODY, LENGTH) + varint(len(value) + length) + value


def _status_head(length: int) -> bytes:
    message = tag(f.STATUS_MESSAGE, LENGTH) + varint(length) if length else b""
    size = len(message) + length + len(integer(f.STATUS_CODE, f.STATUS_ERROR))
    return tag(f.SPAN_STATUS, LENGTH) + varint(size) + message


def _path_head(length: int) -> bytes:
    return opening(f.SPAN_ATTRIBUTES, "url.path", "", length)
