"""Blocks of lines as Export requests, their records sorted into days and resources."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.replay.coding import Bools, Coder
from otelsim.replay.lines import LogLines, PointLines
from otelsim.replay.operations import Known
from otelsim.replay.points import metric_texts, points
from otelsim.replay.records import Calls, Contents, Pairs, Room, log_records
from otelsim.signals.conventions import resource_attributes
from otelsim.signals.names import METRICS as NAMES
from otelsim.signals.notation import LOGS, METRICS, TRACES, Notation
from otelsim.wire.fragments import Bytes
from otelsim.wire.otlp.encoder import LOG_RECORDS, POINTS, SPANS, Request
from otelsim.wire.otlp.groups import DAY_US, by_day_and_resource, first_met
from otelsim.wire.otlp.joined import AROUND, put_joined, put_joined_points
from otelsim.wire.otlp.log_lines import RELEASE
from otelsim.wire.otlp.log_lines import TIME_US as LOG_TIME_US
from otelsim.wire.otlp.point_lines import RELEASE as RELEASE_OF_TAGS
from otelsim.wire.otlp.tables import group_tables, resource_field
from otelsim.wire.protobuf import ROOM_BEHIND
from otelsim.wire.scan import METRIC, TAGS, TIME_US

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
    """Makes the requests of one worker; its buffers are used again and again."""

    def __init__(self, style: Style, known: Known) -> None:
        self.style, self.coder, self.contents = style, Coder(), Room()
        self.calls = Calls(self.coder, known)
        self.room = np.zeros(style.limit + ROOM_BEHIND, np.uint8)
        self.resources: dict[tuple[str, bool], bytes] = {}
        self.metrics = metric_texts()

    def logs(self, read: LogLines) -> Iterator[Request]:
        """A request for as many log records as fit; of bad lines none."""
        yield from self._records((LOGS, LOG_RECORDS), read, log_records(read, self.contents), read.good)

    def spans(self, read: LogLines, pairs: Pairs) -> Iterator[Request]:
        """The same of spans: of lines with a duration."""
        yield from self._records((TRACES, SPANS), read, self.calls.spans(read, pairs, self.contents), pairs.paired)

    def points(self, read: PointLines) -> Iterator[Request]:
        """The same of gauge points."""
        contents = points(read, self.style.notation.persona_attribute, self.contents)
        tables, of_tags, longest = self._groups(read.codes[:, RELEASE_OF_TAGS], METRICS)
        resources, metrics = of_tags[read.lines[:, TAGS]], read.lines[:, METRIC].copy()
        days = read.lines[:, TIME_US] // DAY_US
        rows = _sorted(read.good, days, resources * len(NAMES) + metrics)
        columns = (contents[2], days, resources)

        def fill(out: Bytes, first: int) -> tuple[int, int]:
            all_of_it = (contents, columns, metrics, rows)
            filled: tuple[int, int] = put_joined_points(out, tables, self.metrics, all_of_it, first)
            return filled

        for body, n in self._bodies(rows, longest + int(contents[2].max(initial=0)), fill):
            yield Request(METRICS, body, POINTS, n)

    def _records(self, what: tuple[str, str], read: LogLines, contents: Contents, wanted: Bools) -> Iterator[Request]:
        signal, kind = what
        tables, resources, longest = self._groups(read.columns[:, RELEASE], signal)
        days = read.columns[:, LOG_TIME_US] // DAY_US
        rows = _sorted(wanted, days, resources)
        columns = (contents[2], days, resources)

        def fill(out: Bytes, first: int) -> tuple[int, int]:
            filled: tuple[int, int] = put_joined(out, tables, contents, columns, rows, first)
            return filled

        for body, n in self._bodies(rows, longest + int(contents[2].max(initial=0)), fill):
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

    def _groups(self, codes: Int64s, signal: str) -> tuple[tuple[Int64s, Bytes], Int64s, int]:
        """The tables of a block's resources, which of them each line's is, and the bytes of the longest.

        They are numbered as they come in the block: a request must not depend on what a worker has met before.
        """
        plain = self.style.plain_names and signal != TRACES
        if len(self.resources) > MOST_RESOURCES:
            self.resources.clear()
        resources, met = first_met(np.ascontiguousarray(codes), max(len(self.coder.release_ids), 1))
        fields = [self._resource(self.coder.release_ids[code], plain) for code in met.tolist()]
        return group_tables(fields), resources, max(map(len, fields), default=0)

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


def _sorted(wanted: Bools, days: Int64s, keys: Int64s) -> Int64s:
    """The rows that are wanted, sorted by day and key, else in their order."""
    rows = np.flatnonzero(wanted)
    of_rows = days[rows]
    if (of_rows[1:] < of_rows[:-1]).any():
        rows = rows[np.argsort(of_rows, kind="stable")]
    return by_day_and_resource(days * DAY_US, keys, rows, int(keys.max(initial=0)) + 1)
