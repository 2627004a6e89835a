"""All slices' counters added up, under their names: what the summary and the incidents' list say."""

from typing import Any

import numpy as np

from otelsim.draws import Int64s
from otelsim.runner.preparing import Prepared
from otelsim.runner.tallies import Tally, empty_tally
from otelsim.signals.names import LEVELS
from otelsim.times import rfc3339_us


def listed(tally: Tally) -> dict[str, list[int]]:
    """Counters as they are told between processes and in journals."""
    return {field: column.tolist() for field, column in tally._asdict().items()}


class Totals:
    """The sums of a run's tallies."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.sums = prepared, empty_tally(prepared)

    def add(self, tally: dict[str, list[int]]) -> None:
        """Add a slice's counters."""
        for field, counts in tally.items():
            column: Int64s = getattr(self.sums, field)
            column += np.array(counts, np.int64)

    def told(self) -> dict[str, list[int]]:
        """The sums, as `add` takes them."""
        return listed(self.sums)

    def counts(self) -> dict[str, int]:
        """Records by signal; every call is a span and a log record."""
        requests, calls, points, _ = self.sums.totals.tolist()
        return {"requests": requests, "spans": calls, "logs": calls, "points": points}

    def breakdown(self) -> dict[str, dict[str, int]]:
        """Requests by persona; calls by stack, level and error source."""
        world, sums = self.prepared.world, self.sums
        stacks = dict.fromkeys((s.stack for s in world.services), 0)
        for service, n in zip(world.services, sums.services.tolist(), strict=True):
            stacks[service.stack] += n
        return {
            "personas": dict(zip((p.name for p in world.personas), sums.personas.tolist(), strict=True)),
            "stacks": stacks,
            "levels": dict(zip(LEVELS, sums.levels.tolist(), strict=True)),
            "error_sources": _sources(self.prepared, sums),
        }

    def incidents(self) -> list[dict[str, Any]]:
        """Every incident with its effects."""
        effects = zip(self.sums.incident_errors.tolist(), self.sums.incident_cascades.tolist(), strict=True)
        listed = zip(self.prepared.incidents, effects, strict=False)
        return [
            {**_described(self.prepared, k), "infrastructure_errors": e, "cascades": c}
            for k, (_, (e, c)) in enumerate(listed)
        ]


def _described(prepared: Prepared, k: int) -> dict[str, Any]:
    incident = prepared.incidents[k]
    cause = prepared.world.components[incident.component]
    return {
        "component": cause.name,
        "start": rfc3339_us(incident.start_s * 1_000_000),
        "end": rfc3339_us(incident.end_s * 1_000_000),
        "failure_rate": incident.failure_rate,
        "latency_factor": incident.latency_factor,
        "error_type": cause.error_type,
        "services": [prepared.world.services[s].key for s in cause.services],
        "origin": incident.origin,
    }


def _sources(prepared: Prepared, sums: Tally) -> dict[str, int]:
    world = prepared.world
    named = {"self": int(sums.totals[3])}
    for component, n in zip(world.components, sums.components.tolist(), strict=True):
        named[f"infrastructure:{component.name}"] = n
    for service, n in zip(world.services, sums.dependencies.tolist(), strict=True):
        named[f"dependency:{service.key}"] = n
    return {source: n for source, n in named.items() if n}
