"""What users do: ``actions.tsv``."""

from dataclasses import dataclass, field

from otelsim.world.index import Index
from otelsim.world.model import Action
from otelsim.world.row import SMALL, Row
from otelsim.world.services import Services
from otelsim.world.tables import Folder

ACTIONS = "actions.tsv"
COLUMNS = (
    "stack", "service", "action", "category", "latency_ms", "latency_sd_ms", "response_bytes", "response_sd_bytes",
    "targets_user", "object_type", "is_write", "weight", "creates", "request_bytes", "request_sd_bytes", "db_queries",
    "cache_hit_rate", "method", "route",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
LATENCY_MS = (0.05, 600_000.0)
BYTES = (1.0, 1e10)
SPREAD = 5.0
"""The largest standard deviation beside its mean: a lognormal's quantiles stay within 64-bit integers."""


@dataclass
class Actions:
    """The actions, their categories in order of first appearance, and the object types' first users."""

    rows: list[Action] = field(default_factory=list)
    categories: Index = field(default_factory=lambda: Index("category"))
    objects: dict[str, Row] = field(default_factory=dict)


def read_actions(folder: Folder, services: Services) -> Actions:
    """All actions; each category's weights add up to more than zero."""
    actions = Actions()
    names, routes = Index("action"), Index("route")
    firsts: dict[str, Row] = {}
    rows = folder.table(ACTIONS, COLUMNS)
    for row in rows:
        action = _action(row, services)
        names.add(row, f"{row.cells['stack']}:{row.cells['service']}:{action.name}")
        routes.add(row, f"{action.method} {action.route}")
        firsts.setdefault(action.category, row)
        if action.category not in actions.categories.names:
            actions.categories.add(row, action.category)
        if action.object_type:
            actions.objects.setdefault(action.object_type, row)
        actions.rows.append(action)
    for category, first in firsts.items():
        if sum(a.weight for a in actions.rows if a.category == category) < SMALL:
            first.fault(f"the weights of category {category!r} add up to zero")
    if not rows:
        folder.fault(ACTIONS, 1, "there is no action")
    return actions


def _action(row: Row, services: Services) -> Action:
    object_type = row.word("object_type")
    latency, request, response = _spreads(row)
    action = Action(
        service=services.by_key.find(row, f"{row.cells['stack']}:{row.cells['service']}"),
        name=row.word("action"),
        category=row.word("category"),
        latency_ms=latency[0],
        latency_sd_ms=latency[1],
        request_bytes=request[0],
        request_sd_bytes=request[1],
        response_bytes=response[0],
        response_sd_bytes=response[1],
        db_queries=row.number("db_queries", 1, 1000),
        cache_hit_rate=row.number("cache_hit_rate", 0, 1),
        targets_user=row.flag("targets_user"),
        object_type=None if object_type == "-" else object_type,
        is_write=row.flag("is_write"),
        creates=row.flag("creates"),
        weight=row.number("weight"),
        method=row.choice("method", METHODS),
        route=row.text("route"),
    )
    _check(row, action)
    return action


def _spreads(row: Row) -> list[tuple[float, float]]:
    measures = (("latency_ms", "latency_sd_ms", LATENCY_MS), ("request_bytes", "request_sd_bytes", BYTES),
                ("response_bytes", "response_sd_bytes", BYTES))  # fmt: skip
    found = []
    for mean_column, sd_column, limits in measures:
        mean = row.number(mean_column, *limits)
        found.append((mean, row.number(sd_column, 0.0, SPREAD * mean)))
    return found


def _check(row: Row, action: Action) -> None:
    if action.creates and action.object_type is None:
        row.fault("an action that creates needs an object_type")
    if action.is_write and action.cache_hit_rate:
        row.fault("cache_hit_rate of a write is not 0")
    if not action.route.startswith("/") or any(c.isspace() for c in action.route):
        row.fault(f"route {action.route!r} is not a path like /v1/posts/{{post_id}}")
