"""Calls as JSON lines (SPEC section 4)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from otelsim.world.model import World

from .calls import Call
from .names import Names
from .sizes import Sizes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def timestamp(us: int) -> str:
    return f"{EPOCH + timedelta(microseconds=us):%Y-%m-%dT%H:%M:%S.%fZ}"


class Lines:
    """Writes a call's log line and its metric lines."""

    def __init__(self, world: World, names: Names) -> None:
        self.world, self.names = world, names

    def action(self, call: Call) -> str:
        return f"handle_{call.root.action.name}" if call.parent else call.root.action.name

    def log(self, call: Call, release_id: str) -> str:
        names, root, failure = self.names, call.root, call.failure
        service = self.world.services[call.service]
        upstream = failure.upstream if failure else None
        record = {
            "timestamp": timestamp(call.start_us),
            "level": self._level(call),
            "service": service.name,
            "stack": service.stack,
            "action": self.action(call),
            "user_id": names.user_id(root.user),
            "request_id": names.request_id(root.g, call.node),
            "success": failure is None,
            "message": self._message(call),
            "release_id": release_id,
            "trace_id": names.trace_id(root.g),
            "span_id": names.span_id(root.g, call.node),
            "parent_span_id": names.span_id(root.g, call.parent.node) if call.parent else None,
            "target_user_id": None if root.target is None else names.user_id(root.target),
            "object_type": root.action.object_type,
            "object_id": root.object_id,
            "error_code": failure.code if failure else None,
            "error_message": self._error_message(call),
            "error_source": self._error_source(call),
            "error_type": failure.error_type if failure else None,
            "upstream_request_id": names.request_id(root.g, upstream.node) if upstream else None,
        }
        return compact(record)

    def _level(self, call: Call) -> str:
        if not call.failure:
            return "INFO"
        return "WARN" if call.failure.error_type == "client" else "ERROR"

    def _message(self, call: Call) -> str:
        if call.failure:
            return f"{self.action(call)} failed: {self._error_message(call)}"
        return f"{self.action(call)} {'completed successfully' if call.root.action.is_write else 'returned data'}"

    def _error_message(self, call: Call) -> str | None:
        failure = call.failure
        if failure and failure.upstream:
            return f"upstream {self.world.services[failure.upstream.service].key}: {failure.message}"
        return failure.message if failure else None

    def _error_source(self, call: Call) -> str | None:
        failure = call.failure
        if failure and failure.upstream:
            return f"dependency:{self.world.services[failure.upstream.service].key}"
        if failure and failure.incident:
            return f"infrastructure:{self.world.components[failure.incident.component].name}"
        return "self" if failure else None

    def metrics(self, call: Call, release_id: str, sizes: Sizes) -> list[str]:
        exemplar = {
            "trace_id": self.names.trace_id(call.root.g),
            "span_id": self.names.span_id(call.root.g, call.node),
        }
        tail = f',"exemplar":{compact(exemplar)}' if sizes.exemplar else ""
        common = f'"tags":{compact(self._tags(call, release_id))}'
        values: dict[str, float | int | None] = {
            "request_duration_ms": call.duration / 100,
            "request_size_bytes": sizes.request_bytes,
            "response_size_bytes": sizes.response_bytes,
            "db_query_count": sizes.queries,
            "cache_hit": sizes.cache_hit,
        }
        seconds, us = divmod(call.start_us, 1_000_000)
        # By hand, since json would drop the timestamp's trailing zeros.
        return [
            f'{{"metric":"{name}","ts":{seconds}.{us:06},"value":{compact(value)},{common}'
            f"{tail if name == 'request_duration_ms' else ''}}}"
            for name, value in values.items()
            if value is not None
        ]

    def _tags(self, call: Call, release_id: str) -> dict[str, str]:
        service, action = self.world.services[call.service], call.root.action
        tags = {
            "service": service.name,
            "stack": service.stack,
            "action": self.action(call),
            "success": compact(call.failure is None),
            "is_write": compact(action.is_write),
            "persona": call.root.persona.name,
            "release_id": release_id,
        }
        return tags | {"object_type": action.object_type} if action.object_type else tags
