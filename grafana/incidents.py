"""Incidents: failures by their source, as the logs say it, with the windows in which components failed.

The source of a failure is a field of the logs and no label of the metrics. A window is made of the hours in a row in
which a component failed: an hour's number less its place among the component's hours is the same for all of them.
"""

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.builders import logs as logs_panels

from grafana import panels
from grafana.boards import Board, Panels
from grafana.models import Annotation
from grafana.queries import (
    FAILED,
    NEAR,
    STEP,
    added,
    calls,
    largest,
    logs,
    logs_counted,
    logs_over_time,
    metrics,
    quantile_of_calls,
    ratio,
)
from grafana.scope import chain, field_values, fields, with_all
from grafana.sources import LOGS, METRICS

OF_A_COMPONENT = 'error_source:="infrastructure:"* | extract "infrastructure:<component>" from error_source'
COMPONENTS = f"{fields()} {OF_A_COMPONENT} | filter component:in($component)"
CASCADES = f'{fields()} error_source:="dependency:"* | extract "dependency:<dependency>" from error_source'
KINDS = f'{fields()} success:="false" | extract_regexp "^(?P<kind>[a-z]+)" from error_source'
KIND_TITLES = {"infrastructure": "Infrastructure failures", "dependency": "Cascades", "self": "Their own failures"}
AFFECTED = 'service_id=~"$affected"'
WINDOWS = (
    f"{COMPONENTS} | stats by (_time:1h, component) min(_time) first, max(_time) last, count() n"
    " | sort by (_time) | running_stats by (component) count() nth"
    " | math round(_time / 3600000000000) - nth as run"
    " | stats by (component, run) min(first) as since, max(last) as until, sum(n) failures"
)
MANY = "0.05"
"""A stack fails if this share of its calls does."""


def board() -> Board:
    """What failed, why, and whom it hit."""
    rows: dict[str, Panels] = {
        "In all": [*map(total, KIND_TITLES), failing()],
        "By source": [by_kind(), by_component(), by_dependency()],
        "Incidents": [windows(), of_components()],
        "Whom it hits": [affected_services(), affected_latency(), affected_errors()],
        "Logs": [failures()],
    }
    component = field_values("component", f"{fields('environment', 'region')} {OF_A_COMPONENT}", "component")
    hit = field_values("affected", f"{fields()} {OF_A_COMPONENT} | filter component:in($component)", "service_id")
    variables = [*chain(), with_all(component).all_value(".*"), with_all(hit).label("Affected services")]
    about = "Failures by source, component and failed dependency, incidents, and the latency of the services they hit."
    return Board("Incidents", about, rows, variables, [*limits(), shades()])


def total(kind: str) -> stat.Panel:
    """Of one kind."""
    expr = f'{KINDS} | filter kind:="{kind}" | stats count() failures'
    return panels.stat(KIND_TITLES[kind], [logs_counted(expr, kind)], panels.NUMBER, SOURCES[kind], width=5)


SOURCES = {
    "infrastructure": "A component that services share failed them.",
    "dependency": "A service that they call failed them.",
    "self": "Neither.",
}


def failing() -> stat.Panel:
    """How many components failed anyone."""
    expr = f"{COMPONENTS} | stats count_uniq(component) components"
    return panels.stat("Components that failed", [logs_counted(expr, "components")], panels.NUMBER, width=9)


def by_kind() -> timeseries.Panel:
    """Failures."""
    target = logs_over_time(f"{KINDS} | stats by (kind) count() failures", "{{kind}}")
    return panels.bars("Failures by kind of source", [target], panels.NUMBER)


def by_component() -> timeseries.Panel:
    """Infrastructure failures."""
    target = logs_over_time(f"{COMPONENTS} | stats by (component) count() failures", "{{component}}")
    return panels.bars("Infrastructure failures by component", [target], panels.NUMBER)


def by_dependency() -> bargauge.Panel:
    """Cascades."""
    expr = f"{CASCADES} | stats by (dependency) count() failures | sort by (failures desc) limit 15"
    return panels.ranking(
        "Cascades by failed dependency", [logs_counted(expr, "{{dependency}}")], panels.NUMBER, FIFTEEN
    )


FIFTEEN = "The fifteen with the most."


def windows() -> table.Panel:
    """A row an incident."""
    columns = {
        "component": ("Component", ""),
        "since": ("Since", ""),
        "until": ("Until", ""),
        "failures": ("Failures", ""),
    }
    expr = f"{WINDOWS} | sort by (since)"
    about = "From the first failure to the last. Two incidents of a component within two hours are one here."
    return panels.rows_of_logs("Incidents", [logs(expr, 1_000)], columns, about, width=16)


def of_components() -> bargauge.Panel:
    """Infrastructure failures."""
    expr = f"{COMPONENTS} | stats by (component) count() failures | sort by (failures desc) limit 15"
    return panels.ranking("Failures by component", [logs_counted(expr, "{{component}}")], panels.NUMBER).height(10)


def limits() -> list[Annotation]:
    """Where each window begins and ends, with its text. The source's annotations are points in time."""
    begins = f'{WINDOWS} | format "<component> fails until <until>: <failures> failures" | rename since as _time'
    ends = f'{WINDOWS} | format "<component> failed since <since>: <failures> failures" | rename until as _time'
    return [
        Annotation(logs(f"{expr} | sort by (_time)", 1_000, "Anno"), {}, name=name, datasource=LOGS, icon_color=color)
        for name, expr, color in (("Incident begins", begins, "red"), ("Incident ends", ends, "green"))
    ]


def shades() -> Annotation:
    """While a stack fails, as its metrics have it: the metrics' source makes ranges of the steps in a row."""
    by = "stack_id"
    failed = added(calls(STEP, FAILED), by)
    many = f"({ratio(calls(STEP, FAILED), calls(STEP), by)} > {MANY}) and ({failed} >= 5)"
    texts = {"title": "{{stack_id}} fails", "text": "More than 5 % of its calls, and at least 5.", "tags": by}
    return Annotation(metrics(many, ref="Anno"), texts, name="Failing stacks", datasource=METRICS, icon_color="orange")


def affected_services() -> bargauge.Panel:
    """By what the chosen components did to them."""
    expr = f"{COMPONENTS} | stats by (service_id) count() failures | sort by (failures desc) limit 15"
    made = panels.ranking("Affected services", [logs_counted(expr, "{{service_id}}")], panels.NUMBER, FIFTEEN)
    return panels.to_service(made, "${__field.labels.service_id}")


def affected_latency() -> timeseries.Panel:
    """Of services that the chosen components failed."""
    target = metrics(largest(quantile_of_calls(0.95, STEP, "service_id", AFFECTED)), "{{service_id}}")
    return panels.timeseries("p95 of affected services", [target], panels.MILLISECONDS, f"{NEAR} The ten slowest.")


def affected_errors() -> timeseries.Panel:
    """Of services that the chosen components failed."""
    share = ratio(calls(STEP, FAILED, AFFECTED), calls(STEP, AFFECTED), "service_id")
    target = metrics(largest(share), "{{service_id}}")
    return panels.timeseries("Error rate of affected services", [target], panels.SHARE, "The ten with the highest.")


def failures() -> logs_panels.Panel:
    """The latest."""
    about = "A record opens to its fields; its trace is linked there."
    return panels.records("Records of infrastructure failures", [logs(COMPONENTS)], about)
