"""Bodies of OTLP requests as lines of an OTLP/JSON file (OpenTelemetry's file exporter specification)."""

import struct

import numpy as np

from otelsim.wire.fragments import Bytes
from otelsim.wire.memory import SLACK
from otelsim.wire.otlp_json import walk as w
from otelsim.wire.otlp_json.schema import ROOTS
from otelsim.wire.otlp_json.tables import first_row, schema_tables

_FAULTS = {
    w.CUT: "a field is cut off or its varint too long",
    w.UNKNOWN: "unknown field",
    w.WRONG_WIRE: "wrong wire type",
    w.APART: "a field stands a second time, and not right after the first",
    w.NO_TEXT: "a string is not UTF-8",
    w.DEEP: "more than 100 messages in each other",
}
_NO_NUMBERS = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


class Transcoder:
    """Makes lines of one signal's bodies. It keeps its buffers: each thread needs one of its own."""

    def __init__(self, signal: str) -> None:
        """``signal`` is traces, logs or metrics."""
        self._root = first_row(ROOTS[signal])
        self._tables, self._keys = schema_tables()
        self._state = np.zeros(w.STATE, np.int64)
        self._source: Bytes = np.zeros(0, np.uint8)
        self._out: Bytes = np.zeros(0, np.uint8)

    def line(self, body: bytes | Bytes) -> bytes:
        r"""The JSON of an export request (or of TracesData, LogsData, MetricsData) in protobuf, with ``\n`` at its end.

        Keys are in the order of the fields in ``body``, and a field is written where the body has it, even a 0.
        Raises ValueError, with the byte, for a body that is no such message, and for one that repeats a field that is
        not repeated, sets two members of a oneof or has other fields between those of a repeated one: protobuf lets
        these pass, but no encoder writes them.
        """
        self._begin(body)
        while (status := w.walk(self._out, self._source, self._tables, self._state)) != w.DONE:
            self._help(status)
        self._put(b"\n")
        return self._out[: self._state[w.TO]].tobytes()

    def _begin(self, body: bytes | Bytes) -> None:
        given = np.frombuffer(body, np.uint8) if isinstance(body, bytes) else body
        first, end = len(self._keys), len(self._keys) + len(given)
        if len(self._source) < end + SLACK:
            self._source = self._bytes(max(2 * len(self._source), end + SLACK))
            self._source[:first] = self._keys
        self._source[first:end] = given
        self._state[w.AT], self._state[w.TO], self._state[w.TOP] = first, 0, w.FRAMES
        self._state[w.FRAMES : w.FRAMES + w.FRAME] = end, self._root, -1, 0

    def _help(self, status: int) -> None:
        """What the walk cannot do by itself."""
        if status == w.ROOM:
            self._grow(int(self._state[w.WANTED]))
        elif status == w.NUMBER:
            self._put(_double(int(self._state[w.VALUE])))
        else:
            raise ValueError(f"{_FAULTS[status]} (at byte {self._state[w.AT] - len(self._keys)})")

    def _grow(self, wanted: int) -> None:
        out = self._bytes(max(2 * len(self._out), wanted))
        out[: len(self._out)] = self._out
        self._out = out

    def _bytes(self, size: int) -> Bytes:
        return np.zeros(size, np.uint8)

    def _put(self, text: bytes) -> None:
        to = self._state[w.TO]
        self._out[to : to + len(text)] = np.frombuffer(text, np.uint8)
        self._state[w.TO] += len(text)


def _double(bits: int) -> bytes:
    """The double of these bits in the shortest decimal that reads as the same one, or by protobuf's name in quotes."""
    text = repr(struct.unpack("<d", struct.pack("<q", bits))[0])
    # A reader may take -0 for an integer, which has no sign.
    return _NO_NUMBERS.get(text, text if text == "-0.0" else text.removesuffix(".0")).encode()
