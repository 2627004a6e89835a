"""Sets of attributes that histograms are kept for: calls with equal ones are one series of a release."""

from dataclasses import dataclass

import numpy as np

from otelsim.draws import Int64s
from otelsim.signals.conventions import Attributes, histogram_attributes
from otelsim.signals.names import error_kinds, operations
from otelsim.world.model import World


@dataclass(frozen=True)
class SeriesSets:
    """All sets of a world, those of HTTP first."""

    attributes: list[Attributes]
    """By number of the set."""
    http: int
    """How many are sets of ``http.server.request.duration``; the others are of ``rpc.server.call.duration``."""
    of_call: Int64s
    """int64[operations, error kinds + 1]: the set's number by ``Calls.op`` and ``Calls.error`` + 1."""


def series_sets(world: World, depth: int) -> SeriesSets:
    """The sets of calls that go ``depth`` levels down."""
    ops, kinds = operations(world, depth), [None, *error_kinds(world)]
    numbers: dict[tuple[tuple[str, object], ...], int] = {}
    found: list[Attributes] = []
    of_call = np.zeros((len(ops), len(kinds)), np.int64)
    http = 0
    for root in (True, False):
        for i in (i for i, op in enumerate(ops) if (op.node == 0) == root):
            for k, kind in enumerate(kinds):
                attributes = histogram_attributes(world, ops[i], kind)
                key = tuple(attributes.items())
                if key not in numbers:
                    numbers[key] = len(found)
                    found.append(attributes)
                of_call[i, k] = numbers[key]
        http = http or len(found)
    return SeriesSets(found, http, of_call)
