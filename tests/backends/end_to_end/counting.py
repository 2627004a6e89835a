"""Records counted: as a run's manifest promises them, and as the receiver and the stores hold them."""

import re
from collections import Counter
from typing import Any

from tests.backends.end_to_end.runs import DAY_S, Asked, Run
from tests.backends.end_to_end.spans import SpansOfRuns
from tests.backends.messages import BOUNDS
from tests.backends.stores import SIGNALS, Backends, Collector, VictoriaMetrics

Counts = dict[str, int]
GAUGES = ("request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count")
# A histogram point becomes a sample of each.
PARTS = ("count", "sum", *(f"bucket {bound:g}" for bound in BOUNDS), "bucket +Inf")
_HISTOGRAM = re.compile(r"(?:http_server_request|rpc_server_call)_duration_seconds_(bucket|sum|count)")
# A store answers within 30 s or not at all, so no query counts the points of many more requests than these.
_REQUESTS_AT_ONCE = 10_000


def promised(manifest: dict[str, Any]) -> Counts:
    """What must be held of a run: every call has four gauge points, and a successful read one more."""
    counts = manifest["counts"]
    calls = counts["spans"]
    records = dict.fromkeys(("spans", "distinct spans", "log records", "distinct log records", *GAUGES), calls)
    more = {"cache_hit": counts["points"] - len(GAUGES) * calls}
    return records | more | dict.fromkeys((f"histogram {part}" for part in PARTS), counts["histogram_points"])


def held(backends: Backends, run: Run) -> Counts:
    """What the receiver and the stores hold of a run."""
    name = run.run_id
    (logs,) = backends.logs.rows(f'"otelsim.run.id":="{name}" | stats count() n, count_uniq(span_id) distinct')
    logged = {"log records": int(logs["n"]), "distinct log records": int(logs["distinct"])}
    return received(backends, name) | logged | points(backends.metrics, name, run.asked)


def received(backends: Backends, name: str) -> Counts:
    """The spans of a run."""
    spans = backends.spans
    assert isinstance(spans, SpansOfRuns)
    return {"spans": spans.counts.get(name, 0), "distinct spans": len(spans.durations_ns.get(name, ()))}


def points(metrics: VictoriaMetrics, name: str, asked: Asked) -> Counts:
    """A run's samples by metric, and by part of a histogram. The last interval ends where the run does."""
    metrics.flush()
    days = _days_at_once(asked)
    query = f'sum by (__name__, le) (count_over_time({{otelsim_run_id="{name}"}}[{days}d]) keep_metric_names)'
    found: Counter[str] = Counter()
    for start_s in range(asked.start_s, asked.end_s + DAY_S, days * DAY_S):
        # A window at t covers (t - window, t]: a millisecond less makes it the days' first to their last.
        for one in metrics.instant(query, f"{start_s + days * DAY_S - 0.001:.3f}"):
            found[_part(one["metric"])] += round(float(one["value"][1]))
    return dict(found)


def _days_at_once(asked: Asked) -> int:
    days = (asked.end_s - asked.start_s) // DAY_S + 1
    return max(1, min(days, days * _REQUESTS_AT_ONCE // asked.requests))


def _part(labels: dict[str, str]) -> str:
    histogram = _HISTOGRAM.fullmatch(labels["__name__"])
    if histogram is None:
        return labels["__name__"]
    return " ".join(["histogram", histogram[1], *([labels["le"]] if "le" in labels else [])])


def differences(backends: Backends, run: Run) -> dict[str, tuple[int, int]]:
    """Where the two differ, as (promised, held); empty if the run arrived exactly."""
    wanted, found = promised(run.manifest), held(backends, run)
    both = {name: (wanted.get(name, 0), found.get(name, 0)) for name in wanted | found}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def losses(backends: Backends) -> dict[str, dict[str, float]]:
    """Every counter of what was refused, dropped, ignored or failed that is not 0."""
    told = {
        "collector": backends.collector.failures(),
        "metrics": backends.metrics.ignored(),
        "logs": backends.logs.dropped(),
    }
    return {who: counters for who, counters in told.items() if counters}


def passed(collector: Collector, transport: str) -> dict[str, tuple[float, float]]:
    """By signal, what came by a transport and what went to the stores."""
    counters = collector.counters()
    came = {signal: f"otelcol_receiver_accepted_{signal}_total" for signal in SIGNALS}
    return {
        signal: (
            sum(n for (c, labels), n in counters.items() if c == name and f'transport="{transport}"' in labels),
            collector.total(f"otelcol_exporter_sent_{signal}_total"),
        )
        for signal, name in came.items()
    }


def sent(manifest: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """What `passed` must say of one run."""
    n = manifest["counts"]
    totals = (n["spans"], n["logs"], n["points"] + n["histogram_points"])
    return {signal: (total, total) for signal, total in zip(SIGNALS, totals, strict=True)}
