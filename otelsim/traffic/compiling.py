"""World and scenario into the tables that requests are drawn from."""

from itertools import accumulate

import numpy as np

from otelsim.draws import Int64s, Zipf, cumulative, keys, power, signed, zipf
from otelsim.packing import pack
from otelsim.scenario import Scenario
from otelsim.traffic import people
from otelsim.traffic.intensity import Intensity, intensity
from otelsim.traffic.requests import LINK_SLOTS, TRAFFIC
from otelsim.world.model import World

USER_EXPONENT = 2.5
"""A persona's most active 1 % of users do 0.01**(1/2.5) = 16 % of its requests."""
LINK_EXPONENT = 1.6


def compile_traffic(world: World, scenario: Scenario) -> tuple[Int64s, Intensity]:
    """The packed tables (`requests.TRAFFIC`) of a resolved scenario, and its measure over time."""
    users = people.users_by_persona(world, scenario.total_users)
    activity = people.activity_by_persona(world, users)
    week = people.week_of_personas(world, activity)
    names, key = [o.name for o in world.object_types], keys(scenario.seed)
    tables = {
        "seed": signed(scenario.seed),
        "created_key": signed(key.created),
        "catalogue_key": signed(key.catalogue),
        "users": scenario.total_users,
        "personas": len(world.personas),
        "actions": len(world.actions),
        "places": len(world.placements),
        "week_personas": np.stack([cumulative(row) for row in people.choosable(week, activity)]),
        "persona_actions": people.actions_of_personas(world),
        "placements": cumulative([p.share for p in world.placements]),
        "first_user": [0, *accumulate(users)][:-1],
        "user_count": users,
        "user_power": power(USER_EXPONENT),
        "link_power": power(LINK_EXPONENT),
        "action_targets": [a.targets_user for a in world.actions],
        "action_object": [names.index(a.object_type) if a.object_type else -1 for a in world.actions],
        "action_creates": [a.creates for a in world.actions],
        "object_named": [bool(o.names) for o in world.object_types],
        **_zipf_tables(world),
    }
    assert scenario.burst_cv is not None
    span = (scenario.start, scenario.end)
    return pack(TRAFFIC, tables), intensity(week, span, scenario.total_events, (scenario.seed, scenario.burst_cv))


def _zipf_tables(world: World) -> dict[str, object]:
    """All catalogues' tables and the links', one behind the other."""
    sizes = [(len(o.names) or o.catalogue_size, o.exponent) for o in world.object_types]
    tables: list[Zipf] = [zipf(n, exponent) for n, exponent in [*sizes, (LINK_SLOTS, 1.0)]]
    return {
        "zipf_first": [0, *accumulate(len(t.thresholds) for t in tables)],
        "zipf_knots": np.concatenate([t.knots for t in tables]),
        "zipf_thresholds": np.concatenate([t.thresholds for t in tables]),
    }
