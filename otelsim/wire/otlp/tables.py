"""The fragments of OTLP's messages, encoded once for a run."""

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from otelsim.draws import Int64s, keys, signed
from otelsim.packing import pack
from otelsim.scenario import Scenario
from otelsim.signals import conventions as v
from otelsim.signals.names import LEVELS, METRICS, ErrorKind, Operation, error_kinds, operations, success_message
from otelsim.signals.names import user_digits as digits_of_users
from otelsim.signals.notation import Notation
from otelsim.signals.points import EXPONENTIAL_SCALE
from otelsim.signals.series import SeriesSets
from otelsim.wire.fragments import Bytes, Texts, longest
from otelsim.wire.otlp import fields as f
from otelsim.wire.otlp import layout
from otelsim.wire.otlp.attributes import attribute, attributes, doubles, opening, value_field
from otelsim.wire.protobuf import delimited, integer
from otelsim.world.model import World
from otelsim.world.releases import Calendar


class Tables(NamedTuple):
    """Packed tables, of spans and points and of log records (see `layout.COMMON`), and the pool of their fragments."""

    spans: Int64s
    logs: Int64s
    pool: Bytes


HEX = 16
"""Digits of ids."""
_PATH_KINDS = {"": layout.PATH_END, "user": layout.PATH_USER, "object": layout.PATH_OBJECT}


