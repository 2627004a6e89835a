"""Users split over personas, and what each persona does when."""

from collections.abc import Sequence
from math import fsum

import numpy as np

from otelsim.draws import Int64s, cumulative
from otelsim.errors import InputError
from otelsim.world.model import Persona, World


def users_by_persona(world: World, total_users: int) -> list[int]:
    """Users of each persona, by largest remainders: archetypes first, so that few users still keep the mixture."""
    archetypes = list(dict.fromkeys(p.archetype for p in world.personas))
    members = {a: [i for i, p in enumerate(world.personas) if p.archetype == a] for a in archetypes}
    shares = {a: fsum(world.personas[i].users_share for i in members[a]) for a in archetypes}
    counts = [0] * len(world.personas)
    for archetype, users in zip(archetypes, apportion(total_users, list(shares.values())), strict=True):
        parts = apportion(users, [world.personas[i].users_share for i in members[archetype]])
        for i, part in zip(members[archetype], parts, strict=True):
            counts[i] = part
    return counts


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """``total`` split in proportion to ``shares`` in whole numbers (largest remainders, earlier first)."""
    whole = fsum(shares)
    if whole <= 0:
        return [0] * len(shares)
    exact = [total * share / whole for share in shares]
    counts = [int(e) for e in exact]
    order = sorted(range(len(shares)), key=lambda i: (-round(exact[i] - counts[i], 9), i))
    for i in order[: total - sum(counts)]:
        counts[i] += 1
    return counts


def activity_by_persona(world: World, users: Sequence[int]) -> list[float]:
    """Share of requests of each persona; an archetype's activity goes to those of its personas that have users."""
    alive = [p.activity_share if n else 0.0 for p, n in zip(world.personas, users, strict=True)]
    shares = [_rescued(world, persona, alive) if alive[i] else 0.0 for i, persona in enumerate(world.personas)]
    whole = fsum(shares)
    if whole <= 0:
        raise InputError("TOTAL_USERS", f"none of {sum(users)} users is of an archetype that does anything: give more")
    return [s / whole for s in shares]


def _rescued(world: World, persona: Persona, alive: Sequence[float]) -> float:
    """A persona's share, with what its archetype's personas without users leave to it."""
    peers = [i for i, p in enumerate(world.personas) if p.archetype == persona.archetype]
    meant = fsum(world.personas[i].activity_share for i in peers)
    return persona.activity_share * meant / fsum(alive[i] for i in peers)


def week_of_personas(world: World, activity: Sequence[float]) -> list[list[float]]:
    """Activity by hour of the week (168, Monday 00 UTC first) and persona."""
    people = list(zip(world.personas, activity, strict=True))
    return [[a * p.hourly_weights[h % 24] * p.daily_weights[h // 24] for p, a in people] for h in range(168)]


def choosable(week: Sequence[Sequence[float]], activity: Sequence[float]) -> list[Sequence[float]]:
    """The week to choose a persona by: in an hour of nobody there may still be a request, and then it is anybody's."""
    return [row if any(row) else activity for row in week]


def actions_of_personas(world: World) -> Int64s:
    """Thresholds for the choice of an action, int64[personas, actions]."""
    totals = {c: fsum(a.weight for a in world.actions if a.category == c) for c in world.categories}
    rows = []
    for persona in world.personas:
        weight = dict(zip(world.categories, persona.category_weights, strict=True))
        rows.append(
            cumulative([weight[a.category] * a.weight / totals[a.category] if a.weight else 0.0 for a in world.actions])
        )
    return np.stack(rows)
