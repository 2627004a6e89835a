"""Releases: how one service's releases roll out, and how each of them does."""

from grafana_foundation_sdk.builders import stat, table, timeseries

from grafana import panels
from grafana.boards import Board, Panels
from grafana.queries import (
    FAILED,
    NEAR,
    PER_SECOND,
    STEP,
    WHOLE,
    added,
    calls,
    largest,
    metrics,
    metrics_now,
    metrics_table,
    quantile_of_calls,
    ratio,
)
from grafana.scope import chain
from grafana.service import DEPLOYMENT, WAYS, releases

BY, LEGEND = "release", "{{release}}"
LATEST = "The ten with the most calls."


def board() -> Board:
    """One service_id."""
    rows: dict[str, Panels] = {
        "In all": totals(),
        "Rollout": [rollout(), calls_by_release()],
        "How they do": [errors(), durations()],
        "Releases": [all_of_them()],
    }
    about = "Rollout over time, error rate and latency of one service's releases."
    return Board("Releases", about, rows, chain(one_service=True), [releases()])


def totals() -> list[stat.Panel]:
    """Of the whole range."""
    seen = f"count(count by ({BY}) ({calls(WHOLE)}))"
    rolled = f"count(count by ({DEPLOYMENT}, {BY}) ({calls(WHOLE)}))"
    return [
        panels.stat("Releases that ran", [metrics_now(seen)], panels.NUMBER, width=8),
        panels.stat("Releases of deployments", [metrics_now(rolled)], panels.NUMBER, EACH, width=8),
        panels.stat("Error rate", [metrics_now(ratio(calls(WHOLE, FAILED), calls(WHOLE)))], panels.SHARE, width=8),
    ]


EACH = "A release counts once for each environment, region and tag that it ran in."


def rollout() -> timeseries.Panel:
    """The number of what each deployment runs."""
    number = f'label_value({calls(STEP)}, "release")'
    target = metrics(f"max by ({DEPLOYMENT}) ({number})", WAYS["deployment"][1])
    about = (
        "The number of the release that answers calls: dev and stg first, there canary first, then region after region."
    )
    made = panels.lines("Release of each deployment", [target], "none", about, width=12)
    return made.span_nulls(True).line_interpolation(panels.STEPS).line_width(2)


def calls_by_release() -> timeseries.Panel:
    """What part of the calls each release answers."""
    target = metrics(largest(f"{added(calls(STEP), BY)} {PER_SECOND}", 20), LEGEND)
    about = "The twenty releases with the most calls."
    return panels.bars("Calls a second by release", [target], panels.PER_SECOND, about, width=12)


def errors() -> timeseries.Panel:
    """The share of calls that failed."""
    target = metrics(_of_the_busiest(ratio(calls(STEP, FAILED), calls(STEP), BY)), LEGEND)
    return panels.timeseries("Error rate by release", [target], panels.SHARE, LATEST, width=12)


def durations() -> timeseries.Panel:
    """The ninety-fifth percentile."""
    target = metrics(_of_the_busiest(quantile_of_calls(0.95, STEP, BY)), LEGEND)
    return panels.timeseries("p95 by release", [target], panels.MILLISECONDS, f"{NEAR} {LATEST}", width=12)


def _of_the_busiest(query: str) -> str:
    """The ten releases with the most calls in the whole range."""
    return f"({query}) and on ({BY}) topk(10, {added(calls(WHOLE), BY)} @ end())"


def all_of_them() -> table.Panel:
    """A row for each release of each deployment."""
    by = f"{BY}, {DEPLOYMENT}"
    targets = [
        metrics_table(added(calls(WHOLE), by), "calls"),
        metrics_table(ratio(calls(WHOLE, FAILED), calls(WHOLE), by), "errors"),
        metrics_table(quantile_of_calls(0.5, WHOLE, by), "p50"),
        metrics_table(quantile_of_calls(0.95, WHOLE, by), "p95"),
    ]
    columns = {
        **{label: (label.capitalize(), "") for label in by.split(", ")},
        "Value #calls": ("Calls", panels.NUMBER),
        "Value #errors": ("Error rate", panels.SHARE),
        "Value #p50": ("p50", panels.MILLISECONDS),
        "Value #p95": ("p95", panels.MILLISECONDS),
    }
    return panels.table("Releases", targets, columns, NEAR)
