"""Calls beside the incidents that were active at their start."""

import polars as pl

from .runs import Run

EDGE_US = 60_000_000
"""A request this close to an incident's edge is left out where parent and child must see the same incidents."""


def active(run: Run, calls: pl.DataFrame) -> pl.DataFrame:
    """``calls`` once for each incident that is active at their start."""
    parts = []
    for i in run.incidents:
        inside = pl.col("start_us").is_between(i.start_s * 1_000_000, i.end_s * 1_000_000, closed="left")
        numbers = {"failure_rate": i.failure_rate, "latency_factor": i.latency_factor}
        columns = [pl.lit(value).alias(name) for name, value in numbers.items()]
        parts.append(calls.filter(inside).with_columns(pl.lit(i.component, pl.Int32).alias("component"), *columns))
    # Of one component only the first active incident counts.
    return pl.concat(parts).unique(["span", "component"], keep="first", maintain_order=True)


def at_an_edge(run: Run) -> pl.Expr:
    """Whether a call starts near the begin or end of any incident."""
    edges = [t * 1_000_000 for i in run.incidents for t in (i.start_s, i.end_s)]
    return pl.any_horizontal((pl.col("start_us") - edge).abs() <= EDGE_US for edge in edges)


def listings(run: Run) -> pl.DataFrame:
    """(component, service) for each service that a component's row lists."""
    services = run.world.services
    rows = [(c, services[s].key) for c, component in enumerate(run.world.components) for s in component.services]
    return pl.DataFrame(rows, schema={"component": pl.Int32, "service": pl.String}, orient="row")


def dependencies(run: Run) -> pl.DataFrame:
    """(service, place, dependency) in the order of the table."""
    services = run.world.services
    calls = enumerate(run.world.dependencies)
    rows = [(services[s].key, place, services[d].key) for s, called in calls for place, d in enumerate(called)]
    schema = {"service": pl.String, "place": pl.Int32, "dependency": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def failing_component(run: Run) -> pl.Expr:
    """The component that an infrastructure error names, or null."""
    numbers = {f"infrastructure:{c.name}": i for i, c in enumerate(run.world.components)}
    source = pl.col("error_source").cast(pl.String)
    return source.replace_strict(numbers, default=None, return_dtype=pl.Int32).alias("failed_by")


def named(calls: pl.DataFrame) -> pl.DataFrame:
    """With the service as a text, for joins."""
    return calls.with_columns(pl.col("service").cast(pl.String))
