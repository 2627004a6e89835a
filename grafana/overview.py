"""Overview: traffic, error rate, latency and error budget by environment, region and stack."""

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries

from grafana import panels
from grafana.boards import Board, Panels
from grafana.queries import (
    PER_SECOND,
    QUANTILES,
    REFUSED,
    SERVER_FAULT,
    STEP,
    WHOLE,
    added,
    metrics,
    metrics_now,
    metrics_table,
    quantile_of_requests,
    ratio,
    requests,
)
from grafana.scope import chain, choice

WAYS = {"environment": "environment", "region": "environment, region", "stack": "stack_id"}
"""What is compared, and by which labels."""
ALLOWED = "(1 - $objective / 100)"
REQUESTS_ONLY = "Requests of users; calls of dependencies are not counted."


def board() -> Board:
    """The first dashboard to look at."""
    rows: dict[str, Panels] = {
        "In all": totals(),
        "Traffic": [traffic(way) for way in WAYS],
        "Errors": [errors(way) for way in WAYS],
        "Latency": [*(latency(way) for way in ("environment", "region")), slowest_stacks()],
        "Stacks": [stacks()],
        "Error budget": budget(),
    }
    variables = [*chain(), choice("objective", "Objective, %", ["99.5", "99", "99.9"])]
    about = "Requests, errors, latency and error budget by environment, region and stack."
    return Board("Overview", about, rows, variables)


def totals() -> list[stat.Panel]:
    """Of the whole range."""
    of_requests = requests(WHOLE)
    quantiles = [metrics_now(quantile_of_requests(q, WHOLE), name, name) for name, q in QUANTILES.items()]
    left = f"1 - {ratio(requests(WHOLE, SERVER_FAULT), of_requests)} / {ALLOWED}"
    return [
        panels.stat("Requests", [metrics_now(added(of_requests))], panels.NUMBER, REQUESTS_ONLY),
        panels.stat("Requests a second", [metrics_now(f"{added(of_requests)} / $__range_s")], panels.PER_SECOND),
        panels.stat("Error rate", [metrics_now(ratio(requests(WHOLE, REFUSED), of_requests))], panels.SHARE, FAILED),
        panels.stat("Latency", quantiles, panels.SECONDS, IN_BUCKETS, width=8),
        panels.stat("Error budget left", [metrics_now(left)], panels.SHARE, BUDGET),
    ]


FAILED = "The share of requests that were answered with 4xx or 5xx."
IN_BUCKETS = "From the histograms: right to a bucket of the conventions' boundaries."
BUDGET = (
    "What the objective allows to be answered with 5xx, less what was: 100 % is all of it, and below 0 % the objective "
    "is missed. 4xx are the clients' own."
)


def traffic(way: str) -> timeseries.Panel:
    """Requests a second."""
    expr = f"{added(requests(STEP), WAYS[way])} {PER_SECOND}"
    return panels.timeseries(f"Requests a second by {way}", [metrics(expr, legend(way))], panels.PER_SECOND)


def errors(way: str) -> timeseries.Panel:
    """The share of requests that failed."""
    expr = ratio(requests(STEP, REFUSED), requests(STEP), WAYS[way])
    return panels.timeseries(f"Error rate by {way}", [metrics(expr, legend(way))], panels.SHARE, FAILED)


def latency(way: str) -> timeseries.Panel:
    """Three quantiles."""
    targets = [
        metrics(quantile_of_requests(q, STEP, WAYS[way]), f"{name} {legend(way)}", name)
        for name, q in QUANTILES.items()
    ]
    return panels.timeseries(f"Latency by {way}", targets, panels.SECONDS, IN_BUCKETS)


def slowest_stacks() -> timeseries.Panel:
    """One quantile: three of every stack would be too many lines to read."""
    target = metrics(quantile_of_requests(0.95, STEP, WAYS["stack"]), legend("stack"))
    return panels.timeseries("p95 by stack", [target], panels.SECONDS, IN_BUCKETS)


def legend(way: str) -> str:
    """The values of the labels."""
    return " ".join(f"{{{{{label}}}}}" for label in WAYS[way].split(", "))


def stacks() -> table.Panel:
    """All of it as numbers, a row a stack."""
    by = WAYS["stack"]
    whole = requests(WHOLE)
    targets = [
        metrics_table(added(whole, by), "requests"),
        metrics_table(ratio(requests(WHOLE, REFUSED), whole, by), "errors"),
        *(metrics_table(quantile_of_requests(q, WHOLE, by), name) for name, q in QUANTILES.items()),
    ]
    columns = {
        by: ("Stack", ""),
        "Value #requests": ("Requests", panels.NUMBER),
        "Value #errors": ("Error rate", panels.SHARE),
        **{f"Value #{name}": (name, panels.SECONDS) for name in QUANTILES},
    }
    return panels.table("By stack", targets, columns)


def budget() -> list[timeseries.Panel | bargauge.Panel]:
    """How fast it is spent, what is left of it, and who spends it."""
    whole, faults = requests(WHOLE), requests(WHOLE, SERVER_FAULT)
    burn = f"{ratio(requests(STEP, SERVER_FAULT), requests(STEP))} / {ALLOWED}"
    spent = f"running_sum({added(requests(STEP, SERVER_FAULT))} or 0 * {added(requests(STEP))})"
    allowed = f"scalar({added(whole)} @ end()) / (1 / {ALLOWED})"
    by_stack = f"{ratio(faults, whole, WAYS['stack'])} / {ALLOWED}"
    return [
        panels.timeseries("Burn rate", [metrics(burn, "burn rate")], panels.NUMBER, BURN),
        panels.lines("Left of the range's budget", [metrics(f"1 - {spent} / ({allowed})", "left")], panels.SHARE),
        panels.ranking("Burn rate by stack", [metrics_now(by_stack, legend("stack"))], panels.NUMBER, BURN),
    ]


BURN = "The share of 5xx over what the objective allows: at 1 the budget lasts just as long as the range."
