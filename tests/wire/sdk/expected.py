"""What the messages of a call must be, from its JSON lines and the world."""

from typing import Any

from otelsim import __version__
from otelsim.signals.conventions import resource_attributes, rpc_method
from otelsim.world.model import Action, World

from .messages import typed
from .runs import RUN_ID, Run, Told, placeholders_filled

SCHEMA = "https://opentelemetry.io/schemas/1.40.0"
RPC_STATUS = {
    "500": "INTERNAL",
    "502": "UNAVAILABLE",
    "503": "UNAVAILABLE",
    "504": "DEADLINE_EXCEEDED",
    "429": "RESOURCE_EXHAUSTED",
}
"""Of the codes that children have."""
FROM_USER_ON = ("object_type", "object_id", "target_user_id")
ERROR = ("error_code", "error_message", "error_source", "error_type", "upstream_request_id")
SERVER, CLIENT = 2, 3


def resource(release_id: str) -> dict[str, Any]:
    """What all records of a release have in common."""
    attributes = resource_attributes(release_id, RUN_ID)
    assert attributes["qairon.release_id"] == release_id
    scope = {"name": "otelsim", "version": __version__}
    return {"attributes": typed(attributes), "schema_url": SCHEMA, "scope": scope, "scope_schema_url": SCHEMA}


def given(log: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: log[name] for name in names if log[name] is not None}


def action_of(world: World, told: Told) -> Action:
    """The root's action."""
    name = told.log["action"] if told.is_root else told.log["action"].removeprefix("handle_")
    (found,) = [action for action in world.actions if action.name == name]
    return found


def service_of(world: World, told: Told) -> int:
    keys = [service.key for service in world.services]
    return keys.index(f"{told.log['stack']}:{told.log['service']}")


def request(world: World, told: Told) -> dict[str, Any]:
    if not told.is_root:
        return {"rpc.system.name": "grpc", "rpc.method": rpc_method(world, service_of(world, told))}
    action = action_of(world, told)
    return {"http.request.method": action.method, "http.route": action.route, "url.scheme": "https"}


def answer(world: World, told: Told) -> dict[str, Any]:
    code = told.log["error_code"]
    if told.is_root:
        status: Any = int(code) if code else 201 if action_of(world, told).creates else 200
        known = {"http.response.status_code": status}
    else:
        status = RPC_STATUS[code] if code else "OK"
        known = {"rpc.response.status_code": status}
    return {**known, "error.type": str(status)} if told.log["level"] == "ERROR" else known


def documented(told: Told) -> dict[str, Any]:
    return {**asker(told), **given(told.log, FROM_USER_ON), **given(told.log, ERROR)}


def asker(told: Told) -> dict[str, Any]:
    return {"user_id": told.log["user_id"], "request_id": told.log["request_id"], "persona": told.persona}


def name(world: World, told: Told) -> str:
    if not told.is_root:
        return rpc_method(world, service_of(world, told))
    action = action_of(world, told)
    return f"{action.method} {action.route}"


def status(told: Told) -> dict[str, Any]:
    return {"code": 2, "message": told.log["error_message"]} if told.log["level"] == "ERROR" else {}


def server_span(run: Run, told: Told, client_id: str | None = None) -> dict[str, Any]:
    """The SERVER span; ``client_id`` is that of the CLIENT span between it and its caller's."""
    world, log = run.p.world, told.log
    path = {"url.path": placeholders_filled(action_of(world, told).route, log)} if told.is_root else {}
    parent = {} if told.is_root else {"parent_span_id": client_id or log["parent_span_id"]}
    attributes = {
        **request(world, told),
        "action": log["action"],
        **path,
        **answer(world, told),
        "level": log["level"],
        "success": log["success"],
        **documented(told),
    }
    return {
        "trace_id": log["trace_id"],
        "span_id": log["span_id"],
        **parent,
        "flags": 0x100 if told.is_root else 0x300,
        "name": name(world, told),
        "kind": SERVER,
        "start_time_unix_nano": told.start_ns,
        "end_time_unix_nano": told.end_ns,
        "attributes": typed(attributes),
        "status": status(told),
    }


def client_span(run: Run, told: Told, client_id: str) -> dict[str, Any]:
    """The CLIENT span of a child's caller."""
    world, log = run.p.world, told.log
    attributes = {**request(world, told), **answer(world, told), "action": log["action"], **asker(told)}
    return {
        "trace_id": log["trace_id"],
        "span_id": client_id,
        "parent_span_id": log["parent_span_id"],
        "flags": 0x100,
        "name": name(world, told),
        "kind": CLIENT,
        "start_time_unix_nano": told.start_ns - 5_000,
        "end_time_unix_nano": told.end_ns + 5_000,
        "attributes": typed(attributes),
        "status": status(told),
    }


def log_record(told: Told) -> dict[str, Any]:
    log = told.log
    attributes = {"action": log["action"], "level": log["level"], "success": log["success"], **documented(told)}
    return {
        "time_unix_nano": told.start_ns,
        "observed_time_unix_nano": told.end_ns,
        "severity_number": {"INFO": 9, "WARN": 13, "ERROR": 17}[log["level"]],
        "severity_text": log["level"],
        "body": {"string_value": log["message"]},
        "attributes": typed(attributes),
        "flags": 1,
        "trace_id": log["trace_id"],
        "span_id": log["span_id"],
    }


def point(told: Told, line: dict[str, Any], persona_attribute: bool) -> dict[str, Any]:
    """The gauge point of a metric line."""
    tags, is_duration = line["tags"], line["metric"] == "request_duration_ms"
    attributes = {
        "action": tags["action"],
        "success": tags["success"] == "true",
        "is_write": tags["is_write"] == "true",
    }
    attributes |= {"object_type": tags["object_type"]} if "object_type" in tags else {}
    attributes |= {"persona": tags["persona"]} if persona_attribute else {}
    value = {"as_double": float(line["value"])} if is_duration else {"as_int": line["value"]}
    filtered = {} if persona_attribute else {"filtered_attributes": typed({"persona": tags["persona"]})}
    shown = line.get("exemplar")
    exemplar = {**filtered, "time_unix_nano": told.start_ns, **value, **(shown or {})}
    return {
        "time_unix_nano": told.start_ns,
        **value,
        **({"exemplars": [exemplar]} if shown else {}),
        "attributes": typed(attributes),
    }
