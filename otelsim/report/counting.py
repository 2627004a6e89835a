"""Calls counted, as a page shows them. Everything is a sum, so that slices may be counted apart and added up."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.report.examples import Bools, Examples, Requests
from otelsim.report.lookup import Lookup
from otelsim.report.quantiles import BUCKETS, bucket
from otelsim.runner.output import Made, Quiet

_HOUR_US = 3_600_000_000


class Counts(NamedTuple):
    """Sums over calls. Where a row has two columns, they are all calls, and those that failed."""

    requests: Int64s
    """[bins, 2] requests by the time they began; ``errors`` counts calls so."""
    errors: Int64s
    """[sources, bins] failed calls by `Lookup.sources`."""
    week: Int64s
    """[168] requests by hour of the week, Monday 00 UTC first."""
    personas: Int64s
    """[personas, 2] requests."""
    hours: Int64s
    """[archetypes, 24] requests by hour of the day."""
    places: Int64s
    """[places, 2] requests."""
    waits: Int64s
    """[archetypes, BUCKETS] requests by duration."""
    services: Int64s
    """[services, 2] calls."""
    durations: Int64s
    """[services, BUCKETS] calls by duration."""
    edges: Int64s
    """[edges, 2] calls of dependencies."""
    incident_calls: Int64s
    """[incidents] calls of listed services that began meanwhile."""
    incident_services: Int64s
    """[incidents, services] infrastructure errors."""

    def add(self, other: "Counts") -> None:
        """Add what was counted elsewhere."""
        for mine, theirs in zip(self, other, strict=True):
            mine += theirs


def empty(t: Lookup) -> Counts:
    """All zero."""
    personas, archetypes, incidents = len(t.archetype), len(t.archetypes), len(t.component)
    shapes: Mapping[str, tuple[int, ...]] = {
        "requests": (t.bins.number, 2),
        "errors": (t.sources, t.bins.number),
        "week": (168,),
        "personas": (personas, 2),
        "hours": (archetypes, 24),
        "places": (len(t.places), 2),
        "waits": (archetypes, BUCKETS),
        "services": (t.services, 2),
        "durations": (t.services, BUCKETS),
        "edges": (len(t.edges), 2),
        "incident_calls": (incidents,),
        "incident_services": (incidents, t.services),
    }
    return Counts(**{name: np.zeros(shape, np.int64) for name, shape in shapes.items()})


class Counter(Quiet):
    """An output that counts calls, and looks out for examples."""

    def __init__(self, t: Lookup) -> None:
        self.t, self.counts, self.examples, self.slice = t, empty(t), Examples(), 0

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice; its number is put into ``slice`` by whoever knows it."""

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Count the fresh calls: each comes once, beside all others of its request."""
        c = calls[:, fresh[0] : fresh[1]]
        if not c.shape[1]:
            return
        failed = c[o.SOURCE] != 0
        roots = np.flatnonzero(c[o.PARENT] < 0)
        self._requests(c[:, roots], failed[roots])
        self._calls(c, failed)
        self._errors(c[:, failed])
        self.examples.look(Requests(c, roots, failed, *self._incidents(c)), self.slice)

    def end(self) -> Made:
        """Nothing is left."""
        return Made({}, {}, {})

    def _requests(self, c: Int64s, failed: Bools) -> None:
        t, counts = self.t, self.counts
        archetype, hour = t.archetype[c[o.PERSONA]], c[o.START_US] // _HOUR_US
        _count_both(counts.requests, t.bins.of(c[o.START_US]), failed)
        _count_both(counts.personas, c[o.PERSONA], failed)
        _count_both(counts.places, t.place[c[o.RELEASE]], failed)
        _count(counts.week, (hour + 72) % 168)
        _count(counts.hours, archetype * 24 + hour % 24)
        _count(counts.waits, archetype * BUCKETS + bucket(c[o.DURATION]))

    def _calls(self, c: Int64s, failed: Bools) -> None:
        t, counts, children = self.t, self.counts, c[o.CALLER] >= 0
        _count_both(counts.services, c[o.SERVICE], failed)
        _count(counts.durations, c[o.SERVICE] * BUCKETS + bucket(c[o.DURATION]))
        below = t.caller[c[o.CALLER, children]] * t.services + c[o.SERVICE, children]
        if len(below):
            _count_both(counts.edges, np.searchsorted(t.edges, below), failed[children])

    def _errors(self, c: Int64s) -> None:
        """``c`` has failed calls alone."""
        t, source = self.t, np.zeros(c.shape[1], np.int64)
        behind = c[o.SOURCE] == o.INFRASTRUCTURE
        source[behind] = 1 + t.component[c[o.INCIDENT, behind]]
        above = c[o.SOURCE] == o.DEPENDENCY
        source[above] = t.dependency + c[o.UPSTREAM_SERVICE, above]
        _count(self.counts.errors, source * t.bins.number + t.bins.of(c[o.START_US]))
        _count(self.counts.incident_services, c[o.INCIDENT, behind] * t.services + c[o.SERVICE, behind])

    def _incidents(self, c: Int64s) -> tuple[Bools, Bools]:
        """Whether each call was under an incident, and whether under one that made it slower."""
        t, times = self.t, c[o.START_US]
        touched, slowed = np.zeros((2, c.shape[1]), np.bool_)
        for k in np.flatnonzero((t.start_us <= times.max()) & (t.end_us > times.min())):
            under = (times >= t.start_us[k]) & (times < t.end_us[k]) & (t.listed[t.component[k], c[o.SERVICE]] != 0)
            self.counts.incident_calls[k] += np.count_nonzero(under)
            touched |= under
            if t.slowing[k]:
                slowed |= under
        return touched, slowed


def _count(into: Int64s, places: Int64s) -> None:
    """Add one at each place of an array, taken as flat."""
    flat = into.reshape(-1)
    flat += np.bincount(places, minlength=len(flat))


def _count_both(into: Int64s, rows: Int64s, failed: Bools) -> None:
    """Add one to each row's first column, and to the second where ``failed``."""
    into[:, 0] += np.bincount(rows, minlength=len(into))
    into[:, 1] += np.bincount(rows[failed], minlength=len(into))
