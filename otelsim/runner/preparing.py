"""A scenario made ready: its world, its tables, its slices."""

from dataclasses import dataclass, replace

from otelsim.draws import Int64s
from otelsim.errors import InputError
from otelsim.outcome.compiling import compile_outcome, largest_tree
from otelsim.runner.slices import slice_bounds
from otelsim.scenario import Scenario
from otelsim.sinks.buffers import BLOCK, ROOM
from otelsim.traffic.compiling import compile_traffic
from otelsim.traffic.intensity import Intensity
from otelsim.wire.jsonl import LOG_BOUND, METRIC_BOUND
from otelsim.wire.line_tables import Lines, line_tables
from otelsim.world.incidents import Incident, incidents
from otelsim.world.model import World
from otelsim.world.releases import Calendar, calendar


@dataclass(frozen=True)
class Prepared:
    """Everything a run is decided by; pickled once for all workers."""

    scenario: Scenario
    world: World
    incidents: list[Incident]
    calendar: Calendar
    traffic: Int64s
    intensity: Intensity
    outcome: Int64s
    lines: Lines
    slices: list[tuple[int, int]]
    largest_tree: int


def complete(scenario: Scenario, world: World) -> Scenario:
    """What the scenario leaves to the world filled in."""
    own = world.settings
    return replace(
        scenario,
        world=world.name,
        cascade_factor=own.cascade_factor if scenario.cascade_factor is None else scenario.cascade_factor,
        propagation=own.propagation if scenario.propagation is None else scenario.propagation,
        burst_cv=own.burst_cv if scenario.burst_cv is None else scenario.burst_cv,
    )


def _refuse_long(lines: Lines) -> None:
    """InputError where a line may be longer than the room that it is put into: there it would be tried for ever."""
    table = lines[0]
    longest, most = max(int(table[table[bound]]) for bound in (LOG_BOUND, METRIC_BOUND)), ROOM - BLOCK
    if longest > most:
        raise InputError("--world", f"texts are too long: a line may have {longest:,} bytes, of {most:,} that it can")


def prepare(scenario: Scenario, world: World) -> Prepared:
    """The tables of a scenario whose time range is resolved; InputError where scenario and world do not fit."""
    scenario = complete(scenario, world)
    failing = incidents(world, scenario)
    releases = calendar(world, scenario)
    traffic, measure = compile_traffic(world, scenario)
    lines = line_tables(world, scenario, releases)
    _refuse_long(lines)
    return Prepared(
        scenario,
        world,
        failing,
        releases,
        traffic,
        measure,
        compile_outcome(world, scenario, releases, failing),
        lines,
        slice_bounds(scenario),
        largest_tree(world, scenario.call_depth),
    )
