"""What a call moved and asked: bytes, queries, cache, and whether it is an exemplar (docs/draws.md, "What happens")."""

from dataclasses import dataclass

from otelsim.draws import fixed, lognormal
from otelsim.world.model import World

from .calls import Call
from .philox import SIZE, below, look, philox, times

SLOW = 50_000
"""500 ms."""


@dataclass(frozen=True)
class Sizes:
    """``cache_hit`` is None where no cache was asked."""

    request_bytes: int
    response_bytes: int
    queries: int
    cache_hit: int | None
    exemplar: bool


class Measuring:
    """Draws the sizes of calls."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.request_tables = [lognormal(a.request_bytes, a.request_sd_bytes).tolist() for a in world.actions]
        self.response_tables = [lognormal(a.response_bytes, a.response_sd_bytes).tolist() for a in world.actions]

    def draw(self, call: Call) -> Sizes:
        """The sizes of a settled call."""
        action, n = call.root.action, call.root.action_index
        w = philox(self.seed, call.root.g, call.node, SIZE)
        low, high = w[3] & 0xFFFF, w[3] >> 16
        failed = call.failure is not None
        response = self._bytes(call, action.response_bytes, look(self.response_tables[n], w[1]))
        hit = None if failed or action.is_write else int(low < fixed(action.cache_hit_rate))
        queries = below(w[2], 2) if failed else 1 + below(w[2], max(1, round(2 * action.db_queries) - 1))
        return Sizes(
            request_bytes=self._bytes(call, action.request_bytes, look(self.request_tables[n], w[0])),
            response_bytes=64 + below(w[1], 449) if failed else response,
            queries=0 if hit else queries,
            cache_hit=hit,
            exemplar=failed or call.duration > SLOW or high < 655,
        )

    def _bytes(self, call: Call, mean: float, factor: int) -> int:
        size = times(round(mean), factor)
        if call.parent:
            size = times(size, fixed(self.world.services[call.service].own_time_share))
        return max(32, size)
