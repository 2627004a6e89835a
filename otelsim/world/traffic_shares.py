"""What a world's personas add up to: shares of requests and calls, without incidents, one level of children."""

from dataclasses import dataclass

from otelsim.world.model import Persona, World


@dataclass(frozen=True)
class TrafficShares:
    """Expected shares; indices are the World's."""

    actions: tuple[float, ...]
    """Share of all requests, for each action."""
    services: tuple[float, ...]
    """Share of all calls (roots and children), for each service."""
    edges: dict[tuple[int, int], float]
    """Calls per request of each documented dependency (caller, callee)."""
    calls_per_request: float
    reads: float
    """Share of successful reads among all calls, counting a child's success like its root's."""


def traffic_shares(world: World) -> TrafficShares:
    """The world's expected traffic in the mean over all hours."""
    success = _successes(world)
    actions = [sum(shares) for shares in success]
    roots = [0.0] * len(world.services)
    calls = reads = 0.0
    for action, share, (good, _) in zip(world.actions, actions, success, strict=True):
        roots[action.service] += share
        size = 1 + len(world.dependencies[action.service])
        calls += share * size
        reads += 0.0 if action.is_write else good * size
    edges = {(caller, callee): roots[caller] for caller, called in enumerate(world.dependencies) for callee in called}
    services = list(roots)
    for (_, callee), share in edges.items():
        services[callee] += share
    return TrafficShares(tuple(actions), tuple(s / calls for s in services), edges, calls, reads / calls)


def _successes(world: World) -> list[tuple[float, float]]:
    """For each action the shares of all requests that succeed and that fail by themselves."""
    totals = [0.0] * len(world.categories)
    position = {name: i for i, name in enumerate(world.categories)}
    for action in world.actions:
        totals[position[action.category]] += action.weight
    good, bad = [0.0] * len(totals), [0.0] * len(totals)
    for persona in world.personas:
        for i, share in enumerate(_mix(persona)):
            good[i] += share * persona.success_rate
            bad[i] += share * (1 - persona.success_rate)
    found = []
    for action in world.actions:
        i = position[action.category]
        part = action.weight / totals[i]
        found.append((good[i] * part, bad[i] * part))
    return found


def _mix(persona: Persona) -> list[float]:
    total = sum(persona.category_weights)
    return [persona.activity_share * weight / total for weight in persona.category_weights]
