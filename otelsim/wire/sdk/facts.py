"""What a call's numbers stand for: ids, texts, attributes and resources (docs/otlp.md, docs/draws.md)."""

from collections.abc import Sequence

import numpy as np
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from otelsim.draws import Int64s, keyed, keys
from otelsim.outcome import tables as o
from otelsim.scenario import Scenario
from otelsim.signals.conventions import (
    SCHEMA_URL,
    SCOPE_NAME,
    SCOPE_VERSION,
    Attributes,
    error_attributes,
    resource_attributes,
    route_parts,
)
from otelsim.signals.names import ErrorKind, Operation, error_kinds, operations, user_digits
from otelsim.world.model import World
from otelsim.world.releases import Calendar

Call = Sequence[int]
"""One entry of each of the columns of `outcome.tables.CALL`."""
SCOPE = InstrumentationScope(SCOPE_NAME, SCOPE_VERSION, SCHEMA_URL)
_BITS = (1 << 64) - 1
_CLIENT = 1 << 63


def call_at(calls: Int64s, row: int) -> Call:
    """The call in a row of ``calls``, as plain integers."""
    return [int(value) for value in calls[:, row]]


def start_ns(call: Call) -> int:
    """When the call began, in Unix time."""
    return call[o.START_US] * 1_000


def end_ns(call: Call) -> int:
    """When it ended."""
    return start_ns(call) + call[o.DURATION] * 10_000


class Facts:
    """A run's world, seed and calendar, asked about calls."""

    def __init__(self, world: World, scenario: Scenario, releases: Calendar, run_id: str) -> None:
        self.world = world
        self.run_id = run_id
        self._releases = releases
        self._operations = operations(world, scenario.call_depth)
        self._kinds = error_kinds(world)
        self._keys = keys(scenario.seed)
        self._digits = user_digits(scenario.total_users)
        self._resources: dict[int, Resource] = {}

    def resource(self, release: int) -> Resource:
        """The resource of a row of the calendar; the same object every time."""
        if release not in self._resources:
            attributes = resource_attributes(self._releases.release_id[release], self.run_id)
            self._resources[release] = Resource(attributes, SCHEMA_URL)
        return self._resources[release]

    def operation(self, call: Call) -> Operation:
        """What the call does."""
        return self._operations[call[o.OP]]

    def kind(self, call: Call) -> ErrorKind | None:
        """How it failed, or None."""
        return self._kinds[call[o.ERROR]] if call[o.SOURCE] else None

    def is_write(self, call: Call) -> bool:
        """Whether its root's action writes."""
        return self.world.actions[self.operation(call).root_action].is_write

    def trace_id(self, number: int) -> int:
        """The trace of a request, 128 bits."""
        return _id(number, self._keys.trace_high) << 64 | _id(number, self._keys.trace_low)

    def context(self, number: int, node: int, is_remote: bool = False) -> SpanContext:
        """The SERVER span of a request's node."""
        span = _id(number << 10 | node, self._keys.span)
        return SpanContext(self.trace_id(number), span, is_remote, TraceFlags(TraceFlags.SAMPLED))

    def client_context(self, number: int, node: int, is_remote: bool = False) -> SpanContext:
        """The CLIENT span of the caller of a request's node."""
        span = _id(number << 10 | node | _CLIENT, self._keys.span)
        return SpanContext(self.trace_id(number), span, is_remote, TraceFlags(TraceFlags.SAMPLED))

    def request_digits(self, call: Call, node: int) -> str:
        """The 16 hex digits of the request id of ``node`` in the call's request."""
        return f"{_id(call[o.NUMBER] << 10 | node, self._keys.request):016x}"

    def user_id(self, user: int) -> str:
        """A user's id."""
        return f"user_{user:0{self._digits}}"

    def persona(self, call: Call) -> str:
        """The name of the user's persona."""
        return self.world.personas[call[o.PERSONA]].name

    def object_type(self, call: Call) -> str | None:
        """The type of what the call names, or None."""
        kind = call[o.OBJECT_TYPE]
        return None if kind < 0 else self.world.object_types[kind].name

    def object_id(self, call: Call) -> str:
        """The id of what the call names: a readable name where its type has some and it is not new."""
        kind, number = self.world.object_types[call[o.OBJECT_TYPE]], call[o.OBJECT_ID]
        if kind.names and number >= 0:
            return f"{kind.name}_{kind.names[number]}"
        return f"{kind.name}_{number & _BITS:016x}"

    def url_path(self, call: Call) -> str:
        """The route of a root with what stands for its placeholders."""
        route = self.world.actions[self.operation(call).root_action].route
        user = self.user_id(call[o.TARGET] if call[o.TARGET] >= 0 else call[o.USER])
        named = self.object_id(call) if call[o.OBJECT_TYPE] >= 0 else self.request_digits(call, call[o.NODE])
        values = {"user": user, "object": named, "": ""}
        return "".join(text + values[follows] for text, follows in route_parts(route))

    def asker(self, call: Call) -> Attributes:
        """Whose request it is."""
        return {
            "user_id": self.user_id(call[o.USER]),
            "request_id": f"req_{self.request_digits(call, call[o.NODE])}",
            "persona": self.persona(call),
        }

    def documented(self, call: Call) -> Attributes:
        """The documented attributes of spans and log records from ``user_id`` on."""
        known = self.asker(call)
        object_type = self.object_type(call)
        if object_type is not None:
            known |= {"object_type": object_type, "object_id": self.object_id(call)}
        if call[o.TARGET] >= 0:
            known["target_user_id"] = self.user_id(call[o.TARGET])
        return known | self.error(call)

    def error(self, call: Call) -> Attributes:
        """The attributes of a failure; none of a success."""
        kind = self.kind(call)
        if kind is None:
            return {}
        if call[o.SOURCE] != o.DEPENDENCY:
            return error_attributes(kind, None)
        failed = self.world.services[call[o.UPSTREAM_SERVICE]].key
        upstream = self.request_digits(call, call[o.UPSTREAM])
        return {**error_attributes(kind, failed), "upstream_request_id": f"req_{upstream}"}


def _id(number: int, key: int) -> int:
    return int(keyed(np.uint64(number), np.uint64(key)))
