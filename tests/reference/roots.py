"""What a root request is: who asks, for what, where (docs/draws.md, "Who and what")."""

from dataclasses import dataclass

from otelsim.draws import cumulative, power, threshold, zipf
from otelsim.scenario import Scenario
from otelsim.world.model import Action, Persona, World

from .arrivals import hour_of_week
from .names import Names
from .people import People
from .philox import LINK, WHAT, WHO, WORD, below, choose, look, philox

LINK_SLOTS = 150
"""A user's friends, the first ones much dearer than the last ones."""


@dataclass(frozen=True)
class Root:
    """A root request before anything happens to it."""

    g: int
    time_us: int
    persona: Persona
    user: int
    action: Action
    action_index: int
    placement: int
    target: int | None
    object_id: str | None


class Roots:
    """Draws root requests."""

    def __init__(self, world: World, scenario: Scenario, people: People, names: Names) -> None:
        self.world, self.seed, self.people, self.names = world, scenario.seed, people, names
        self.users = scenario.total_users
        self.user_table = power(2.5).tolist()
        self.link_table = power(1.6).tolist()
        self.placements = cumulative([p.share for p in world.placements]).tolist()
        self.slots = _Ranks(LINK_SLOTS, 1.0)
        self.catalogues = [_Ranks(len(o.names) or o.catalogue_size, o.exponent) for o in world.object_types]
        self.type_numbers = {o.name: i for i, o in enumerate(world.object_types)}

    def draw(self, g: int, time_us: int) -> Root:
        """Request ``g``."""
        w = philox(self.seed, g, 0, WHO)
        persona = choose(self.people.persona_thresholds[hour_of_week(time_us // 1_000_000)], w[0])
        count = self.people.count[persona]
        user = self.people.first[persona] + min(count - 1, count * look(self.user_table, w[1]) // WORD)
        number = choose(self.people.action_thresholds[persona], w[2])
        action = self.world.actions[number]
        what = philox(self.seed, g, 0, WHAT)
        return Root(
            g=g,
            time_us=time_us,
            persona=self.world.personas[persona],
            user=user,
            action=action,
            action_index=number,
            placement=choose(self.placements, w[3]),
            target=self._target(user, what) if action.targets_user else None,
            object_id=self._object_id(g, action, what) if action.object_type else None,
        )

    def _target(self, user: int, what: tuple[int, int, int, int]) -> int:
        """One time in ten anybody, mostly somebody popular; else one of the user's friends, who are drawn likewise."""
        if what[3] < threshold(0.1):
            word = what[0]
        else:
            slot = self.slots.draw(what[0], what[1])
            word = philox(self.seed, user, slot, LINK)[0]
        target = min(self.users - 1, self.users * look(self.link_table, word) // WORD)
        return target if target != user else (user + 1) % self.users

    def _object_id(self, g: int, action: Action, what: tuple[int, int, int, int]) -> str:
        assert action.object_type is not None
        if action.creates:
            return self.names.new_object(action.object_type, g)
        number = self.type_numbers[action.object_type]
        rank = self.catalogues[number].draw(what[1], what[2])
        readable = self.world.object_types[number].names
        if readable:
            return f"{action.object_type}_{readable[rank]}"
        return self.names.catalogue_object(action.object_type, number, rank)


class _Ranks:
    """Zipf-like choice of a rank: a segment, then evenly inside it."""

    def __init__(self, n: int, exponent: float) -> None:
        table = zipf(n, exponent)
        self.knots, self.thresholds = table.knots.tolist(), table.thresholds.tolist()

    def draw(self, segment_word: int, rank_word: int) -> int:
        j = choose(self.thresholds, segment_word)
        return self.knots[j] + below(rank_word, self.knots[j + 1] - self.knots[j])
