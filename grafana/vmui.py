"""The overview for VictoriaMetrics' own page (vmui), for those without Grafana.

Its format is that of app/vmui/README.md in VictoriaMetrics: rows of panels, a panel's width in columns of 12. It has no
variables; a window of ``[1i]`` is one step.
"""

from collections.abc import Callable

from grafana.queries import QUANTILES, REFUSED, ROOTS, largest
from grafana.scope import EVERY_CALL

COUNT, BUCKETS = f"{ROOTS}_count", f"{ROOTS}_bucket"
SIX = 6
Panel = dict[str, object]


def page() -> dict[str, object]:
    """The whole dashboard."""
    return {
        "title": "otelsim: overview",
        # One row: the page shows the others closed.
        "rows": [{"title": "Requests", "panels": [*both(traffic), *both(errors), latency(), slowest()]}],
    }


def both(shown: Callable[[str], Panel]) -> list[Panel]:
    """By environment and by stack."""
    return [shown("environment"), shown("stack")]


def panel(title: str, expr: list[str], alias: list[str], unit: str, about: str) -> Panel:
    """Half a row wide."""
    return {"title": title, "description": about, "unit": unit, "expr": expr, "alias": alias, "width": 6}


def traffic(label: str) -> Panel:
    """Requests a second."""
    expr = largest(f"sum by ({label}) (increase({COUNT}[1i])) / step()", SIX)
    return panel(f"Requests a second by {label}", [expr], [f"{{{{{label}}}}}"], "/s", "The six with the most.")


def errors(label: str) -> Panel:
    """The share of requests that failed."""
    whole = f"sum by ({label}) (increase({COUNT}[1i]))"
    failed = f"sum by ({label}) (increase({COUNT}{{{REFUSED}}}[1i]))"
    expr = largest(f"100 * ({failed} or 0 * {whole}) / {whole}", SIX)
    about = "Answers of 4xx and 5xx; the six with the most."
    return panel(f"Error rate by {label}", [expr], [f"{{{{{label}}}}}"], "%", about)


def latency() -> Panel:
    """Three quantiles of all requests."""
    expr = [f"histogram_quantile({q}, sum by (le) (increase({BUCKETS}[1i])))" for q in QUANTILES.values()]
    return panel("Latency", expr, list(QUANTILES), "s", "From the histograms: right to a bucket.")


def slowest() -> Panel:
    """By the points of every call."""
    found = f"sum by (service_id, vmrange) (histogram_over_time({EVERY_CALL}[1i]))"
    expr = largest(f"histogram_quantile(0.95, {found})", SIX)
    return panel("p95 of the six slowest services", [expr], ["{{service_id}}"], "ms", "From the points of every call.")
