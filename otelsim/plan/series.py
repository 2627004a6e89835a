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
        successes, failures = _calls(kind, of_service[kind.service])
        lines += _seen(kind, successes, failures)
        points += _seen(kind, successes.sum(axis=0), failures.sum(axis=0))
    return Series(lines, points)


def _calls(kind: Operations, of_service: Releases) -> tuple[Floats, Floats]:
    """Expected requests that succeed, and that fail, in such a call, [personas, releases]."""
    reached = kind.requests.T @ of_service.share[: len(kind.requests)]
    own = np.outer(kind.own_failures, of_service.share[0])
    failed = own + np.outer(kind.calls, kind.incident_failures @ of_service.during)
    return np.maximum(0.0, reached - failed), np.minimum(reached, failed)


def _seen(kind: Operations, successes: Floats, failures: Floats) -> float:
    """Series of all metrics; the last one, cache_hit, is of successful reads only."""
    always = len(METRICS) - 1
    succeeded = float(-np.expm1(-successes).sum()) * (always + kind.is_read)
    return succeeded + always * float(-np.expm1(-failures).sum())
