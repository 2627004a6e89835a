"""A few records of a run, chosen by its id, with every field as a store has it.

Some slices are encoded again, as they were sent, and the messages are taken apart with the generated classes.
"""

import hashlib
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from otelsim.runner.otlp_output import FILE_REQUEST_BYTES, OtlpOutput
from otelsim.runner.output import Quiet
from otelsim.runner.slicing import Simulator
from otelsim.sinks.buffers import Extent
from otelsim.sinks.otlp.splitting import LEVELS
from otelsim.verify import fields
from otelsim.verify.sent import SentRun
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, LOG_RECORDS, POINTS, SPANS, Request

SLICES = 4
"""So many slices are encoded, at most."""
NOT_IN_LINES = {LOG_RECORDS: ("persona",)}
"""Fields, by kind, that JSON lines have not."""
KINDS = (SPANS, LOG_RECORDS, POINTS, HISTOGRAM_POINTS)


class Sample(NamedTuple):
    """A record."""

    kind: str
    """One of KINDS."""
    name: str
    """A span id; of a point the metric that it is one of."""
    time_ns: int
    fields: dict[str, str]
    """Fields of a span or log record, labels of a point, as the store names them."""
    values: dict[str, float]
    """Of a point: its value under "", or a histogram's ``count``, ``sum`` and ``bucket LE``."""

    def without(self, names: tuple[str, ...]) -> "Sample":
        """The same without some fields."""
        return self._replace(fields={name: value for name, value in self.fields.items() if name not in names})


class _Kept(Quiet):
    """A delivery that keeps a slice's requests by kind."""

    def __init__(self) -> None:
        self.requests: dict[str, list[Request]] = {kind: [] for kind in KINDS}

    def begin(self, offsets: dict[str, int]) -> None:
        """Forget the slice before."""
        self.requests = {kind: [] for kind in KINDS}

    def put(self, request: Request) -> None:
        """Keep it."""
        self.requests[request.kind].append(request)

    def end(self) -> dict[str, Extent]:
        """Nothing was written."""
        return {}


def sampled(run: SentRun, number: int) -> dict[str, list[Sample]]:
    """About ``number`` records of each kind that the run has, by kind."""
    kept, simulator = _Kept(), Simulator(run.prepared)
    output = OtlpOutput(run.notated, run.prepared.scenario.metric_interval_s, kept, FILE_REQUEST_BYTES)
    found: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    slices = _slices(run) if number else []
    for index in slices:
        output.begin({})
        simulator.slice(index, output)
        for kind, requests in kept.requests.items():
            found[kind] += _some(run, kind, requests, -(-number // len(slices)), index)
    if run.replayed:
        for kind, names in NOT_IN_LINES.items():
            found[kind] = [sample.without(names) for sample in found[kind]]
    return found


def _slices(run: SentRun) -> list[int]:
    """Slices with records, in an order that the run's id decides."""
    full = [entry["slice"] for entry in run.manifest["slices"] if entry["requests"]]
    return sorted(full, key=lambda index: _chance(run, "slice", index))[:SLICES]


def _chance(run: SentRun, *what: object) -> int:
    """A number that the run's id decides."""
    digest = hashlib.blake2b("\0".join(map(str, (run.run_id, *what))).encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def _some(run: SentRun, kind: str, requests: list[Request], number: int, slice_index: int) -> Iterator[Sample]:
    """Records of a slice; only the messages that hold them are taken apart."""
    total = sum(request.records for request in requests)
    places = {_chance(run, kind, slice_index, k) % total for k in range(number)} if total else set()
    ends = accumulate(request.records for request in requests)
    for request, end in zip(requests, ends, strict=True):
        here = {place - end + request.records for place in places if end - request.records <= place < end}
        if here:
            message = LEVELS[request.signal][0].FromString(request.body)
            yield from (one for i, one in enumerate(_records(kind, message)) if i in here for one in [one()])


def _records(kind: str, message: Any) -> Iterator[Any]:
    """What makes each record's sample, in the order of the message."""
    if kind == SPANS:
        for record, scope, resource in _nested(message.resource_spans, "scope_spans", "spans"):
            yield lambda r=record, s=scope, o=resource: _span(r, s, o)
    elif kind == LOG_RECORDS:
        for record, scope, resource in _nested(message.resource_logs, "scope_logs", "log_records"):
            yield lambda r=record, s=scope, o=resource: _log_record(r, s, o)
    else:
        for metric, scope, resource in _nested(message.resource_metrics, "scope_metrics", "metrics"):
            for point in getattr(metric, metric.WhichOneof("data")).data_points:
                yield lambda m=metric, r=point, s=scope, o=resource: _point(kind, m, r, (s, o))


def _nested(resources: Any, scopes: str, records: str) -> Iterator[tuple[Any, Any, Any]]:
    for resource in resources:
        for scope in getattr(resource, scopes):
            for record in getattr(scope, records):
                yield record, scope.scope, resource.resource


def _span(record: Any, scope: Any, resource: Any) -> Sample:
    found = fields.of_span(record, scope, resource)
    return Sample(SPANS, record.span_id.hex(), record.start_time_unix_nano, found, {})


def _log_record(record: Any, scope: Any, resource: Any) -> Sample:
    found = fields.of_log_record(record, scope, resource)
    return Sample(LOG_RECORDS, record.span_id.hex(), record.time_unix_nano, found, {})


def _point(kind: str, metric: Any, record: Any, around: tuple[Any, Any]) -> Sample:
    labels = fields.of_point(record, *around)
    name = fields.metric_name(metric.name, metric.unit)
    values = fields.histogram_values(record) if kind == HISTOGRAM_POINTS else {"": fields.number(record)}
    return Sample(kind, name, record.time_unix_nano, labels, values)
