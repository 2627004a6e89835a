"""How many calls of each kind a run is expected to hold, in numpy: by operation, persona and release."""

from collections import Counter
from collections.abc import Iterator, Sequence
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

    ``requests`` are those expected by persona that make one such call, two, and so on: [most, personas]. ``calls`` and
    ``own_failures`` are the calls and self errors in all, ``incident_failures`` the probability of failing while each
    incident lasts.
    """

    service: int
    is_read: bool
    requests: Floats
    calls: Floats
    own_failures: Floats
    incident_failures: Floats


@dataclass(frozen=True)
class Releases:
    """A service's releases.

    ``share`` is the part of requests that reach each one if they call the service once, twice, and so on ([most, n]);
    ``during`` of its calls that come during each incident ([incidents, n]). All calls of a request go to one placement,
    so several often meet the same release and make one series.
    """

    share: Floats
    during: Floats


_Member = tuple[int, int]
"""An action and a node of its call tree."""


def operations(p: Prepared) -> Iterator[Operations]:
    """All kinds of calls that a run makes."""
    trees = call_trees(p.world, p.scenario.call_depth)
    rates = request_rates(p)
    failures = [_incident_failures(p, tree) for tree in trees]
    for members in _same_labels(p.world, trees):
        each = rates[[a for a, _ in members]]
        actions = [p.world.actions[a] for a, _ in members]
        failing = [failures[a.service][node] for a, (_, node) in zip(actions, members, strict=True)]
        node = members[0][1]
        service = trees[actions[0].service].service[node]
        mean: Floats = np.average(failing, axis=0, weights=each.sum(axis=1) + 1e-300)
        own = each.sum(axis=0) * _own_failures(p.world, node)
        requests = _by_repetition(rates, members)
        yield Operations(service, not actions[0].is_write, requests, each.sum(axis=0), own, mean)


def _by_repetition(rates: Floats, members: list[_Member]) -> Floats:
    times = Counter(a for a, _ in members)
    made = np.zeros((max(times.values()), rates.shape[1]))
    for action, n in times.items():
        made[n - 1] += rates[action]
    return made


def most_repeated(p: Prepared) -> int:
    """How often a request calls the same service, at most."""
    return max(max(Counter(tree.service).values()) for tree in call_trees(p.world, p.scenario.call_depth))


def _same_labels(world: World, trees: Sequence[Tree]) -> list[list[_Member]]:
    """By the name a call bears: two actions of one name that lead to one service make the same labels."""
    grouped: dict[tuple[object, ...], list[_Member]] = {}
    for a, action in enumerate(world.actions):
        for node, service in enumerate(trees[action.service].service):
            key = (service, node > 0, action.name, action.is_write, action.object_type)
            grouped.setdefault(key, []).append((a, node))
    return list(grouped.values())


def _own_failures(world: World, node: int) -> Floats:
    """Probability of a self error, by persona."""
    own = np.array([1 - persona.success_rate for persona in world.personas])
    return own * world.settings.child_error_factor if node else own


def request_rates(p: Prepared) -> Floats:
    """Expected requests, [actions, personas]."""
    users = people.users_by_persona(p.world, p.scenario.total_users)
    activity = people.activity_by_persona(p.world, users)
    week = np.array(people.choosable(people.week_of_personas(p.world, activity), activity))
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
    shape = (len(p.incidents), len(p.world.services))
    lists = np.array([_lists(p.world, i) for i in p.incidents]).reshape(shape)[:, tree.service].T
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
    place = np.array([p.world.placements[d.placement].share for d in deployments])[rows]
    mine = np.array([d.share for d in deployments])[rows]
    since, until = _spans(p)
    times = np.arange(1, most_repeated(p) + 1)[:, None]
    share = place * _part(p, since, until) * (1 - (1 - mine) ** times)
    parts = [_part(p, np.maximum(since, i.start_s), np.minimum(until, i.end_s)) for i in p.incidents]
    during = place * mine * np.array(parts).reshape(-1, len(rows))
    service = np.array([d.service for d in deployments])[rows]
    same = np.unique(np.array(p.calendar.release_id), return_inverse=True)[1]
    masks = [service == s for s in range(len(p.world.services))]
    return [Releases(_merged(share[:, m], same[m]), _merged(during[:, m], same[m])) for m in masks]


def _part(p: Prepared, since: Floats, until: Floats) -> Floats:
    """The share of all requests from ``since`` to ``until``; none where that is empty."""
    return np.maximum(0.0, shares_before(p.intensity, until) - shares_before(p.intensity, since))


def _merged(table: Floats, same: Int64s) -> Floats:
    numbers, at = np.unique(same, return_inverse=True)
    return np.array([np.bincount(at, row, len(numbers)) for row in table]).reshape(-1, len(numbers))


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
    shares: Floats = np.interp(times_s, edges, measure.edges / measure.edges[-1])
    return shares
