"""How many calls of each kind a run is expected to hold, in numpy: by operation, persona and release."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from otelsim.draws import ONE, Int64s
from otelsim.outcome.trees import Tree, call_trees
from otelsim.runner.preparing import Prepared
from otelsim.traffic import people
from otelsim.traffic.intensity import BIN_S, Intensity
from otelsim.world.incidents import Incident
from otelsim.world.model import World

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Operations:
    """Calls that share every label but success, persona and release.

    ``rate`` and ``own_failures`` are expected calls and self errors by persona, ``incident_failures`` the probability of
    failing while each incident lasts.
    """

    service: int
    is_read: bool
    rate: Floats
    own_failures: Floats
    incident_failures: Floats


@dataclass(frozen=True)
class Releases:
    """A service's releases: each one's share of its calls, and of its calls during each incident ([incidents, n])."""

    share: Floats
    during: Floats


def operations(p: Prepared) -> Iterator[Operations]:
    """All kinds of calls that a run makes."""
    trees = call_trees(p.world, p.scenario.call_depth)
    rates = request_rates(p)
    own = np.array([1 - persona.success_rate for persona in p.world.personas])
    grouped: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for a, action in enumerate(p.world.actions):
        for node, service in enumerate(trees[action.service].service):
            # By the name the call bears: two actions of one name that lead to one service make the same labels.
            key = (service, node > 0, action.name, action.is_write, action.object_type)
            grouped.setdefault(key, []).append((a, node))
    failures = [_incident_failures(p, tree) for tree in trees]
    for (service, child, *_), members in grouped.items():
        parts = [rates[a] for a, _ in members]
        total = np.sum(parts, axis=0)
        weights = [float(part.sum()) for part in parts]
        action = p.world.actions[members[0][0]]
        failing = [failures[p.world.actions[a].service][node] for a, node in members]
        mean = np.average(failing, axis=0, weights=weights) if sum(weights) else failing[0]
        rate = own * p.world.settings.child_error_factor if child else own
        assert isinstance(service, int)
        yield Operations(service, not action.is_write, total, total * rate, mean)


def request_rates(p: Prepared) -> Floats:
    """Expected requests, [actions, personas]."""
    users = people.users_by_persona(p.world, p.scenario.total_users)
    week = np.array(people.week_of_personas(p.world, people.activity_by_persona(p.world, users)))
    personas = _hours(p.intensity) @ (week / week.sum(axis=1, keepdims=True))
    chosen = np.diff(people.actions_of_personas(p.world), axis=1, prepend=0) / ONE
    made: Floats = p.scenario.total_events * (personas[:, None] * chosen).T
    return made


def _hours(measure: Intensity) -> Floats:
    """Share of all requests by hour of the week."""
    bins = measure.start_s // BIN_S + np.arange(len(measure.weights))
    shares = np.bincount((bins * BIN_S // 3_600 + 72) % 168, np.diff(measure.edges), 168)
    return np.asarray(shares / measure.edges[-1], np.float64)


def _incident_failures(p: Prepared, tree: Tree) -> Floats:
    """Probability that each node of a call tree fails by each incident while it lasts, [nodes, incidents].

    What climbs with deeper trees is left out: it adds failures of operations that fail by cascades already.
    """
    lists = np.array([_lists(p.world, i) for i in p.incidents]).reshape(len(p.incidents), -1)[:, tree.service].T
    rate = np.array([i.failure_rate for i in p.incidents])
    assert p.scenario.cascade_factor is not None
    cascade = np.minimum(1.0, p.scenario.cascade_factor * rate)
    down = np.zeros(lists.shape)
    made = np.zeros(lists.shape)
    for node in range(len(tree.service)):
        own = 1 - (1 - rate * lists[node]) * (1 - down[node])
        children = slice(tree.child_first[node], tree.child_end[node])
        count = lists[children].sum(axis=0)
        falls = (1 - own) * (1 - (1 - cascade) ** count)
        down[children] = lists[children] * falls / np.maximum(1, count)
        made[node] = own + falls
    return made


def _lists(world: World, incident: Incident) -> list[float]:
    services = set(world.components[incident.component].services)
    return [float(s in services) for s in range(len(world.services))]


def releases(p: Prepared) -> list[Releases]:
    """The releases of every service; rows with the same release_id count as one."""
    deployments, rows = p.world.deployments, p.calendar.deployment
    weight = np.array([d.share * p.world.placements[d.placement].share for d in deployments])[rows]
    since, until = _spans(p)
    place = shares_before(p.intensity, since)
    share = weight * (shares_before(p.intensity, until) - place)
    ends = [(np.maximum(since, i.start_s), np.minimum(until, i.end_s)) for i in p.incidents]
    during = [
        weight * np.where(b > a, shares_before(p.intensity, b) - shares_before(p.intensity, a), 0.0) for a, b in ends
    ]
    service = np.array([d.service for d in deployments])[rows]
    same = np.unique(np.array(p.calendar.release_id), return_inverse=True)[1]
    tables = np.array([share, *during])
    return [_merged(tables[:, service == s], same[service == s]) for s in range(len(p.world.services))]


def _merged(tables: Floats, same: Int64s) -> Releases:
    numbers, at = np.unique(same, return_inverse=True)
    sums = np.zeros((len(tables), len(numbers)))
    np.add.at(sums, (slice(None), at), tables)
    return Releases(sums[0], sums[1:])


def _spans(p: Prepared) -> tuple[Floats, Floats]:
    """When each row of the calendar begins and ends, in epoch seconds within the run."""
    since = p.calendar.since_us / 1e6
    until = np.append(since[1:], 0.0)
    until[[end - 1 for begin, end in pairwise(p.calendar.first.tolist()) if end > begin]] = p.scenario.end
    return np.clip(since, p.scenario.start, p.scenario.end), np.clip(until, p.scenario.start, p.scenario.end)


def shares_before(measure: Intensity, times_s: Floats) -> Floats:
    """The share of all requests that come before each of some times."""
    first = measure.start_s // BIN_S + 1
    inner = (first + np.arange(len(measure.weights) - 1)) * BIN_S
    edges = np.concatenate([[measure.start_s], inner, [measure.end_s]])
    return np.interp(times_s, edges, measure.edges / measure.edges[-1])
