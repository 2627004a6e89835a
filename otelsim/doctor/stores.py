"""The stores behind the endpoint: known by their metrics, asked for their settings there."""

from typing import NamedTuple

from otelsim.doctor.exposition import flags, label, samples
from otelsim.doctor.findings import NOT_ASKED, OK, PROBLEM, WARNING, Finding
from otelsim.doctor.pages import Page, Site
from otelsim.doctor.retention import RULES as TIME_RULES
from otelsim.doctor.rules import Need
from otelsim.doctor.settings import LOGS_RULES, METRICS_RULES, TRACES_RULES, Rule


class Store(NamedTuple):
    """A kind of store."""

    name: str
    signal: str
    url: str
    """Where the compose stack has it."""
    beginning: str
    """What the names of its own metrics begin with."""
    sign: str
    """A flag that only this kind has, or "" where the names tell."""
    rules: tuple[Rule, ...]


STORES = (
    Store("VictoriaMetrics", "metrics", "http://127.0.0.1:8428", "vm_", "maxLabelsPerTimeseries", METRICS_RULES),
    Store("VictoriaLogs", "logs", "http://127.0.0.1:9428", "vl_", "", LOGS_RULES),
    Store("VictoriaTraces", "traces", "http://127.0.0.1:10428", "vt_", "", TRACES_RULES),
)
METRICS_PAGE = "/metrics"
COUNTED = ("rows_ignored_total", "rows_dropped_total")
"""What the stores call the rows that they took and did not keep."""


def option_of(store: Store) -> str:
    """The option that gives its URL."""
    return f"--{store.signal}-store"


def check_store(store: Store, site: Site, need: Need, given: bool) -> list[Finding]:
    """All checks of one store; one that nobody gave (``given``) and that is not there was not asked."""
    page = site.get(METRICS_PAGE)
    if page.status != 200:
        return [_without_page(store, site, page) if given else _not_there(store, site)]
    found = flags(page.text)
    if not _is_kind(store, page.text, found):
        text = f"is no {store.name}: nothing of it can be checked"
        return [Finding(WARNING, site.url, "reachable", text, option_of(store)) if given else _not_there(store, site)]
    rules = [rule(found, need) for rule in (*TIME_RULES, *store.rules)]
    return [
        Finding(OK, site.url, "reachable", f"is {store.name}"),
        *(Finding(rule.verdict, site.url, rule.check, rule.text, rule.change) for rule in rules if rule),
        *condition(store, site, page.text),
    ]


def _is_kind(store: Store, text: str, found: dict[str, str]) -> bool:
    return bool(samples(text, store.beginning)) and (not store.sign or store.sign in found)


def _not_there(store: Store, site: Site) -> Finding:
    return Finding(NOT_ASKED, site.url, "reachable", f"no {store.name} answers there", f"{option_of(store)} URL")


def _without_page(store: Store, site: Site, page: Page) -> Finding:
    """A store that was given and shows no metrics."""
    if not page.status:
        change = f"start it, or correct {option_of(store)}"
        return Finding(PROBLEM, site.url, "reachable", f"does not answer ({page.reason})", change)
    if page.status in (401, 403):
        change = f"user:password@ or ?authKey= in {option_of(store)}"
        return Finding(WARNING, site.url, "reachable", f"shows its settings to nobody (HTTP {page.status})", change)
    text = f"answers HTTP {page.status} at {METRICS_PAGE}: nothing of it can be checked"
    return Finding(WARNING, site.url, "reachable", text, option_of(store))


def condition(store: Store, site: Site, text: str) -> list[Finding]:
    """What its counters say about now: whether it can write, and what it did not keep since it started."""
    found = []
    read_only = [v for (name, _), v in samples(text, store.beginning).items() if name.endswith("storage_is_read_only")]
    if any(read_only):
        change = "free some of its disk, or lower -storage.minFreeDiskSpaceBytes"
        found.append(Finding(PROBLEM, site.url, "disk", "takes nothing: its disk is full", change))
    names = {f"{store.beginning}{name}" for name in COUNTED}
    lost = {
        label(labels, "reason") or name: value
        for (name, labels), value in samples(text, store.beginning).items()
        if name in names and value
    }
    if lost:
        told = ", ".join(f"{reason} {value:,.0f}" for reason, value in sorted(lost.items()))
        found.append(Finding(WARNING, site.url, "rows", f"took rows and did not keep them ({told})", "see its log"))
    return found
