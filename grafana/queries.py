"""Expressions that dashboards share, in the forms that docs/queries.md documents, and targets of panels.

A window of ``$__interval``, which is the step, counts each point once. Ratios have a 0 where nothing failed, so that no
panel is empty for that.
"""

from grafana_foundation_sdk.models import prometheus
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from grafana.models import LogsQuery, TracesQuery
from grafana.scope import EVERY_CALL, labels
from grafana.sources import LOGS, METRICS, TRACES

STEP, WHOLE = "$__interval", "$__range"
PER_SECOND = "/ ($__interval_ms / 1000)"
Target = prometheus.Dataquery | LogsQuery | TracesQuery
ROOTS = "http_server_request_duration_seconds"
FAILED = 'success="false"'
REFUSED = 'http_response_status_code=~"[45].."'
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
NEAR = "From the points of every call: right to 13.6 %."
SERVER_FAULT = 'http_response_status_code=~"5.."'


def calls(window: str, *more: str) -> str:
    """How many calls each series has in a window: requests, and calls of dependencies."""
    return f"count_over_time({EVERY_CALL}{{{labels(*more)}}}[{window}])"


def requests(window: str, *more: str) -> str:
    """How many requests each histogram has in a window; ``increase`` is exact by intervals of the run."""
    return f"increase({ROOTS}_count{{{labels(*more)}}}[{window}])"


def added(query: str, by: str = "") -> str:
    """A sum, by labels where some are named."""
    return f"sum by ({by}) ({query})" if by else f"sum({query})"


def ratio(part: str, whole: str, by: str = "") -> str:
    """The share of a part in its whole; 0 where there is a whole and no part."""
    return f"({added(part, by)} or 0 * {added(whole, by)}) / {added(whole, by)}"


def quantile_of_calls(q: float, window: str, by: str, *more: str) -> str:
    """In milliseconds, of points, right to 13.6 %."""
    found = f"histogram_over_time({EVERY_CALL}{{{labels(*more)}}}[{window}])"
    return f"histogram_quantile({q}, sum by ({_and('vmrange', by)}) ({found}))"


def quantile_of_requests(q: float, window: str, by: str = "") -> str:
    """In seconds, of the histograms' buckets, right to a bucket."""
    found = f"increase({ROOTS}_bucket{{{labels()}}}[{window}])"
    return f"histogram_quantile({q}, sum by ({_and('le', by)}) ({found}))"


def _and(label: str, by: str) -> str:
    return f"{by}, {label}" if by else label


def largest(query: str, count: int = 10) -> str:
    """The series with the largest averages over the panel's range: the same ones at every step, unlike ``topk``."""
    return f"topk_avg({count}, {query})"


def metrics(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """A curve a series."""
    return _metrics(expr, legend, ref, range_val=True, instant=False)


def metrics_now(expr: str, legend: str = "", ref: str = "A") -> prometheus.Dataquery:
    """One number a series, at the end of the range."""
    return _metrics(expr, legend, ref, range_val=False, instant=True)


def metrics_table(expr: str, ref: str) -> prometheus.Dataquery:
    """Numbers at the end of the range, with their labels as columns."""
    made = metrics_now(expr, ref=ref)
    made.format_val = prometheus.PromQueryFormat.TABLE
    return made


def _metrics(expr: str, legend: str, ref: str, range_val: bool, instant: bool) -> prometheus.Dataquery:
    return prometheus.Dataquery(
        expr=expr,
        ref_id=ref,
        legend_format=legend or None,
        range_val=range_val,
        instant=instant,
        editor_mode=prometheus.QueryEditorMode.CODE,
        datasource=METRICS,
    )


def logs(expr: str, limit: int = 200, ref: str = "A") -> LogsQuery:
    """Rows."""
    return LogsQuery(expr, ref, "instant", LOGS, max_lines=limit)


def logs_counted(expr: str, legend: str = "", ref: str = "A") -> LogsQuery:
    """One number a series, of the whole range."""
    return LogsQuery(expr, ref, "stats", LOGS, legend)


def logs_over_time(expr: str, legend: str = "", ref: str = "A") -> LogsQuery:
    """A curve a series. ``_time:step`` is not written: the store adds it."""
    return LogsQuery(expr, ref, "statsRange", LOGS, legend)


def slow_traces(service: str, min_duration: str, limit: int) -> TracesQuery:
    """The latest traces in which a call of a service took longer."""
    return TracesQuery("A", "search", TRACES, service, min_duration, limit)


def source_of(target: Target) -> DataSourceRef:
    """Where a target is asked."""
    assert target.datasource is not None
    return target.datasource
