"""A stand-in for VictoriaTraces, which cannot be built here: its rows and fields, in a VictoriaLogs of its own.

VictoriaTraces is built on VictoriaLogs and answers the same queries; the names are those of its
app/vtinsert/opentelemetry.
"""

import json
from types import TracebackType
from typing import Any

import urllib3
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.backends.receiver import SpanReceiver
from tests.backends.stores import VictoriaLogs

INSERT = "/insert/jsonline?_stream_fields=resource_attr:service.name,name&_time_field=_time&_msg_field=_msg"


class TraceStore(SpanReceiver):
    """Takes OTLP and puts it into ``store``, with the index's rows that VictoriaTraces keeps beside the spans."""

    def __init__(self, store: VictoriaLogs) -> None:
        super().__init__()
        self.store = store
        self._onward = urllib3.PoolManager(retries=False)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._onward.clear()

    def take(self, request: ExportTraceServiceRequest) -> None:
        super().take(request)
        rows = [row for resource in request.resource_spans for row in _rows(resource)]
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()
        assert self._onward.request("POST", self.store.url + INSERT, body=body).status == 200


def _rows(resource: Any) -> list[dict[str, str]]:
    common = {f"resource_attr:{a.key}": a.value.string_value for a in resource.resource.attributes}
    found = []
    for scope in resource.scope_spans:
        of_scope = {**common, "scope_name": scope.scope.name, "scope_version": scope.scope.version}
        for span in scope.spans:
            found += [{**of_scope, **_row(span)}, _index(span)]
    return found


def _row(span: Any) -> dict[str, str]:
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    return {
        **{f"span_attr:{a.key}": _text(a.value) for a in span.attributes},
        "_time": str(start),
        "_msg": "-",
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex(),
        "flags": str(span.flags),
        "name": span.name,
        "kind": str(int(span.kind)),
        "start_time_unix_nano": str(start),
        "end_time_unix_nano": str(end),
        "duration": str(end - start),
        "status_message": span.status.message,
        "status_code": str(int(span.status.code)),
    }


def _index(span: Any) -> dict[str, str]:
    return {"_time": str(span.start_time_unix_nano), "_msg": "-", "trace_id_idx": span.trace_id.hex()}


def _text(value: Any) -> str:
    if value.WhichOneof("value") == "bool_value":
        return "true" if value.bool_value else "false"
    return str(getattr(value, value.WhichOneof("value")))
