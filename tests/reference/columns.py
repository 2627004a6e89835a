"""The fast path's calls and the oracle's in the same form: one dict of integers a call."""

from itertools import accumulate

import numpy as np

from otelsim.outcome.expand import expand
from otelsim.outcome.tables import CALL, Room, empty_calls, empty_scratch
from otelsim.runner.preparing import Prepared
from otelsim.traffic.requests import draw_requests, empty_requests
from otelsim.world.model import World

from .calls import Call, Failure
from .oracle import Oracle

SOURCES = {"self": 1, "infrastructure": 2, "dependency": 3}
LEFT_OUT = ("op", "object_id")
"""Numbers of the fast path's own; the lines show what they stand for."""


def fast_rows(p: Prepared, start_s: int, end_s: int) -> list[dict[str, int]]:
    """What the fast path makes of a slice."""
    cells = p.intensity.cells(start_s, end_s)
    total = p.intensity.number(end_s) - p.intensity.number(start_s)
    requests, calls = empty_requests(total + 1), empty_calls((total + 1) * p.largest_tree)
    n = draw_requests(p.traffic, cells, (0, cells.shape[1]), requests)
    room = Room(requests, empty_scratch(p.largest_tree), np.zeros(len(p.incidents) + 1, np.int64), calls)
    columns = dict(zip(CALL, calls[:, : expand(p.outcome, room, n, 0)], strict=True))
    order = np.lexsort((columns["node"], columns["number"], columns["start_us"]))
    names = [name for name in CALL if name not in LEFT_OUT]
    rows = zip(*(columns[name][order].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


class OracleRows:
    """The oracle's calls with the fast path's numbers in place of names."""

    def __init__(self, world: World, oracle: Oracle) -> None:
        self.world, self.oracle = world, oracle
        self.types = {o.name: i for i, o in enumerate(world.object_types)}
        firsts = accumulate((len(c.error_codes) for c in world.components), initial=len(world.self_errors))
        self.first_kind = list(firsts)
        self.first_row: dict[str, int] = {}
        for row, release_id in enumerate(oracle.releases.rows.release_id):
            self.first_row.setdefault(release_id, row)

    def rows(self, start_s: int, end_s: int) -> list[dict[str, int]]:
        return [self._row(call) for call in self.oracle.calls(start_s, end_s)]

    def _row(self, call: Call) -> dict[str, int]:
        root, sizes = call.root, self.oracle.measuring.draw(call)
        return {
            "number": root.g,
            "node": call.node,
            "parent": call.parent.node if call.parent else -1,
            "start_us": call.start_us,
            "duration": call.duration,
            "service": call.service,
            "release": self.first_row[self.oracle.releases.release_id(call)],
            "persona": self.world.personas.index(root.persona),
            "user": root.user,
            "target": -1 if root.target is None else root.target,
            "object_type": self.types[root.action.object_type] if root.action.object_type else -1,
            "request_bytes": sizes.request_bytes,
            "response_bytes": sizes.response_bytes,
            "query_count": sizes.queries,
            "cache": -1 if sizes.cache_hit is None else sizes.cache_hit,
            "exemplar": int(sizes.exemplar),
            "caller_release": self.first_row[self.oracle.releases.release_id(call.parent)] if call.parent else -1,
        } | self._failure(call.failure)

    def _failure(self, failure: Failure | None) -> dict[str, int]:
        upstream = failure.upstream if failure else None
        incidents = self.oracle.outcome.failing.incidents
        return {
            "source": SOURCES[failure.source] if failure else 0,
            "error": self._kind(failure) if failure else -1,
            "incident": incidents.index(failure.incident) if failure and failure.incident else -1,
            "upstream": upstream.node if upstream else -1,
            "upstream_service": upstream.service if upstream else -1,
        }

    def _kind(self, failure: Failure) -> int:
        if failure.incident:
            component = failure.incident.component
            return self.first_kind[component] + self.world.components[component].error_codes.index(failure.code)
        return [(e.error_type, e.code) for e in self.world.self_errors].index((failure.error_type, failure.code))
