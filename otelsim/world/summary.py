"""A world as tables for people: (title, header, rows), all cells text."""

from otelsim.world.model import World
from otelsim.world.traffic_shares import TrafficShares, traffic_shares

Table = tuple[str, list[str], list[list[str]]]


def tables(world: World) -> list[Table]:
    """What ``otelsim world show`` prints: numbers, places, services, personas, components, objects."""
    shares = traffic_shares(world)
    return [
        _numbers(world, shares),
        _placements(world),
        _services(world, shares),
        _archetypes(world),
        _components(world),
        _objects(world),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _numbers(world: World, shares: TrafficShares) -> Table:
    services = {d.deployment_id: world.services[d.service] for d in world.deployments}
    rows = [
        ["services", str(len(world.services))],
        ["placements", str(len(world.placements))],
        ["deployments", str(len(services))],
        ["releases a year", str(sum(s.releases_per_year for s in services.values()))],
        ["actions", str(len(world.actions))],
        ["personas", str(len(world.personas))],
        ["documented dependencies", str(len(shares.edges))],
        ["hidden components", str(len(world.components))],
        ["calls per request", f"{shares.calls_per_request:.2f}"],
        ["successful reads among calls", _percent(shares.reads)],
    ]
    return (f"World {world.name}", ["what", "number"], rows)


def _placements(world: World) -> Table:
    header = ["environment", "provider", "account", "region", "partition", "target", "requests", "rollout stage"]
    rows = []
    for p in world.placements:
        words = [p.environment, p.provider, p.account, p.region, p.partition, f"{p.target_type}:{p.target}"]
        rows.append([*words, _percent(p.share), str(p.rollout_stage)])
    return ("Placements", header, rows)


def _services(world: World, shares: TrafficShares) -> Table:
    rows = []
    for i, service in enumerate(world.services):
        calls = " ".join(world.services[callee].key for callee in world.dependencies[i]) or "-"
        hidden = " ".join(c.name for c in world.components if i in c.services) or "-"
        rows.append([service.service_id, _percent(shares.services[i]), str(service.releases_per_year), calls, hidden])
    return ("Services", ["service", "share of calls", "releases a year", "calls", "hidden components"], rows)


def _archetypes(world: World) -> Table:
    rows = []
    for name in dict.fromkeys(p.archetype for p in world.personas):
        members = [p for p in world.personas if p.archetype == name]
        variants = ", ".join(dict.fromkeys(p.variant for p in members))
        users, activity = sum(p.users_share for p in members), sum(p.activity_share for p in members)
        rows.append([name, str(len(members)), variants, _percent(users), _percent(activity)])
    return ("Personas", ["archetype", "personas", "variants", "users", "activity"], rows)


def _components(world: World) -> Table:
    rows = []
    for c in world.components:
        effect = [",".join(c.error_codes), f"{c.failure_rate:g}", f"{c.latency_factor:g}"]
        rows.append([c.name, c.error_type, *effect, str(len(c.services)), c.description])
    header = ["component", "error type", "codes", "failure rate", "latency factor", "services", "description"]
    return ("Hidden components", header, rows)


def _objects(world: World) -> Table:
    rows = [[o.name, str(o.catalogue_size), f"{o.exponent:g}", str(len(o.names))] for o in world.object_types]
    return ("Objects", ["type", "catalogue", "exponent", "readable names"], rows)
