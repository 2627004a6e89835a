"""Who there is: users of each persona, and how much each persona does in each hour of the week."""

from collections.abc import Sequence
from itertools import accumulate
from math import fsum

from otelsim.draws import cumulative
from otelsim.scenario import Scenario
from otelsim.world.model import Persona, World


class People:
    """Personas with their users: persona p has users first[p] .. first[p] + count[p] - 1."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.count = users_of_personas(world, scenario.total_users)
        self.first = [0, *accumulate(self.count)]
        activity = activity_of_personas(world, self.count)
        self.week = [_in_hour(world.personas, activity, hour) for hour in range(168)]
        """Activity by hour of the week (Monday 00 UTC first) and persona."""
        self.persona_thresholds = [cumulative(hour).tolist() for hour in self.week]
        self.action_thresholds = [cumulative(_action_weights(world, p)).tolist() for p in world.personas]


def users_of_personas(world: World, total_users: int) -> list[int]:
    """Whole users: first each archetype gets its share of all, then each persona its share of the archetype's."""
    groups: dict[str, list[int]] = {}
    for i, persona in enumerate(world.personas):
        groups.setdefault(persona.archetype, []).append(i)
    share = [p.users_share for p in world.personas]
    users = [0] * len(share)
    of_groups = split(total_users, [fsum(share[i] for i in group) for group in groups.values()])
    for group, number in zip(groups.values(), of_groups, strict=True):
        for i, part in zip(group, split(number, [share[i] for i in group]), strict=True):
            users[i] = part
    return users


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Largest remainders: everyone gets the whole part of their due, the rest goes to those who lost most by that."""
    whole = fsum(shares)
    if whole == 0:
        return [0] * len(shares)
    due = [total * share / whole for share in shares]
    parts = [int(d) for d in due]
    lost = [round(d - part, 9) for d, part in zip(due, parts, strict=True)]
    # sorted() is stable: among equals the earlier one gets it.
    for i in sorted(range(len(due)), key=lambda i: lost[i], reverse=True)[: total - sum(parts)]:
        parts[i] += 1
    return parts


def activity_of_personas(world: World, users: Sequence[int]) -> list[float]:
    """Shares of requests. Personas without users do nothing; the others of their archetype do it for them."""
    shares = []
    for persona, number in zip(world.personas, users, strict=True):
        group = [(p, n) for p, n in zip(world.personas, users, strict=True) if p.archetype == persona.archetype]
        meant = fsum(p.activity_share for p, _ in group)
        present = fsum(p.activity_share for p, n in group if n)
        shares.append(persona.activity_share * meant / present if number and persona.activity_share else 0.0)
    return [share / fsum(shares) for share in shares]


def _in_hour(personas: Sequence[Persona], activity: Sequence[float], hour: int) -> list[float]:
    day, hour = divmod(hour, 24)
    return [a * p.hourly_weights[hour] * p.daily_weights[day] for p, a in zip(personas, activity, strict=True)]


def _action_weights(world: World, persona: Persona) -> list[float]:
    """A category's weight, split over its actions by their weights."""
    of_category = dict(zip(world.categories, persona.category_weights, strict=True))
    totals = {c: fsum(a.weight for a in world.actions if a.category == c) for c in world.categories}
    return [of_category[a.category] * a.weight / totals[a.category] if a.weight else 0.0 for a in world.actions]
