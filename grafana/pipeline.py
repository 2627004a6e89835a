"""Pipeline: what the Collector takes and delivers, and what the stores do with it.

The Collector sends its own counters to VictoriaMetrics, which asks the stores for theirs (collector/scrape.yaml).
Counters of what goes wrong may not exist until it does, so each has a 0 beside it.
"""

from grafana_foundation_sdk.builders import stat, timeseries

from grafana import panels
from grafana.boards import Board, Panels
from grafana.queries import metrics, metrics_now

SIGNALS = {"spans": "spans", "log_records": "log records", "metric_points": "metric points"}
STORED = '{__name__=~"v[lt]_rows_ingested_total"}'
DROPPED = '{__name__=~"v[lt]_rows_dropped_total"}'
SINCE = "Since the Collector's start."


def board() -> Board:
    """Of now: these are the pipeline's times, not the run's."""
    rows: dict[str, Panels] = {
        "The Collector, in all": [*map(accepted_in_all, SIGNALS), lost_in_all()],
        "The Collector": [flow("accepted"), flow("sent"), failed()],
        "Its queues": [queue(), in_flight(), memory()],
        "The stores": [stored_in_all("metrics"), stored_in_all("logs"), ignored_in_all()],
        "Ingestion": [ingestion(), ignored(), sizes()],
    }
    about = "The Collector's accepted, sent, failed and queue; the stores' ingestion and ignored rows."
    return Board("Pipeline", about, rows, [], time=("now-1h", "now"), refresh="15s")


def total(*counters: str) -> str:
    """All that counters have counted within the range, over restarts, each of which begins a series; 0 if nothing."""
    names = "|".join(counters)
    return f'sum(max_over_time({{__name__=~"{names}"}}[$__range])) or vector(0)'


def rate(name: str, by: str) -> str:
    """A second."""
    return f"sum by ({by}) (rate({name}[$__rate_interval]))"


def or_zero(query: str) -> str:
    """Nothing is 0."""
    return f"sum({query}) or vector(0)"


def accepted_in_all(signal: str) -> stat.Panel:
    """By the receiver."""
    target = metrics_now(total(f"otelcol_receiver_accepted_{signal}_total"))
    return panels.stat(f"Accepted {SIGNALS[signal]}", [target], panels.NUMBER, SINCE, width=6)


def lost_in_all() -> stat.Panel:
    """What it refused, failed to send, or had no place for."""
    bad = "otelcol_receiver_(refused|failed)_.*", "otelcol_exporter_(send|enqueue)_failed_.*"
    about = "What was refused, could not be sent, or had no place in a queue; what was refused is sent again."
    return panels.stat("Refused and failed", [metrics_now(total(*bad))], panels.NUMBER, about, width=6)


def flow(what: str) -> timeseries.Panel:
    """By signal."""
    part = "receiver_accepted" if what == "accepted" else "exporter_sent"
    targets = [
        metrics(or_zero(f"rate(otelcol_{part}_{signal}_total[$__rate_interval])"), name, signal)
        for signal, name in SIGNALS.items()
    ]
    return panels.timeseries(f"{what.capitalize()} a second", targets, panels.PER_SECOND)


def failed() -> timeseries.Panel:
    """By kind."""
    kinds = {
        "refused": "otelcol_receiver_refused_.*",
        "failed to send": "otelcol_exporter_send_failed_.*",
        "no place in a queue": "otelcol_exporter_enqueue_failed_.*",
    }
    targets = [
        metrics(or_zero(f'rate({{__name__=~"{names}"}}[$__rate_interval])'), kind, f"F{number}")
        for number, (kind, names) in enumerate(kinds.items())
    ]
    return panels.timeseries("Refused and failed a second", targets, panels.PER_SECOND)


def queue() -> timeseries.Panel:
    """How full."""
    query = "sum by (exporter) (otelcol_exporter_queue_size) / sum by (exporter) (otelcol_exporter_queue_capacity)"
    about = "At 100 % senders wait: nothing is dropped."
    return panels.timeseries("Queues", [metrics(query, "{{exporter}}")], panels.SHARE, about)


def in_flight() -> timeseries.Panel:
    """Not answered yet."""
    target = metrics("sum by (exporter) (otelcol_exporter_in_flight_requests)", "{{exporter}}")
    return panels.timeseries("Requests under way", [target], panels.NUMBER)


def memory() -> timeseries.Panel:
    """Of the Collector and the stores."""
    collector = metrics("sum(otelcol_process_memory_rss_bytes)", "collector", "collector")
    stores = metrics("sum by (job) (process_resident_memory_bytes)", "{{job}}", "stores")
    return panels.timeseries("Memory", [collector, stores], "bytes")


def stored_in_all(what: str) -> stat.Panel:
    """Since a store's start."""
    name, title = {
        "metrics": ('vm_rows_inserted_total{type="opentelemetry"}', "Samples that VictoriaMetrics took"),
        "logs": ('vl_rows_ingested_total{type=~"opentelemetry.*"}', "Log records that VictoriaLogs took"),
    }[what]
    about = "Since the store's start, by OTLP; a histogram's point is 17 samples with the conventions' boundaries."
    return panels.stat(title, [metrics_now(f"sum({name})")], panels.NUMBER, about, width=8)


def ignored_in_all() -> stat.Panel:
    """What they took and dropped."""
    target = metrics_now(f"sum(vm_rows_ignored_total) + (sum({DROPPED}) or vector(0))")
    about = "Too old for a store's retention, too many labels, too long: taken, and dropped without an error."
    return panels.stat("Rows that stores dropped", [target], panels.NUMBER, about, width=8)


def ingestion() -> timeseries.Panel:
    """By store."""
    targets = [
        metrics(rate("vm_rows_inserted_total", "job"), "{{job}}: samples", "samples"),
        metrics(rate(STORED, "job"), "{{job}}: rows", "rows"),
        metrics(
            "sum by (job) (rate(vm_new_timeseries_created_total[$__rate_interval]))", "{{job}}: new series", "series"
        ),
    ]
    return panels.timeseries("Ingestion a second", targets, panels.PER_SECOND)


def ignored() -> timeseries.Panel:
    """By reason."""
    targets = [
        metrics(rate("vm_rows_ignored_total", "reason"), "metrics: {{reason}}", "metrics"),
        metrics(rate(DROPPED, "job, reason"), "{{job}}: {{reason}}", "others"),
    ]
    return panels.timeseries("Dropped rows a second", targets, panels.PER_SECOND)


def sizes() -> timeseries.Panel:
    """On disk."""
    target = metrics('sum by (job) ({__name__=~"vm_data_size_bytes|v[lt]_compressed_data_size_bytes"})', "{{job}}")
    return panels.timeseries("Data on disk", [target], "bytes")