class _Maker:
    """What fragments are made of: a world's operations and kinds of error, and the run's notation."""

    def __init__(self, world: World, scenario: Scenario, notation: Notation) -> None:
        self.world, self.notation = world, notation
        self.digits = digits_of_users(scenario.total_users)
        self.ops, self.kinds = operations(world, scenario.call_depth), error_kinds(world)
        self.outcomes: list[ErrorKind | None] = [None, *self.kinds]
        self.services = [s.key for s in world.services]

    def common(self, number: int) -> dict[str, Iterable[bytes]]:
        """The tables of COMMON, as attributes of field ``number``."""
        types = self.world.object_types
        return {
            "users": [opening(number, "user_id", "user_", self.digits)],
            "requests": [opening(number, "request_id", "req_", HEX)],
            "persona": (attribute(number, "persona", p.name) for p in self.world.personas),
            "object": (
                attribute(number, "object_type", o.name) + opening(number, "object_id", f"{o.name}_", HEX)
                for o in types
            ),
            "named": (
                attributes(number, {"object_type": o.name, "object_id": f"{o.name}_{name}"})
                for o in types
                for name in o.names
            ),
            "targets": [opening(number, "target_user_id", "user_", self.digits)],
            "failure": (attributes(number, v.error_attributes(k, None)) for k in self.kinds),
            "cascade": self.cascades(lambda k, key: attributes(number, v.error_attributes(k, key))),
            "upstream": [opening(number, "upstream_request_id", "req_", HEX)],
        }

    def cascades(self, made: Callable[[ErrorKind, str], bytes]) -> Iterable[bytes]:
        """A fragment for each service that may have failed and each kind of error."""
        return (made(kind, key) for key in self.services for kind in self.kinds)

    def spans(self) -> dict[str, Iterable[bytes]]:
        """The tables of spans and their callers' spans."""
        n, w = f.SPAN_ATTRIBUTES, self.world
        action = [attribute(n, "action", op.action) for op in self.ops]
        request = [attributes(n, v.request_attributes(w, op)) for op in self.ops]
        child = next((op for op in self.ops if op.node), None)
        return {
            "span_name": (span_name_fields(v.span_name(w, op), f.KIND_SERVER) for op in self.ops),
            "span_request": (r + a for r, a in zip(request, action, strict=True)),
            "path": (text for op in self.ops for text, _ in self.path(op)),
            "path_key": [delimited(f.KEY, "url.path")],
            "answer": (
                attributes(n, {**v.answer_attributes(w, op, kind), **v.level_attributes(kind)})
                for op in self.answering()
                for kind in self.outcomes
            ),
            "status": (_status(kind, None) for kind in self.outcomes),
            "cascade_status": self.cascades(_status),
            "client_name": (span_name_fields(v.rpc_method(w, op.service), f.KIND_CLIENT) for op in self.ops),
            "client_request": request,
            "client_answer": (attributes(n, v.answer_attributes(w, child, k)) if child else b"" for k in self.outcomes),
            "client_action": action,
        }

    def answering(self) -> list[Operation]:
        """An operation of each class of answers: a child, a root, a root that creates."""
        made = {self.answer_class(op): op for op in self.ops}
        return [made.get(k, self.ops[0]) for k in range(3)]

    def answer_class(self, op: Operation) -> int:
        """The number of an operation's class."""
        return 0 if op.node else 1 + self.world.actions[op.root_action].creates

    def path(self, op: Operation) -> list[tuple[bytes, int]]:
        """The parts of a root's path and what follows each."""
        if op.node:
            return []
        parts = v.route_parts(self.world.actions[op.root_action].route)
        return [(text.encode(), _PATH_KINDS[kind]) for text, kind in parts]

    def logs(self) -> dict[str, Iterable[bytes]]:
        """The tables of log records."""
        n, errors = f.LOG_ATTRIBUTES, {k.level: k for k in self.kinds}
        severity = {level: severity_fields(level) for level in LEVELS}
        return {
            "log_success": (
                severity["INFO"]
                + delimited(f.LOG_BODY, value_field(self.success(op)))
                + attributes(n, {"action": op.action, **v.level_attributes(None)})
                for op in self.ops
            ),
            "severity": severity.values(),
            "log_failed": (f"{op.action} failed: ".encode() for op in self.ops),
            "log_message": (k.message.encode() for k in self.kinds),
            "log_failed_upstream": (f"upstream {key}: ".encode() for key in self.services),
            "log_outcome": (
                attributes(n, {"action": op.action, **v.level_attributes(errors.get(level, self.kinds[0]))})
                for op in self.ops
                for level in LEVELS[1:]
            ),
        }

    def success(self, op: Operation) -> str:
        """The message of a success."""
        return success_message(op.action, self.world.actions[op.root_action].is_write)

    def points(self) -> dict[str, Iterable[bytes]]:
        """The tables of gauge points."""
        n, w, persona = f.POINT_ATTRIBUTES, self.world, self.notation.persona_attribute
        names = [attribute(n, "persona", p.name) for p in w.personas]
        assert n == f.FILTERED_ATTRIBUTES
        return {
            "metric": (metric_fields(name, "") for name in METRICS),
            "point": (attributes(n, v.point_attributes(w, op, ok, None)) for op in self.ops for ok in (False, True)),
            "point_object": [b"", *(attribute(n, "object_type", o.name) for o in w.object_types)],
            "point_persona": (name if persona else b"" for name in names),
            "point_filtered": (b"" if persona else name for name in names),
            "histogram_filtered": names,
        }

    def histograms(self, series: SeriesSets) -> dict[str, Iterable[bytes]]:
        """The tables of histogram points."""
        explicit = self.notation.histogram == "explicit"
        n = f.HISTOGRAM_ATTRIBUTES if explicit else f.EXPONENTIAL_ATTRIBUTES
        bounds, scale = doubles(v.BOUNDS_S), integer(f.EXPONENTIAL_SCALE, 2 * EXPONENTIAL_SCALE)
        return {
            "histogram": (metric_fields(name, "s") for name in (v.HTTP_DURATION, v.RPC_DURATION)),
            "set": (attributes(n, known) for known in series.attributes),
            "bounds": [delimited(f.HISTOGRAM_BOUNDS, bounds) if explicit else scale],
        }


def span_name_fields(name: str, kind: int) -> bytes:
    """Span.name and Span.kind."""
    return delimited(f.SPAN_NAME, name) + integer(f.SPAN_KIND, kind)


def _status(kind: ErrorKind | None, failed: str | None) -> bytes:
    if kind is None or kind.level != "ERROR":
        return delimited(f.SPAN_STATUS, b"")
    message = str(v.error_attributes(kind, failed)["error_message"])
    return delimited(f.SPAN_STATUS, delimited(f.STATUS_MESSAGE, message) + integer(f.STATUS_CODE, f.STATUS_ERROR))


