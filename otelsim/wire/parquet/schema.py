"""The columns of the tables: what `docs/parquet.md` says, and what files have.

Names are those of the attributes (see docs/reference.md), with ``_`` for dots; times are in UTC.
"""

from typing import NamedTuple

import pyarrow as pa

from otelsim.wire.parquet.coding import TEXT

TIME = pa.timestamp("ns", "UTC")
TRACE_ID, ID = pa.binary(16), pa.binary(8)


class Column(NamedTuple):
    """A column, in which rows it has nothing, and what it says."""

    name: str
    type: pa.DataType
    null: str
    what: str


_NEVER, _SUCCESS, _ROOT, _CHILD = "never", "in successes", "in roots", "in children"
_NO_OBJECT, _NO_CASCADE = "where there is no object", "unless a dependency failed"
IDS = (
    Column("trace_id", TRACE_ID, _NEVER, "the same for all calls of a request"),
    Column("span_id", ID, _NEVER, "the call's own"),
    Column("parent_span_id", ID, _ROOT, "the caller's"),
)
WHAT = (
    Column("action", TEXT, _NEVER, "what the user does; `handle_` and the root's action in a child"),
    Column("success", pa.bool_(), _NEVER, "whether the call succeeded"),
)
WHO = (
    Column("user_id", TEXT, _NEVER, "whose request it is"),
    Column("request_id", ID, _NEVER, "the call's own; elsewhere `req_` and its 16 digits"),
    Column("persona", TEXT, _NEVER, "the kind of user"),
    Column("object_type", TEXT, _NO_OBJECT, "the type of what the call is about"),
    Column("object_id", pa.string(), _NO_OBJECT, "its id"),
    Column("target_user_id", TEXT, "where no user is meant", "the user it is directed at"),
    Column("error_code", TEXT, _SUCCESS, "the HTTP code, as text"),
    Column("error_message", TEXT, _SUCCESS, "what went wrong; of a cascade, where"),
    Column(
        "error_source",
        TEXT,
        _SUCCESS,
        "why: `self`, `infrastructure:<component>` or `dependency:<stack>:<service>`",
    ),
    Column("error_type", TEXT, _SUCCESS, "client, server, database, cache, queue or internal"),
    Column("upstream_request_id", ID, _NO_CASCADE, "the `request_id` of the failed child in the same trace"),
)
WORDS = (
    *("environment", "provider", "account", "region", "partition", "target_type", "target"),
    *("application", "stack", "service", "tag", "release"),
)
RESOURCE = (
    *(Column(word, TEXT, _NEVER, f"word {n} of the release's id") for n, word in enumerate(WORDS, 1)),
    Column("service_id", TEXT, _NEVER, "words 8 to 10"),
    Column("deployment_id", TEXT, _NEVER, "words 1 to 11"),
    Column("release_id", TEXT, _NEVER, "all words"),
    Column("service_name", TEXT, _NEVER, "stack and service: `service.name`"),
    Column("service_instance_id", TEXT, _NEVER, "a UUID, the same for a release everywhere"),
    Column("cloud_platform", TEXT, _NEVER, "the target's type, as the conventions call it"),
    Column("k8s_cluster_name", TEXT, "where the target is no cluster", "the target"),
    Column("run_id", TEXT, _NEVER, "the run: `otelsim.run.id`"),
)
TRACES = (
    *IDS,
    Column("name", TEXT, _NEVER, "method and route of a root, the RPC method of a child"),
    Column("kind", TEXT, _NEVER, "always SERVER"),
    Column("start_time", TIME, _NEVER, "when the call began"),
    Column("end_time", TIME, _NEVER, "when it ended"),
    Column("duration_ms", pa.float64(), _NEVER, "the time between, in ms: `request_duration_ms`"),
    Column("status_code", TEXT, _NEVER, "ERROR where the level is ERROR, else UNSET"),
    Column("status_message", TEXT, "unless the status is ERROR", "`error_message`"),
    *WHAT,
    Column("level", TEXT, _NEVER, "INFO of a success, WARN of a client's error, ERROR of any other"),
    *WHO,
    Column("http_request_method", TEXT, _CHILD, "the action's method"),
    Column("http_route", TEXT, _CHILD, "the action's route"),
    Column("url_scheme", TEXT, _CHILD, "always https"),
    Column("url_path", pa.string(), _CHILD, "the route with ids for its placeholders"),
    Column("http_response_status_code", pa.int32(), _CHILD, "200, 201 of what creates, or the error's code"),
    Column("rpc_system_name", TEXT, _ROOT, "always grpc"),
    Column("rpc_method", TEXT, _ROOT, "of the called service"),
    Column("rpc_response_status_code", TEXT, _ROOT, "OK, or gRPC's name for the error's code"),
    Column("status_error_type", TEXT, "unless the level is ERROR", "the status code: the conventions' `error.type`"),
    *RESOURCE,
)
LOGS = (
    Column("time", TIME, _NEVER, "when the call began"),
    Column("observed_time", TIME, _NEVER, "when it ended"),
    *IDS,
    Column("severity_number", pa.int32(), _NEVER, "9 INFO, 13 WARN, 17 ERROR"),
    Column("level", TEXT, _NEVER, "its text: INFO of a success, WARN of a client's error, ERROR of any other"),
    Column("body", TEXT, _NEVER, "what a person reads: `message` of log lines"),
    *WHAT,
    *WHO,
    *RESOURCE,
)
METRICS = (
    Column("time", TIME, _NEVER, "when the call began"),
    Column("metric", TEXT, _NEVER, "one of the five documented gauges"),
    Column("value", pa.float64(), _NEVER, "its value"),
    *WHAT,
    Column("is_write", pa.bool_(), _NEVER, "whether the root's action writes"),
    Column("persona", TEXT, _NEVER, "the kind of user"),
    Column("object_type", TEXT, _NO_OBJECT, "the type of what the call is about"),
    Column("exemplar_trace_id", TRACE_ID, "where the point has no exemplar", "where to look for the rest"),
    Column("exemplar_span_id", ID, "where the point has no exemplar", "the same"),
    *RESOURCE,
)
TABLES = {"traces": TRACES, "logs": LOGS, "metrics": METRICS}
SCHEMAS = {
    signal: pa.schema([pa.field(c.name, c.type, nullable=c.null != _NEVER) for c in columns])
    for signal, columns in TABLES.items()
}
