"""The Collector: whether it says that it is well, what waits in its queues, and what it could not deliver."""

import re

from otelsim.doctor.exposition import Samples, label, samples
from otelsim.doctor.findings import NOT_ASKED, OK, PROBLEM, WARNING, Finding
from otelsim.doctor.pages import Page, Site

HEALTH_URL, METRICS_URL = "http://127.0.0.1:13133", "http://127.0.0.1:8888/metrics"
"""Where the Collector has them by default."""
HEALTH_OPTION, METRICS_OPTION = "--collector-health", "--collector-metrics"
BAD = re.compile(r"otelcol_\w*(refused|failed|dropped|errors?)_?\w*")
"""Counters of what went wrong."""
FULL = 0.9
"""A queue with more than this share of its capacity in it is nearly full."""
MOST_NAMED = 3


def check_health(site: Site, given: bool) -> Finding:
    """Whether the Collector's health check says that it runs."""
    page = site.get("")
    if page.status == 200 and (given or "Server available" in page.text):
        return Finding(OK, site.url, "health", "says that it runs")
    if not given:
        return _not_there(site, "health", HEALTH_OPTION)
    return _silent(site, "health", page, HEALTH_OPTION)


def check_metrics(site: Site, given: bool) -> list[Finding]:
    """What the Collector's own metrics say about its queues and its failures."""
    page = site.get("")
    found = samples(page.text, "otelcol_") if page.status == 200 else {}
    if found:
        return [_queues(site, found), _failures(site, found)]
    if not given:
        return [_not_there(site, "metrics", METRICS_OPTION)]
    if page.status == 200:
        return [Finding(WARNING, site.url, "metrics", "shows no metrics of a Collector", METRICS_OPTION)]
    return [_silent(site, "metrics", page, METRICS_OPTION)]


def _not_there(site: Site, check: str, option: str) -> Finding:
    return Finding(NOT_ASKED, site.url, check, "no Collector answers there", f"{option} URL")


def _silent(site: Site, check: str, page: Page, option: str) -> Finding:
    if page.status:
        return Finding(PROBLEM, site.url, check, f"answers HTTP {page.status}", f"see its log, or correct {option}")
    return Finding(PROBLEM, site.url, check, f"does not answer ({page.reason})", f"start it, or correct {option}")


def _queues(site: Site, found: Samples) -> Finding:
    """The fullest queue."""
    capacities = {labels: v for (name, labels), v in found.items() if name == "otelcol_exporter_queue_capacity"}
    sizes = {labels: v for (name, labels), v in found.items() if name == "otelcol_exporter_queue_size"}
    if not sizes:
        return Finding(OK, site.url, "queues", "has none that it shows")
    labels = max(sizes, key=lambda each: sizes[each] / max(1.0, capacities.get(each, 0.0)))
    text = f"{sizes[labels]:,.0f} of {capacities.get(labels, 0):,.0f} wait for {label(labels, 'exporter')}"
    if sizes[labels] > FULL * max(1.0, capacities.get(labels, 0.0)):
        return Finding(WARNING, site.url, "queues", text, "see whether that store answers")
    return Finding(OK, site.url, "queues", text if sizes[labels] else "nothing waits in them")


def _failures(site: Site, found: Samples) -> Finding:
    """Counters of what was refused or lost, which start again with the Collector."""
    totals: dict[str, float] = {}
    for (name, _), value in found.items():
        if BAD.fullmatch(name) and value:
            totals[name] = totals.get(name, 0.0) + value
    if not totals:
        return Finding(OK, site.url, "failures", "has refused and lost nothing since it started")
    worst = sorted(totals, key=lambda name: -totals[name])[:MOST_NAMED]
    told = ", ".join(f"{name} {totals[name]:,.0f}" for name in worst)
    return Finding(WARNING, site.url, "failures", f"has refused or lost some since it started ({told})", "see its log")
