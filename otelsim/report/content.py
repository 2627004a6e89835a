"""A run's numbers and names as JSON values, for the page's script."""

from typing import Any

import numpy as np

from otelsim import __version__
from otelsim.draws import Int64s
from otelsim.report.bins import MOST_BINS, MOST_COLUMNS, bins
from otelsim.report.comparing import Difference
from otelsim.report.quantiles import quantiles
from otelsim.report.remaking import Remade
from otelsim.runner.finished import Finished
from otelsim.scenario import to_manifest
from otelsim.signals.names import LEVELS
from otelsim.times import weekday_hour
from otelsim.traffic.people import users_by_persona

Values = dict[str, Any]
ENOUGH = 4
"""So many failed calls make a bin worth its place."""


def content(run: Finished, made: Remade, traces: list[Values], found: list[Difference]) -> Values:
    """Everything that the page shows."""
    return {
        "run": _run(run),
        "totals": {**made.totals.counts(), "failed_requests": int(made.counts.requests[:, 1].sum())},
        **{"levels": dict(zip(LEVELS, made.totals.sums.levels.tolist(), strict=True))},
        "differences": [each._asdict() for each in found],
        "traffic": _traffic(run, made),
        "week": _week(run, made),
        "places": _places(made),
        "archetypes": _archetypes(run, made),
        "personas": _personas(run, made),
        "services": _services(run, made),
        "components": _components(run),
        "edges": _edges(made),
        "errors": _errors(run, made),
        "incidents": _incidents(run, made),
        "traces": traces,
    }


def _run(run: Finished) -> Values:
    scenario, said = to_manifest(run.prepared.scenario), run.manifest
    kept = ("name", "total_users", "seed", "world", "call_depth", "cascade_factor", "start", "end")
    return {
        **{key: scenario[key] for key in kept},
        "seed": str(scenario["seed"]),  # a script's numbers end at 2**53
        "otelsim": __version__,
        "counts": said["counts"],
        "account": said.get("account", {}),
        **{key: said[key] for key in ("run_id", "sink", "compress", "content_digest", "workers")},
    }


def _traffic(run: Finished, made: Remade) -> Values:
    scenario, fine = run.prepared.scenario, made.lookup.bins
    coarse = bins(scenario.start, scenario.end, MOST_COLUMNS)
    requests, failed = fine.joined(made.counts.requests.T, coarse).tolist()
    return {"first_s": coarse.first_s, "length_s": coarse.length_s, "requests": requests, "failed": failed}


def _week(run: Finished, made: Remade) -> Values:
    """Requests by hour of the week, and how many such hours the run has; a part of an hour counts as that part."""
    start, end = run.prepared.scenario.start, run.prepared.scenario.end
    whole, seconds = divmod(end - start, 7 * 86_400)
    hours = np.full(168, whole * 3_600, np.int64)
    at = end - seconds
    while at < end:
        until = min(end, at // 3_600 * 3_600 + 3_600)
        hours[weekday_hour(at)] += until - at
        at = until
    return {"requests": made.counts.week.tolist(), "hours": [round(s / 3_600, 4) for s in hours.tolist()]}


def _places(made: Remade) -> list[Values]:
    rows = zip(made.lookup.places, made.counts.places.tolist(), strict=True)
    return [
        {"environment": place[0], "region": place[1], "requests": requests, "failed": failed}
        for place, (requests, failed) in rows
    ]


def _archetypes(run: Finished, made: Remade) -> list[Values]:
    rows = zip(made.lookup.archetypes, made.counts.hours.tolist(), made.counts.waits, strict=True)
    return [{"name": name, "hours": hours, "quantiles_ms": _ms(waits)} for name, hours, waits in rows]


def _personas(run: Finished, made: Remade) -> list[Values]:
    world, users = run.prepared.world, run.prepared.scenario.total_users
    rows = zip(world.personas, users_by_persona(world, users), made.counts.personas.tolist(), strict=True)
    return [
        {
            "name": persona.name,
            "archetype": made.lookup.archetypes.index(persona.archetype),
            "users": n,
            "requests": requests,
            "failed": failed,
        }
        for persona, n, (requests, failed) in rows
    ]


def _services(run: Finished, made: Remade) -> list[Values]:
    counts = made.counts
    rows = zip(run.prepared.world.services, counts.services.tolist(), counts.durations, strict=True)
    return [
        {"stack": s.stack, "name": s.name, "calls": calls, "failed": failed, "quantiles_ms": _ms(durations)}
        for s, (calls, failed), durations in rows
    ]


def _components(run: Finished) -> list[Values]:
    return [
        {"name": c.name, "type": c.error_type, "description": c.description, "services": list(c.services)}
        for c in run.prepared.world.components
    ]


def _edges(made: Remade) -> list[list[int]]:
    """[caller, callee, calls, failed]."""
    rows = zip(made.lookup.edges.tolist(), made.counts.edges.tolist(), strict=True)
    return [[*divmod(edge, made.lookup.services), *calls] for edge, calls in rows]


def _errors(run: Finished, made: Remade) -> Values:
    """By source: its failed calls as [bin, calls, bin, calls ...], as most bins have none."""
    world, scenario, counted = run.prepared.world, run.prepared.scenario, made.counts.errors
    most = max(MOST_COLUMNS // 4, min(MOST_BINS, int(counted.sum()) // ENOUGH))
    fine = bins(scenario.start, scenario.end, most)
    names = ["self", *(f"infrastructure:{c.name}" for c in world.components)]
    names += [f"dependency:{s.key}" for s in world.services]
    sources = [
        {"name": name, "errors": int(row.sum()), "bins": _sparse(row)}
        for name, row in zip(names, made.lookup.bins.joined(counted, fine), strict=True)
        if row.any()
    ]
    return {"first_s": fine.first_s, "length_s": fine.length_s, "count": fine.number, "sources": sources}


def _sparse(row: Int64s) -> list[int]:
    places = np.flatnonzero(row)
    pairs: list[int] = np.stack([places, row[places]], axis=1).ravel().tolist()
    return pairs


def _incidents(run: Finished, made: Remade) -> list[Values]:
    """As `incidents.jsonl` has them, with numbers for names, and what was counted besides."""
    found = []
    for k, (incident, told) in enumerate(zip(run.prepared.incidents, made.totals.incidents(), strict=True)):
        errors = made.counts.incident_services[k]
        kept = ("failure_rate", "latency_factor", "origin", "infrastructure_errors", "cascades")
        found.append(
            {
                "component": incident.component,
                "start_s": incident.start_s,
                "end_s": incident.end_s,
                **{key: told[key] for key in kept},
                "calls": int(made.counts.incident_calls[k]),
                "services": _sparse(errors),
            }
        )
    return found


def _ms(durations: Int64s) -> list[float]:
    return [round(value / 100, 2) for value in quantiles(durations)]
