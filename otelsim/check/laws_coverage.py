"""Enough of everything: services, personas and errors, where the run is large enough or asks for it."""

from collections.abc import Iterable

from otelsim.check.laws import RUN
from otelsim.check.registry import Finding, compared
from otelsim.check.tally import Counts, RunTally

LARGE = 100_000
"""Requests from which every service and persona must have been seen."""


def _seen(names: Iterable[str], found: Counts) -> Finding:
    due = list(names)
    return compared([f"{name} was never seen" for name in due if not found[name]], len(due))


def _asked(run: RunTally, names: Iterable[str], found: Counts) -> Finding:
    """Tried only where the scenario asks for errors."""
    if not run.scenario.min_errors:
        return Finding(0)
    due = list(names)
    return compared([f"{name}: no error at all, too few to mean anything" for name in due if not found[name]], len(due))


@RUN.law("coverage.services", "every service of the world sees traffic (runs of 100,000 requests or more)")
def services(run: RunTally) -> Finding:
    """No service is silent."""
    if run.scenario.total_events < LARGE:
        return Finding(0)
    return _seen((service.key for service in run.world.services), run.tally.services)


@RUN.law("coverage.personas", "every persona that has users is seen (runs of 100,000 requests or more)")
def personas(run: RunTally) -> Finding:
    """No persona is idle; one whose share is less than a user may have none."""
    if run.scenario.total_events < LARGE:
        return Finding(0)
    users = run.scenario.total_users
    return _seen((p.name for p in run.world.personas if p.users_share * users >= 1), run.tally.personas)


@RUN.law("coverage.kinds", "at least min_errors errors of each kind: self, infrastructure, dependency")
def kinds(run: RunTally) -> Finding:
    """The scenario asks for enough of each."""
    least = run.scenario.min_errors
    found: Counts = Counts()
    for source, calls in run.tally.sources.items():
        found[source.split(":")[0]] += calls
    kinds = ("self", "infrastructure", "dependency") if least else ()
    told = [
        f"{kind}: {found[kind]} errors of {least}, too few to mean anything" for kind in kinds if found[kind] < least
    ]
    return compared(told, len(kinds))


@RUN.law("coverage.components", "where min_errors asks for errors: each component causes some")
def components(run: RunTally) -> Finding:
    """Every hidden dependency shows."""
    return _asked(run, (f"infrastructure:{c.name}" for c in run.world.components), run.tally.sources)


@RUN.law("coverage.edges", "where min_errors asks for errors: each documented dependency on a listed service cascades")
def edges(run: RunTally) -> Finding:
    """Every edge that can cascade does; a service that no component lists cannot be made to fail."""
    keys = [service.key for service in run.world.services]
    failing = {service for component in run.world.components for service in component.services}
    pairs = ((s, d) for s, needed in enumerate(run.world.dependencies) for d in needed if d in failing)
    return _asked(run, (f"{keys[s]} -> {keys[d]}" for s, d in pairs), run.tally.edges)
