"""What must be: the world's tables and the run's incidents as frames to join with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from otelsim.check.files import microseconds
from otelsim.world.model import World


class ReleaseCalendar(Protocol):
    """What ``otelsim.world.releases.Calendar`` offers: row k is what a deployment ran from ``since_us[k]`` on."""

    @property
    def deployment(self) -> Any:
        """Deployment numbers."""

    @property
    def since_us(self) -> Any:
        """Epoch microseconds, rising within a deployment."""

    @property
    def release_id(self) -> Sequence[str]:
        """All 12 words."""


@dataclass(frozen=True)
class Truth:
    """The tables that records are held against; ``key`` is ``stack:service`` everywhere."""

    call_depth: int
    actions: pl.DataFrame
    """root_key, root_action, targets, typed, writes (``typed``: the object type or null)."""
    dependencies: pl.DataFrame
    """key, dependency."""
    listed: pl.DataFrame
    """component, key: the services that a component's failure reaches."""
    component_errors: pl.DataFrame
    """component, error_type, error_code: what its failure looks like."""
    incidents: pl.DataFrame
    """component, from_us, until_us."""
    self_errors: pl.DataFrame
    """error_type, error_code."""
    deployments: pl.DataFrame
    """deployment_id, deployed_key."""
    calendar: pl.DataFrame
    """deployment_id, since_us, current: sorted by since_us."""


def tell_truth(world: World, calendar: ReleaseCalendar, incidents: Sequence[dict[str, Any]], call_depth: int) -> Truth:
    """The tables of a world, its release calendar and a run's incidents (rows of ``incidents.jsonl``)."""
    return Truth(
        call_depth=call_depth,
        actions=_actions(world),
        dependencies=_pairs("key", "dependency", _edges(world)),
        listed=_pairs(
            "component", "key", [(c.name, world.services[s].key) for c in world.components for s in c.services]
        ),
        component_errors=_component_errors(world),
        incidents=_incidents(incidents),
        self_errors=_pairs("error_type", "error_code", [(e.error_type, e.code) for e in world.self_errors]),
        deployments=_pairs("deployment_id", "deployed_key", _deployed(world)),
        calendar=_calendar(world, calendar),
    )


def _actions(world: World) -> pl.DataFrame:
    rows = [(world.services[a.service].key, a.name, a.targets_user, a.object_type, a.is_write) for a in world.actions]
    schema = {
        "root_key": pl.String,
        "root_action": pl.String,
        "targets": pl.Boolean,
        "typed": pl.String,
        "writes": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _edges(world: World) -> list[tuple[str, str]]:
    keys = [service.key for service in world.services]
    return [(keys[s], keys[d]) for s, needed in enumerate(world.dependencies) for d in needed]


def _deployed(world: World) -> list[tuple[str, str]]:
    # Placements may share a deployment; it is one all the same.
    return sorted({(d.deployment_id, world.services[d.service].key) for d in world.deployments})


def _component_errors(world: World) -> pl.DataFrame:
    rows = [(c.name, c.error_type, code) for c in world.components for code in c.error_codes]
    schema = {"component": pl.String, "error_type": pl.String, "error_code": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _incidents(incidents: Sequence[dict[str, Any]]) -> pl.DataFrame:
    rows = [(i["component"], microseconds(i["start"]), microseconds(i["end"])) for i in incidents]
    schema = {"component": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _calendar(world: World, calendar: ReleaseCalendar) -> pl.DataFrame:
    ids = [world.deployments[int(d)].deployment_id for d in calendar.deployment]
    columns = {
        "deployment_id": pl.Series(ids, dtype=pl.String),
        "since_us": pl.Series(list(map(int, calendar.since_us)), dtype=pl.Int64),
        "current": pl.Series(list(calendar.release_id), dtype=pl.String),
    }
    once = pl.DataFrame(columns).unique(["deployment_id", "since_us"], keep="last", maintain_order=True)
    return once.sort("since_us", maintain_order=True)


def _pairs(left: str, right: str, rows: Sequence[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={left: pl.String, right: pl.String}, orient="row")
