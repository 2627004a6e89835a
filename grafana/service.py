"""Service: one service's rate, errors and durations, its releases, canaries, logs and traces."""

from grafana_foundation_sdk.builders import logs as logs_panels
from grafana_foundation_sdk.builders import stat, table, timeseries

from grafana import panels
from grafana.boards import Board, Panels
from grafana.models import Annotation
from grafana.queries import (
    FAILED,
    NEAR,
    PER_SECOND,
    QUANTILES,
    STEP,
    WHOLE,
    added,
    calls,
    largest,
    logs,
    logs_over_time,
    metrics,
    metrics_now,
    quantile_of_calls,
    ratio,
    slow_traces,
)
from grafana.scope import EVERY_CALL, chain, choice, fields, hidden, label_values, labels
from grafana.sources import METRICS

DEPLOYMENT = "environment, region, tag"
"""What tells the deployments of a service apart."""
WAYS = {"deployment": (DEPLOYMENT, "{{environment}} {{region}} {{tag}}"), "action": ("action", "{{action}}")}
TEN = "The ten with the most of it."


def board() -> Board:
    """One service_id."""
    rows: dict[str, Panels] = {
        "In all": totals(),
        "Rate": [rate("deployment"), rate("action")],
        "Errors": [errors("deployment"), errors("action")],
        "Duration": [durations("deployment"), durations("action")],
        "Canary beside default": canaries(),
        "Logs": [volume(), failures()],
        "Traces": [traces()],
    }
    name = hidden(label_values("service_name", f'{EVERY_CALL}{{service_id=~"$service"}}', "service_name"))
    variables = [
        *chain(one_service=True),
        choice("longer_than", "Traces longer than", ["500ms", "100ms", "1s", "5s"]),
        name,
    ]
    about = (
        "Rate, errors and duration of one service by deployment and action; its releases, canaries, logs and traces."
    )
    return Board("Service", about, rows, variables, [releases()])


def totals() -> list[stat.Panel]:
    """Of the whole range."""
    quantiles = [metrics_now(quantile_of_calls(q, WHOLE, "service_id"), name, name) for name, q in QUANTILES.items()]
    running = f"count(count by ({DEPLOYMENT}) ({calls(WHOLE)}))"
    return [
        panels.stat(
            "Calls", [metrics_now(added(calls(WHOLE)))], panels.NUMBER, "Requests, and calls by other services."
        ),
        panels.stat("Calls a second", [metrics_now(f"{added(calls(WHOLE))} / $__range_s")], panels.PER_SECOND),
        panels.stat("Error rate", [metrics_now(ratio(calls(WHOLE, FAILED), calls(WHOLE)))], panels.SHARE),
        panels.stat("Duration", quantiles, panels.MILLISECONDS, NEAR, width=8),
        panels.stat("Deployments", [metrics_now(running)], panels.NUMBER),
    ]


def rate(way: str) -> timeseries.Panel:
    """Calls a second."""
    by, legend = WAYS[way]
    target = metrics(largest(f"{added(calls(STEP), by)} {PER_SECOND}"), legend)
    return panels.timeseries(f"Calls a second by {way}", [target], panels.PER_SECOND, TEN, width=12)


def errors(way: str) -> timeseries.Panel:
    """The share of calls that failed."""
    by, legend = WAYS[way]
    target = metrics(largest(ratio(calls(STEP, FAILED), calls(STEP), by)), legend)
    return panels.timeseries(f"Error rate by {way}", [target], panels.SHARE, TEN, width=12)


def durations(way: str) -> timeseries.Panel:
    """The ninety-fifth percentile."""
    by, legend = WAYS[way]
    target = metrics(largest(quantile_of_calls(0.95, STEP, by)), legend)
    return panels.timeseries(f"p95 by {way}", [target], panels.MILLISECONDS, f"{NEAR} {TEN}", width=12)


def canaries() -> list[timeseries.Panel]:
    """By tag; a service without canaries has only default."""
    spread = f"{added(calls(STEP), 'tag')} {PER_SECOND}"
    return [
        panels.timeseries("Calls a second by tag", [metrics(spread, "{{tag}}")], panels.PER_SECOND),
        panels.timeseries(
            "Error rate by tag", [metrics(ratio(calls(STEP, FAILED), calls(STEP), "tag"), "{{tag}}")], panels.SHARE
        ),
        panels.timeseries(
            "p95 by tag", [metrics(quantile_of_calls(0.95, STEP, "tag"), "{{tag}}")], panels.MILLISECONDS, NEAR
        ),
    ]


def releases() -> Annotation:
    """Where a deployment's release has its first call of 30 days: a rollout, seen from what ran."""
    by = f"{DEPLOYMENT}, release"
    before = f"count_over_time({EVERY_CALL}{{{labels()}}}[30d] offset {STEP})"
    query = metrics(f"{added(calls(STEP), by)} unless {added(before, by)}", ref="Anno")
    texts = {"title": "Release {{release}}", "text": "{{environment}} {{region}} {{tag}}", "tags": "tag,environment"}
    return Annotation(query, texts, name="Releases", datasource=METRICS, icon_color="blue")


def volume() -> timeseries.Panel:
    """Log records by level."""
    target = logs_over_time(f"{fields()} | stats by (level) count() records", "{{level}}")
    return panels.bars("Log records by level", [target], panels.NUMBER, width=24)


def failures() -> logs_panels.Panel:
    """The latest."""
    about = "A record opens to its fields; its trace is linked there."
    return panels.records("Failures", [logs(f'{fields()} success:="false"')], about)


def traces() -> table.Panel:
    """By the name that the spans have of the service."""
    about = "The latest traces in which one of its calls took longer than chosen above, the longest first."
    return panels.found_traces("Slowest traces", [slow_traces("$service_name", "$longer_than", 50)], about)
