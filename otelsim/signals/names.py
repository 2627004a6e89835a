"""The documented names and texts (SPEC sections 3 and 4), for every notation."""

from dataclasses import dataclass

from otelsim.outcome.trees import call_trees
from otelsim.world.model import World

METRICS = ("request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count", "cache_hit")
LEVELS = ("INFO", "WARN", "ERROR")


@dataclass(frozen=True)
class Operation:
    """What a call does: one for each action and node of its call tree, in the order of ``Calls.op``."""

    service: int
    action: str
    root_action: int
    node: int


@dataclass(frozen=True)
class ErrorKind:
    """An entry of ``Calls.error``: a self error, or a component's with one of its codes."""

    code: str
    error_type: str
    message: str
    source: str
    """``error_source`` of the call that fails by itself."""

    @property
    def level(self) -> str:
        """WARN for client errors, ERROR for all others."""
        return "WARN" if self.error_type == "client" else "ERROR"


def operations(world: World, depth: int) -> list[Operation]:
    """All operations of a world whose calls go ``depth`` levels down."""
    trees = call_trees(world, depth)
    return [
        Operation(service, action.name if node == 0 else f"handle_{action.name}", a, node)
        for a, action in enumerate(world.actions)
        for node, service in enumerate(trees[action.service].service)
    ]


def error_kinds(world: World) -> list[ErrorKind]:
    """All kinds of error, in the order of ``Calls.error``."""
    own = [ErrorKind(e.code, e.error_type, e.message, "self") for e in world.self_errors]
    return own + [
        ErrorKind(code, c.error_type, c.error_message, f"infrastructure:{c.name}")
        for c in world.components
        for code in c.error_codes
    ]


def user_digits(total_users: int) -> int:
    """How many digits a user id has."""
    return max(6, len(str(total_users - 1)))


def success_message(action: str, is_write: bool) -> str:
    """The log message of a call that succeeded."""
    return f"{action} completed successfully" if is_write else f"{action} returned data"
