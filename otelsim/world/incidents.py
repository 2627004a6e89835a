"""When the hidden components fail: drawn from the seed, and listed by the scenario (SPEC section 3)."""

from dataclasses import dataclass
from itertools import pairwise

from otelsim.draws import INCIDENT, below, words
from otelsim.errors import InputError
from otelsim.scenario import Scenario, incident_start_s
from otelsim.times import LATEST_S, rfc3339
from otelsim.world.model import World
from otelsim.world.releases import YEAR_S

_LENGTHS: list[int] = [round(300 * 48 ** (j / 64)) for j in range(65)]
"""Quantiles of an incident's length in seconds: 5 minutes to 4 hours, log-uniform."""


@dataclass(frozen=True)
class Incident:
    """A component failing from start_s to end_s (epoch seconds, exclusive); ``origin`` is drawn or scenario."""

    component: int
    start_s: int
    end_s: int
    failure_rate: float
    latency_factor: float
    origin: str


def incidents(world: World, scenario: Scenario) -> list[Incident]:
    """All that touch the run, by component (table order), then start."""
    listed = _listed(world, scenario)
    drawn = _drawn(world, scenario) if scenario.draw_incidents else []
    kept = [i for i in listed + drawn if i.start_s < scenario.end and i.end_s > scenario.start]
    return sorted(kept, key=lambda i: (i.component, i.start_s, i.end_s))


def _drawn(world: World, scenario: Scenario) -> list[Incident]:
    years = -(-(scenario.end - scenario.start) // YEAR_S)
    return [
        incident
        for component in range(len(world.components))
        for year in range(years)
        for incident in _of_a_year(world, scenario, component, year)
    ]


def _of_a_year(world: World, scenario: Scenario, component: int, year: int) -> list[Incident]:
    """2 to 8 incidents, each in its own equal part of the year, so that none of a component overlap."""
    count = 2 + below(words(scenario.seed, component, year << 8, INCIDENT)[0], 7)
    part = YEAR_S // count
    made = []
    for i in range(count):
        w = words(scenario.seed, component, year << 8 | i + 1, INCIDENT)
        length = _length(w[0])
        start = scenario.start + year * YEAR_S + i * part + below(w[1], part - length)
        cause = world.components[component]
        made.append(Incident(component, start, start + length, cause.failure_rate, cause.latency_factor, "drawn"))
    return made


def _length(word: int) -> int:
    j, f = word >> 26, word & 0x3FFFFFF
    return _LENGTHS[j] + ((_LENGTHS[j + 1] - _LENGTHS[j]) * f >> 26)


def _listed(world: World, scenario: Scenario) -> list[Incident]:
    names = [c.name for c in world.components]
    made = []
    for number, entry in enumerate(scenario.incidents, 1):
        if entry.component not in names:
            raise InputError("--scenario", f"incident {number}: unknown component {entry.component!r} in this world")
        component = names.index(entry.component)
        cause = world.components[component]
        rate = cause.failure_rate if entry.failure_rate is None else entry.failure_rate
        latency = cause.latency_factor if entry.latency_factor is None else entry.latency_factor
        start = incident_start_s(entry, scenario.start)
        if start >= LATEST_S:
            raise InputError("--scenario", f"incident {number}: starts after the year 9998")
        made.append(Incident(component, start, start + entry.duration_s, rate, latency, "scenario"))
    _refuse_overlaps(world, made)
    return made


def _refuse_overlaps(world: World, listed: list[Incident]) -> None:
    ordered = sorted(listed, key=lambda i: (i.component, i.start_s))
    for one, other in pairwise(ordered):
        if one.component == other.component and other.start_s < one.end_s:
            name = world.components[one.component].name
            raise InputError("--scenario", f"two incidents of {name} overlap at {rfc3339(other.start_s)}")
