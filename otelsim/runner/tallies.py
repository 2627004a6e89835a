"""What a slice held, counted while it is written."""

from typing import NamedTuple

import numpy as np
from numba import njit

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.runner.preparing import Prepared
from otelsim.signals.names import LEVELS, error_kinds


class Tally(NamedTuple):
    """Counters of one slice; kinds of error and incidents are counted with one entry more, so none is empty."""

    totals: Int64s
    """Requests, calls, points, self errors."""
    personas: Int64s
    services: Int64s
    levels: Int64s
    components: Int64s
    """Infrastructure errors by component."""
    dependencies: Int64s
    """Cascades by failed service."""
    incident_errors: Int64s
    incident_cascades: Int64s


def empty_tally(p: Prepared) -> Tally:
    """All zero, for a run's world."""
    w, n = p.world, len(p.incidents) + 1
    sizes = (4, len(w.personas), len(w.services), len(LEVELS), len(w.components), len(w.services), n, n)
    return Tally(*(np.zeros(size, np.int64) for size in sizes))


def sorting(p: Prepared) -> tuple[Int64s, Int64s]:
    """What calls are counted under: the level of each kind of error, the component of each incident."""
    levels = [LEVELS.index(k.level) for k in error_kinds(p.world)]
    return np.array(levels, np.int64), np.array([i.component for i in p.incidents] + [0], np.int64)


@njit(cache=True, nogil=True)
def count(tally, level, component, c, order):  # type: ignore[no-untyped-def]
    """Add the calls of ``order``."""
    for i in order:
        tally.totals[1] += 1
        tally.totals[2] += 5 if c[o.CACHE, i] >= 0 else 4
        tally.services[c[o.SERVICE, i]] += 1
        if c[o.PARENT, i] < 0:
            tally.totals[0] += 1
            tally.personas[c[o.PERSONA, i]] += 1
        source, k = c[o.SOURCE, i], c[o.INCIDENT, i]
        tally.levels[level[c[o.ERROR, i]] if source else 0] += 1
        if source == o.SELF:
            tally.totals[3] += 1
        elif source == o.INFRASTRUCTURE:
            tally.components[component[k]] += 1
            tally.incident_errors[k] += 1
        elif source == o.DEPENDENCY:
            tally.dependencies[c[o.UPSTREAM_SERVICE, i]] += 1
            tally.incident_cascades[k] += 1