def severity_fields(level: str) -> bytes:
    """LogRecord.severity_number and LogRecord.severity_text."""
    return integer(f.LOG_SEVERITY, v.SEVERITY[level]) + delimited(f.LOG_SEVERITY_TEXT, level)


def metric_fields(name: str, unit: str) -> bytes:
    """Metric.name, Metric.description and Metric.unit."""
    described = delimited(f.METRIC_NAME, name) + delimited(f.METRIC_DESCRIPTION, v.DESCRIPTIONS[name])
    return described + (delimited(f.METRIC_UNIT, unit) if unit else b"")


def otlp_tables(world: World, scenario: Scenario, releases: Calendar, notation: Notation, series: SeriesSets) -> Tables:
    """What the messages of a resolved scenario are joined from."""
    maker, pool = _Maker(world, scenario, notation), Texts()
    fragments = {
        **_shared(releases, notation),
        **maker.spans(),
        **maker.logs(),
        **maker.points(),
        **maker.histograms(series),
    }
    tables = {name: pool.table(made) for name, made in fragments.items()}
    common = [
        {name: pool.table(made) for name, made in maker.common(number).items()}
        for number in (f.SPAN_ATTRIBUTES, f.LOG_ATTRIBUTES)
    ]
    known = {**_numbers(maker, scenario), **tables, "record_bound": max(_bound({**tables, **own}) for own in common)}
    spans, logs = (pack(layout.LAYOUT, {**known, **own}) for own in common)
    return Tables(spans, logs, pool.pool())


def group_tables(resources: Iterable[bytes]) -> tuple[Int64s, Bytes]:
    """Tables of which only those of `groups` are filled, and their pool: for records that are joined from pieces."""
    pool = Texts()
    filled = {name: pool.table(made) for name, made in {"resource": resources, **_scope()}.items()}
    return pack(layout.LAYOUT, {**dict.fromkeys(layout.LAYOUT, ()), **filled}), pool.pool()


def resource_field(attributes_of: Mapping[str, str]) -> bytes:
    """A resource, whole."""
    return delimited(f.RESOURCE, attributes(f.RESOURCE_ATTRIBUTES, attributes_of))


def _scope() -> dict[str, Iterable[bytes]]:
    scope = delimited(f.SCOPE_NAME, v.SCOPE_NAME) + delimited(f.SCOPE_VERSION, v.SCOPE_VERSION)
    return {"scope": [delimited(f.SCOPE, scope)], "schema": [delimited(f.SCHEMA_URL, v.SCHEMA_URL)]}


def _shared(releases: Calendar, notation: Notation) -> dict[str, Iterable[bytes]]:
    known = (v.resource_attributes(release_id, notation.run_id) for release_id in releases.release_id)
    return {"resource": map(resource_field, known), **_scope()}


def _bound(tables: dict[str, Int64s]) -> int:
    """More than any record and its resource: a group of five points, one of each metric, repeats its attributes."""
    return 8_192 + 6 * sum(map(longest, tables.values()))


def _numbers(maker: _Maker, scenario: Scenario) -> dict[str, object]:
    key, types = keys(scenario.seed), maker.world.object_types
    paths = [maker.path(op) for op in maker.ops]
    return {
        "trace_high_key": signed(key.trace_high),
        "trace_low_key": signed(key.trace_low),
        "span_key": signed(key.span),
        "request_key": signed(key.request),
        "user_digits": maker.digits,
        "kinds": len(maker.kinds),
        "named_type": [bool(o.names) for o in types],
        "name_first": [0, *accumulate(len(o.names) for o in types)],
        "level": [LEVELS.index(k.level) for k in maker.kinds],
        "answer_class": [maker.answer_class(op) for op in maker.ops],
        "path_first": [0, *accumulate(map(len, paths))],
        "path_kind": [kind for parts in paths for _, kind in parts],
        "object_size": [len(o.name.encode()) + 1 + HEX for o in types],
        "name_size": [len(f"{o.name}_{name}".encode()) for o in types for name in o.names],
        "clients": maker.notation.client_spans,
        "temporality": f.CUMULATIVE if maker.notation.temporality == "cumulative" else f.DELTA,
    }
