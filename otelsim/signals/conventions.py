"""What a call is as OpenTelemetry: resources, names and attributes, for every encoder (SPEC section 5, docs/otlp.md).

Names are those of the semantic conventions 1.40, and the documented ones. Attributes are dicts in the order in which
they are sent.
"""

import hashlib
import re

from otelsim import __version__
from otelsim.signals.names import ErrorKind, Operation
from otelsim.world.ids import derive_ids
from otelsim.world.model import World

Value = str | int | bool
Attributes = dict[str, Value]

SCHEMA_URL = "https://opentelemetry.io/schemas/1.40.0"
SCOPE_NAME, SCOPE_VERSION = "otelsim", __version__
SEVERITY = {"INFO": 9, "WARN": 13, "ERROR": 17}
"""severity_number by level."""
HTTP_DURATION, RPC_DURATION = "http.server.request.duration", "rpc.server.call.duration"
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The conventions' bucket boundaries of both histograms, in seconds."""
DESCRIPTIONS = {
    "request_duration_ms": "Time a request took, in milliseconds",
    "request_size_bytes": "Size of a request's body, in bytes",
    "response_size_bytes": "Size of a response's body, in bytes",
    "db_query_count": "Queries a request made to its database",
    "cache_hit": "Whether a read was answered by a cache (1) or not (0)",
    HTTP_DURATION: "Duration of HTTP server requests.",
    RPC_DURATION: "Measures the duration of incoming Remote Procedure Calls (RPC).",
}
"""Their units are empty but for the last two (s): stores append units to names."""
_PLATFORMS = {
    "eks": "aws_eks",
    "ecs": "aws_ecs",
    "lambda": "aws_lambda",
    "gke": "gcp_kubernetes_engine",
    "aks": "azure.aks",
}
_CLUSTERS = ("eks", "gke", "aks")
_STATUS_OF_CODE = {
    "400": "INVALID_ARGUMENT",
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "NOT_FOUND",
    "409": "ABORTED",
    "422": "FAILED_PRECONDITION",
    "429": "RESOURCE_EXHAUSTED",
    "500": "INTERNAL",
    "501": "UNIMPLEMENTED",
    "502": "UNAVAILABLE",
    "503": "UNAVAILABLE",
    "504": "DEADLINE_EXCEEDED",
}
"""gRPC's names for the world's error codes; UNKNOWN for others."""


def resource_attributes(release_id: str, run_id: str) -> dict[str, str]:
    """The resource of a release: its 20 ids, and what the conventions call them."""
    ids = derive_ids(release_id)
    known = {
        **{f"qairon.{name}": value for name, value in ids.items()},
        "service.name": f"{ids['stack']}-{ids['service']}",
        "service.namespace": ids["application"],
        "service.version": ids["release"],
        "service.instance.id": instance_id(release_id),
        "deployment.environment.name": ids["environment"],
        "cloud.provider": ids["provider"],
        "cloud.account.id": ids["account"],
        "cloud.region": ids["region"],
        "cloud.platform": _PLATFORMS.get(ids["target_type"], f"{ids['provider']}_{ids['target_type']}"),
    }
    if ids["target_type"] in _CLUSTERS:
        known["k8s.cluster.name"] = ids["target"]
    return {**known, "otelsim.run.id": run_id}


def instance_id(release_id: str) -> str:
    """A UUID (version 5 in form) that is the same for a release everywhere."""
    digits = hashlib.sha1(f"otelsim:{release_id}".encode(), usedforsecurity=False).hexdigest()[:32]
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def rpc_method(world: World, service: int) -> str:
    """The full method that calls of a service name; it says nothing of the root's action."""
    s = world.services[service]
    return rpc_method_of(s.application, s.stack, s.name)


def rpc_method_of(application: str, stack: str, service: str) -> str:
    """The same for a service that no world may know."""
    package = ".".join(re.sub(r"\W+", "_", part) for part in (application, stack))
    name = "".join(part.capitalize() for part in re.split(r"\W+|_", service))
    return f"{package}.{name}Service/Handle"


def rpc_status(code: str | None) -> str:
    """gRPC's name for an error code; OK where there is none."""
    return "OK" if code is None else _STATUS_OF_CODE.get(code, "UNKNOWN")


def span_name(world: World, op: Operation) -> str:
    """``{method} {route}`` of a root, the RPC method of a child."""
    if op.node:
        return rpc_method(world, op.service)
    action = world.actions[op.root_action]
    return f"{action.method} {action.route}"


def request_attributes(world: World, op: Operation) -> Attributes:
    """What the conventions say of a call before it is answered, as far as it is the same for all calls."""
    if op.node:
        return {"rpc.system.name": "grpc", "rpc.method": rpc_method(world, op.service)}
    action = world.actions[op.root_action]
    return {"http.request.method": action.method, "http.route": action.route, "url.scheme": "https"}


def answer_attributes(world: World, op: Operation, kind: ErrorKind | None) -> Attributes:
    """What the conventions say of the answer; ``error.type`` where the level is ERROR."""
    if op.node:
        status: Value = rpc_status(None if kind is None else kind.code)
        answer: Attributes = {"rpc.response.status_code": status}
    else:
        status = _success_status(world, op) if kind is None else int(kind.code)
        answer = {"http.response.status_code": status}
    if kind is not None and kind.level == "ERROR":
        answer["error.type"] = str(status)
    return answer


def _success_status(world: World, op: Operation) -> int:
    return 201 if world.actions[op.root_action].creates else 200


def route_parts(route: str) -> list[tuple[str, str]]:
    """A route as texts, each with what follows it in ``url.path``: ``user``, ``object`` or nothing at the end."""
    pieces = re.split(r"\{([^}]*)\}", route)
    kinds = ["user" if name == "user_id" else "object" for name in pieces[1::2]]
    return list(zip(pieces[::2], [*kinds, ""], strict=True))


def point_attributes(world: World, op: Operation, success: bool, object_type: str | None) -> Attributes:
    """The attributes of a call's gauge points, without the persona."""
    known: Attributes = {
        "action": op.action,
        "success": success,
        "is_write": world.actions[op.root_action].is_write,
    }
    return known if object_type is None else {**known, "object_type": object_type}


def histogram_attributes(world: World, op: Operation, kind: ErrorKind | None) -> Attributes:
    """The attributes of the histogram point that a call counts in; all calls with equal ones are one series."""
    return {**request_attributes(world, op), **answer_attributes(world, op, kind)}


def level_attributes(kind: ErrorKind | None) -> Attributes:
    """``level`` and ``success`` of spans and log records."""
    return {"level": "INFO" if kind is None else kind.level, "success": kind is None}


def error_attributes(kind: ErrorKind, failed: str | None) -> Attributes:
    """The documented ones of a failure; ``failed`` is ``stack:service`` of the dependency where one failed."""
    return {
        "error_code": kind.code,
        "error_message": kind.message if failed is None else f"upstream {failed}: {kind.message}",
        "error_source": kind.source if failed is None else f"dependency:{failed}",
        "error_type": kind.error_type,
    }
