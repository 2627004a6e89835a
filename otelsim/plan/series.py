"""How many distinct series a run's points make."""

from typing import NamedTuple

import numpy as np

from otelsim.plan.rates import Floats, Operations, Releases, operations, releases
from otelsim.runner.preparing import Prepared
from otelsim.signals.names import METRICS

SERIES_PER_SECOND = 18_000
"""New series a second that a single-node store took in, measured."""


class Series(NamedTuple):
    """Expected numbers of distinct label sets: of the metric lines' tags, and of points without the persona."""

    lines: float
    points: float


def expected_series(p: Prepared) -> Series:
    """A label set with rate x is seen with probability 1 - exp(-x)."""
    of_service = releases(p)
    lines = points = 0.0
    for kind in operations(p):
        calls, failures = _calls(kind, of_service[kind.service])
        lines += _seen(kind, calls - failures, failures)
        points += _seen(kind, (calls - failures).sum(axis=0), failures.sum(axis=0))
    return Series(lines, points)


def _calls(kind: Operations, of_service: Releases) -> tuple[Floats, Floats]:
    """Expected calls and failures among them, [personas, releases]."""
    calls = np.outer(kind.rate, of_service.share)
    own = np.outer(kind.own_failures, of_service.share)
    failing = np.outer(kind.rate, kind.incident_failures @ of_service.during)
    return calls, np.minimum(calls, own + failing)


def _seen(kind: Operations, successes: Floats, failures: Floats) -> float:
    """Series of all metrics; the last one, cache_hit, is of successful reads only."""
    always = len(METRICS) - 1
    succeeded = float(-np.expm1(-successes).sum()) * (always + kind.is_read)
    return succeeded + always * float(-np.expm1(-failures).sum())
