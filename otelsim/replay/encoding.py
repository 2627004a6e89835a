"""Blocks of lines as Export requests, their records sorted into days and resources."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.replay.lines import Read
from otelsim.replay.operations import Known
from otelsim.replay.points import metric_numbers, metric_texts, points
from otelsim.replay.records import LogLines, Pairs
from otelsim.replay.texts import Pieces
from otelsim.signals.conventions import resource_attributes
from otelsim.signals.notation import LOGS, METRICS, TRACES, Notation
from otelsim.wire.fragments import Bytes
from otelsim.wire.otlp.encoder import LOG_RECORDS, POINTS, SPANS, Request
from otelsim.wire.otlp.groups import DAY_US
from otelsim.wire.otlp.joined import AROUND, put_joined, put_joined_points
from otelsim.wire.otlp.tables import group_tables, resource_field
from otelsim.wire.protobuf import ROOM_BEHIND

_PREFIX = "qairon."
MOST_RESOURCES = 50_000
"""Resources kept encoded, of some 1.3 kB each."""

Fill = Callable[[Bytes, int], tuple[int, int]]
"""Fills a buffer with records from one on; gives the next one and the bytes."""


class Style(NamedTuple):
    """How lines are told as OpenTelemetry."""

    notation: Notation
    plain_names: bool
    """`environment` where it would be `qairon.environment`, as the Collector names it for the stores; not of spans."""
    limit: int
    """The most bytes of a request; one record and its resource may be larger."""


class Encoder:
    """Makes the requests of one worker; its buffer is used again and again."""

    def __init__(self, style: Style, known: Known) -> None:
        self.style, self.known = style, known
        self.room = np.zeros(style.limit + ROOM_BEHIND, np.uint8)
        self.resources: dict[tuple[str, bool], bytes] = {}
        self.metrics = metric_texts()

    def logs(self, read: Read, lines: LogLines) -> Iterator[Request]:
        """A request for as many log records as fit; of bad lines none."""
        yield from self._records((LOGS, LOG_RECORDS), read, lines.log_records(), read.good)

    def spans(self, read: Read, lines: LogLines, pairs: Pairs) -> Iterator[Request]:
        """The same of spans: of lines with a duration."""
        yield from self._records((TRACES, SPANS), read, lines.spans(pairs, self.known), pairs.paired)

    def points(self, read: Read) -> Iterator[Request]:
        """The same of gauge points."""
        joined = points(read, self.style.notation.persona_attribute).joined()
        tables, resources, longest = self._groups(read.columns["tags.release_id"], METRICS)
        columns, metrics = (joined[2].sum(axis=0), read.times_us // DAY_US, resources), metric_numbers(read)
        rows = np.flatnonzero(read.good)
        rows = rows[np.lexsort((metrics[rows], resources[rows], columns[1][rows]))]

        def fill(out: Bytes, first: int) -> tuple[int, int]:
            all_of_it = (joined, columns, metrics, rows)
            filled: tuple[int, int] = put_joined_points(out, tables, self.metrics, all_of_it, first)
            return filled

        for body, n in self._bodies(rows, longest + int(columns[0][rows].max(initial=0)), fill):
            yield Request(METRICS, body, POINTS, n)

    def _records(self, what: tuple[str, str], read: Read, pieces: Pieces, wanted: Any) -> Iterator[Request]:
        signal, kind = what
        joined = pieces.joined()
        tables, resources, longest = self._groups(read.columns["release_id"], signal)
        columns = (joined[2].sum(axis=0), read.times_us // DAY_US, resources)
        rows = np.flatnonzero(wanted)
        rows = rows[np.lexsort((resources[rows], columns[1][rows]))]

        def fill(out: Bytes, first: int) -> tuple[int, int]:
            filled: tuple[int, int] = put_joined(out, tables, joined, columns, rows, first)
            return filled

        for body, n in self._bodies(rows, longest + int(columns[0][rows].max(initial=0)), fill):
            yield Request(signal, body, kind, n)

    def _bodies(self, rows: Int64s, largest: int, fill: Fill) -> Iterator[tuple[bytes, int]]:
        """(body, records) until all rows are written; ``largest`` is more than a record and its resource."""
        bound = largest + len(self.metrics[1]) + AROUND
        room = self.room if bound <= self.style.limit else np.zeros(bound + ROOM_BEHIND, np.uint8)
        first, out = 0, room[: len(room) - ROOM_BEHIND]
        while first < len(rows):
            end, size = fill(out, first)
            yield out[:size].tobytes(), end - first
            first = end

    def _groups(self, column: Any, signal: str) -> tuple[tuple[Int64s, Bytes], Int64s, int]:
        """The tables of a block's resources, which of them each line's is, and the bytes of the longest."""
        coded = column.dictionary_encode()
        plain = self.style.plain_names and signal != TRACES
        if len(self.resources) > MOST_RESOURCES:
            self.resources.clear()
        fields = [self._resource(release, plain) for release in coded.dictionary.to_pylist()]
        codes = coded.indices.fill_null(0).to_numpy().astype(np.int64)
        return group_tables(fields), codes, max(map(len, fields), default=0)

    def _resource(self, release_id: str, plain: bool) -> bytes:
        made = self.resources.get((release_id, plain))
        if made is None:
            made = self.resources[release_id, plain] = self._new_resource(release_id, plain)
        return made

    def _new_resource(self, release_id: str, plain: bool) -> bytes:
        try:
            known = resource_attributes(release_id, self.style.notation.run_id)
        except ValueError:  # of a bad line, which is left out
            return b""
        return resource_field({k.removeprefix(_PREFIX): v for k, v in known.items()} if plain else known)
