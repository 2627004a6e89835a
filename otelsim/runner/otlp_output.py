"""Slices as OTLP: encoded into requests, which are sent or written into files."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol

import xxhash

from otelsim.draws import Int64s
from otelsim.runner.output import IntoSinks, Made
from otelsim.runner.preparing import Prepared
from otelsim.signals.notation import Notation
from otelsim.signals.series import SeriesSets, series_sets
from otelsim.sinks.buffers import Extent, Sink
from otelsim.sinks.ledger import Answer, Ledger
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.sending import Sender
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.wire.otlp.encoder import Encoder, Request
from otelsim.wire.otlp.tables import Tables, otlp_tables
from otelsim.wire.otlp_json.transcoder import Transcoder

FILE_REQUEST_BYTES = 224 << 10
"""Protobuf's bytes of a line of an OTLP/JSON file: they grow 1.5 to 2.7 times, and a line stays below 1 MiB."""


class Notated(NamedTuple):
    """A run's tables for OTLP; pickled once for all workers."""

    notation: Notation
    series: SeriesSets
    tables: Tables


def notated(prepared: Prepared, notation: Notation) -> Notated:
    """The tables of a prepared run."""
    world, scenario = prepared.world, prepared.scenario
    series = series_sets(world, scenario.call_depth)
    return Notated(notation, series, otlp_tables(world, scenario, prepared.calendar, notation, series))


class Delivery(Protocol):
    """Takes requests, slice by slice."""

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice."""

    def put(self, request: Request) -> None:
        """Take a request."""

    def end(self) -> dict[str, Extent]:
        """Finish the slice: everything is written, or answered for."""

    def account(self) -> dict[str, Any]:
        """Of the slice; empty where nothing is sent."""

    def waiting(self) -> list[str]:
        """Whom it waits for, and why."""

    def stop(self) -> None:
        """End what blocks."""

    def close(self) -> None:
        """Let go."""


class OtlpOutput:
    """Slices encoded as requests of at most ``limit`` bytes, for a delivery."""

    def __init__(self, made: Notated, interval_s: int, delivery: Delivery, limit: int) -> None:
        self.encoder = Encoder(made.tables, made.series, made.notation, interval_s, limit)
        self.delivery = delivery
        self.counts: dict[str, int] = {}

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice."""
        self.counts = {}
        self.delivery.begin(offsets)

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Encode and hand over."""
        self._deliver(self.encoder.batch(calls, fresh, order))

    def end(self) -> Made:
        """Hand over what is left."""
        self._deliver(self.encoder.end())
        extents = self.delivery.end()
        return Made(extents, self.counts, self.delivery.account())

    def _deliver(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.counts[request.kind] = self.counts.get(request.kind, 0) + request.records
            self.delivery.put(request)

    def account(self) -> dict[str, Any]:
        """Of the slice."""
        return self.delivery.account()

    def waiting(self) -> list[str]:
        """Whom it waits for, and why."""
        return self.delivery.waiting()

    def stop(self) -> None:
        """End what blocks."""
        self.delivery.stop()

    def close(self) -> None:
        """Let go."""
        self.delivery.close()


class Sent:
    """Requests sent to where the settings say, but for those that the ledger knows to be answered for."""

    def __init__(self, settings: dict[str, OtlpSettings], ledger: Ledger | None = None) -> None:
        self.sender, self.ledger, self.number = Sender(settings, Account()), ledger, 0
        self.signals = tuple(settings)
        self.digests: dict[str, Any] = {}
        self.sizes: dict[str, int] = {}

    def begin(self, offsets: dict[str, int]) -> None:
        """Start an account of the slice."""
        self.sender.account, self.number = Account(), 0
        self.digests = {signal: xxhash.xxh3_128() for signal in self.signals}
        self.sizes = dict.fromkeys(self.signals, 0)

    def put(self, request: Request) -> None:
        """Send; blocks while as many requests are in flight as may be."""
        self.digests[request.signal].update(request.body)
        self.sizes[request.signal] += len(request.body)
        number, self.number = self.number, self.number + 1
        if self.ledger is None:
            self.sender.send(request.signal, request.body, request.records)
            return
        digest = xxhash.xxh3_64_intdigest(request.body)
        if answer := self.ledger.known(number, digest):
            self.sender.account.recalled(request.signal, answer.records, answer.rejected)
            return
        answered = partial(_note, self.ledger, Answer(self.ledger.slice, number, request.records, 0, digest))
        self.sender.send(request.signal, request.body, request.records, answered=answered)

    def end(self) -> dict[str, Extent]:
        """Wait until all are answered for."""
        self.sender.flush()
        return {s: Extent(0, 0, self.sizes[s], self.digests[s].hexdigest()) for s in self.signals}

    def account(self) -> dict[str, Any]:
        """Of the slice."""
        return self.sender.account.as_dict()

    def waiting(self) -> list[str]:
        """Whom it waits for, and why."""
        return [f"waiting for {each.endpoint}: {each.reason}" for each in self.sender.waiting()]

    def stop(self) -> None:
        """End at once: what is in flight stays pending."""
        self.sender.close()

    def close(self) -> None:
        """Close the connections."""
        self.sender.close()


def _note(ledger: Ledger, answer: Answer, rejected: int) -> None:
    """Note an answer; a request that was refused as a whole is tried again by whoever resumes the run."""
    if rejected < answer.records:
        ledger.note(answer._replace(rejected=rejected))


class Written(IntoSinks):
    """Requests as lines of OTLP/JSON, a file a signal."""

    def __init__(self, sinks: dict[str, Sink]) -> None:
        super().__init__(sinks)
        self.transcoders = {signal: Transcoder(signal) for signal in sinks}

    def put(self, request: Request) -> None:
        """Write a request as a line."""
        sink = self.sinks[request.signal]
        for part in _pieces(self.transcoders[request.signal].line(request.body), len(sink.room)):
            if sink.at + len(part) > len(sink.room):
                sink.drain()
            sink.room[sink.at : sink.at + len(part)] = memoryview(part)
            sink.at += len(part)

    def end(self) -> dict[str, Extent]:
        """Finish the slice in every file."""
        return self.extents()


def _pieces(line: bytes, room: int) -> Iterator[bytes]:
    """A line in parts that fit into half a sink's room, whatever stands there."""
    for first in range(0, len(line), room // 2):
        yield line[first : first + room // 2]
