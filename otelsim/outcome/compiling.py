"""World, calendar and incidents into the tables that outcomes are looked up in."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

from otelsim.draws import Int64s, cumulative, fixed, lognormal, signed, threshold
from otelsim.outcome.tables import OUTCOME
from otelsim.outcome.trees import Tree, call_trees
from otelsim.packing import pack
from otelsim.scenario import Scenario
from otelsim.world.incidents import Incident
from otelsim.world.model import World
from otelsim.world.releases import Calendar

Tables = dict[str, object]


def compile_outcome(world: World, scenario: Scenario, releases: Calendar, failing: Sequence[Incident]) -> Int64s:
    """The packed tables (`tables.OUTCOME`) of a resolved scenario (cascade_factor and propagation are set)."""
    trees = call_trees(world, scenario.call_depth)
    factor = world.settings.child_error_factor
    tables: Tables = {
        "seed": signed(scenario.seed),
        **_trees(trees),
        **_actions(world, trees),
        **_sizes(world),
        "persona_latency": [fixed(p.latency_multiplier) for p in world.personas],
        "persona_failure": [threshold(1 - p.success_rate) for p in world.personas],
        "persona_child_failure": [threshold((1 - p.success_rate) * factor) for p in world.personas],
        "service_share": [fixed(s.own_time_share) for s in world.services],
        **_places(world, releases),
        "services": len(world.services),
        **_incidents(world, scenario, failing),
        **_errors(world, scenario),
    }
    return pack(OUTCOME, tables)


def largest_tree(world: World, depth: int) -> int:
    """Calls of the largest request."""
    return max(len(t.service) for t in call_trees(world, depth))


def _firsts(counts: Iterable[int]) -> list[int]:
    return list(accumulate(counts, initial=0))


def _trees(trees: Sequence[Tree]) -> Tables:
    names = ("service", "parent", "sibling", "child_first", "child_end")
    columns = {f"node_{name}": [x for tree in trees for x in getattr(tree, name)] for name in names}
    return {"tree_first": _firsts(len(t.service) for t in trees), **columns}


def _actions(world: World, trees: Sequence[Tree]) -> Tables:
    a = world.actions
    return {
        "action_service": [x.service for x in a],
        "op_first": _firsts(len(trees[x.service].service) for x in a),
        "is_write": [x.is_write for x in a],
        "latency": [round(x.latency_ms * 100) for x in a],
        "latency_table": [lognormal(x.latency_ms, x.latency_sd_ms) for x in a],
    }


def _sizes(world: World) -> Tables:
    a = world.actions
    return {
        "request_bytes": [round(x.request_bytes) for x in a],
        "request_table": [lognormal(x.request_bytes, x.request_sd_bytes) for x in a],
        "response_bytes": [round(x.response_bytes) for x in a],
        "response_table": [lognormal(x.response_bytes, x.response_sd_bytes) for x in a],
        "queries": [max(1, round(2 * x.db_queries) - 1) for x in a],
        "cache_hit": [fixed(x.cache_hit_rate) for x in a],
    }


def _places(world: World, releases: Calendar) -> Tables:
    slots: list[list[int]] = [[] for _ in range(len(world.services) * len(world.placements))]
    for d, deployment in enumerate(world.deployments):
        slots[deployment.service * len(world.placements) + deployment.placement].append(d)
    thresholds = [cumulative([world.deployments[d].share for d in slot]) for slot in slots if slot]
    return {
        "places": len(world.placements),
        "slot_first": _firsts(len(slot) for slot in slots),
        "slot_thresholds": np.concatenate(thresholds),
        "slot_deployment": [d for slot in slots for d in slot],
        "release_first": releases.first,
        "release_since_us": releases.since_us,
        "release_same": releases.same,
    }


def _incidents(world: World, scenario: Scenario, failing: Sequence[Incident]) -> Tables:
    assert scenario.cascade_factor is not None
    lists = np.zeros((len(failing), len(world.services)), np.int64)
    for k, incident in enumerate(failing):
        lists[k, list(world.components[incident.component].services)] = 1
    return {
        "incidents": len(failing),
        "incident_component": [i.component for i in failing],
        "incident_start_us": [i.start_s * 1_000_000 for i in failing],
        "incident_end_us": [i.end_s * 1_000_000 for i in failing],
        "incident_failure": [threshold(i.failure_rate) for i in failing],
        "incident_cascade": [threshold(min(1.0, scenario.cascade_factor * i.failure_rate)) for i in failing],
        "incident_latency": [fixed(i.latency_factor) for i in failing],
        "incident_lists": lists,
    }


def _errors(world: World, scenario: Scenario) -> Tables:
    assert scenario.propagation is not None
    rules, kinds = world.settings, world.self_errors
    codes = [e.code for e in kinds] + [code for c in world.components for code in c.error_codes]
    client = [i for i, e in enumerate(kinds) if e.error_type == "client"]
    server = [i for i, e in enumerate(kinds) if e.error_type == "server"]
    bounds = [[fixed(x) for x in pair] for pair in (rules.rejected_factor, rules.timed_out_factor)]
    return {
        "timed_out": [code in rules.timed_out_codes for code in codes],
        "component_first": [first + len(kinds) for first in _firsts(len(c.error_codes) for c in world.components)],
        "client_count": len(client),
        "client": client,
        "client_thresholds": cumulative([kinds[i].weight for i in client]),
        "server_count": len(server),
        "server": server,
        "server_thresholds": cumulative([kinds[i].weight for i in server]),
        "client_share": threshold(rules.client_error_share),
        "factors": [[low, high - low] for low, high in bounds],
        "propagation": threshold(scenario.propagation),
    }
