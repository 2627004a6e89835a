"""Tables that calls are counted by: positions for what a call names."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from otelsim.draws import Int64s
from otelsim.report.bins import Bins, bins
from otelsim.runner.preparing import Prepared

T = TypeVar("T")


@dataclass(frozen=True)
class Lookup:
    """A run's tables; indices are its world's, but for archetypes and places, which are in the order of first sight."""

    bins: Bins
    archetypes: list[str]
    archetype: Int64s
    """Of each persona."""
    places: list[tuple[str, str]]
    """(environment, region)."""
    place: Int64s
    """Of each row of the calendar."""
    caller: Int64s
    """The service of each row of the calendar."""
    services: int
    components: int
    edges: Int64s
    """Documented dependencies as caller * services + callee, sorted."""
    component: Int64s
    """Of each incident; and so the next ones."""
    start_us: Int64s
    end_us: Int64s
    slowing: Int64s
    """Whether it makes calls slower."""
    listed: Int64s
    """[components, services] whether a component lists a service."""

    @property
    def sources(self) -> int:
        """Sources of errors: self, then components, then failed dependencies."""
        return 1 + self.components + self.services

    @property
    def dependency(self) -> int:
        """The first source that is a failed dependency."""
        return 1 + self.components


def lookup(p: Prepared) -> Lookup:
    """The tables of a run."""
    world, scenario = p.world, p.scenario
    archetypes = _distinct([x.archetype for x in world.personas])
    owners = [world.deployments[d] for d in p.calendar.deployment.tolist()]
    regions = [(world.placements[d.placement].environment, world.placements[d.placement].region) for d in owners]
    places, services = _distinct(regions), len(world.services)
    edges = [caller * services + callee for caller, called in enumerate(world.dependencies) for callee in called]
    return Lookup(
        bins=bins(scenario.start, scenario.end),
        archetypes=archetypes,
        archetype=_column([archetypes.index(x.archetype) for x in world.personas]),
        places=places,
        place=_column([places.index(region) for region in regions]),
        caller=_column([d.service for d in owners]),
        services=services,
        components=len(world.components),
        edges=_column(sorted(edges)),
        component=_column([i.component for i in p.incidents]),
        start_us=_column([i.start_s * 1_000_000 for i in p.incidents]),
        end_us=_column([i.end_s * 1_000_000 for i in p.incidents]),
        slowing=_column([int(i.latency_factor > 1) for i in p.incidents]),
        listed=_listed(p),
    )


def _distinct(values: list[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _column(values: list[int]) -> Int64s:
    return np.array(values, np.int64)


def _listed(p: Prepared) -> Int64s:
    found = np.zeros((len(p.world.components), len(p.world.services)), np.int64)
    for number, component in enumerate(p.world.components):
        found[number, list(component.services)] = 1
    return found
