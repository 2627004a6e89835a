"""Calls as spans."""

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.signals.conventions import (
    Attributes,
    answer_attributes,
    level_attributes,
    request_attributes,
    span_name,
)
from otelsim.wire.sdk.facts import SCOPE, Call, Facts, call_at, end_ns, start_ns

CLIENT_LEAD_NS = 5_000
"""A CLIENT span begins so long before what it calls, and ends so long after it."""


class Spans:
    """Makes the spans of a run."""

    def __init__(self, facts: Facts, client_spans: bool) -> None:
        self.facts, self.client_spans = facts, client_spans

    def of_calls(self, calls: Int64s, rows: Sequence[int]) -> list[ReadableSpan]:
        """The spans of some calls, in the order of the rows.

        CLIENT spans stand in the resources of the callers, so with them all spans are put in order anew: by release,
        then start, and of equal starts by call.
        """
        if not self.client_spans:
            return [self.server(call_at(calls, row)) for row in rows]
        made: list[tuple[tuple[int, ...], ReadableSpan]] = []
        for row in rows:
            call = call_at(calls, row)
            began = (call[o.START_US], row)
            made.append(((call[o.RELEASE], start_ns(call), *began), self.server(call)))
            if call[o.PARENT] >= 0:
                made.append(((call[o.CALLER], start_ns(call) - CLIENT_LEAD_NS, *began), self.client(call)))
        return [span for _, span in sorted(made, key=lambda pair: pair[0])]

    def server(self, call: Call) -> ReadableSpan:
        """The SERVER span of a call."""
        return ReadableSpan(
            span_name(self.facts.world, self.facts.operation(call)),
            context=self.facts.context(call[o.NUMBER], call[o.NODE]),
            parent=self._parent(call),
            resource=self.facts.resource(call[o.RELEASE]),
            attributes=self._server_attributes(call),
            kind=SpanKind.SERVER,
            status=self._status(call),
            start_time=start_ns(call),
            end_time=end_ns(call),
            instrumentation_scope=SCOPE,
        )

    def client(self, call: Call) -> ReadableSpan:
        """The CLIENT span of a child's caller."""
        return ReadableSpan(
            span_name(self.facts.world, self.facts.operation(call)),
            context=self.facts.client_context(call[o.NUMBER], call[o.NODE]),
            parent=self.facts.context(call[o.NUMBER], call[o.PARENT]),
            resource=self.facts.resource(call[o.CALLER]),
            attributes=self._client_attributes(call),
            kind=SpanKind.CLIENT,
            status=self._status(call),
            start_time=start_ns(call) - CLIENT_LEAD_NS,
            end_time=end_ns(call) + CLIENT_LEAD_NS,
            instrumentation_scope=SCOPE,
        )

    def _parent(self, call: Call) -> SpanContext | None:
        if call[o.PARENT] < 0:
            return None
        if self.client_spans:
            return self.facts.client_context(call[o.NUMBER], call[o.NODE], is_remote=True)
        return self.facts.context(call[o.NUMBER], call[o.PARENT], is_remote=True)

    def _status(self, call: Call) -> Status:
        """ERROR with the message where the level is ERROR; a client's errors are none of the server's."""
        kind = self.facts.kind(call)
        if kind is None or kind.level != "ERROR":
            return Status(StatusCode.UNSET)
        return Status(StatusCode.ERROR, str(self.facts.error(call)["error_message"]))

    def _server_attributes(self, call: Call) -> Attributes:
        world, op, kind = self.facts.world, self.facts.operation(call), self.facts.kind(call)
        path: Attributes = {"url.path": self.facts.url_path(call)} if call[o.PARENT] < 0 else {}
        return {
            **request_attributes(world, op),
            "action": op.action,
            **path,
            **answer_attributes(world, op, kind),
            **level_attributes(kind),
            **self.facts.documented(call),
        }

    def _client_attributes(self, call: Call) -> Attributes:
        world, op, kind = self.facts.world, self.facts.operation(call), self.facts.kind(call)
        return {
            **request_attributes(world, op),
            **answer_attributes(world, op, kind),
            "action": op.action,
            **self.facts.asker(call),
        }
