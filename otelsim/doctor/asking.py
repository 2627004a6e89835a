"""Who is asked: the endpoints of the run's signals, and the stores and the Collector that were given or are here."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from otelsim.doctor.collector import HEALTH_OPTION, HEALTH_URL, METRICS_OPTION, METRICS_URL, check_health, check_metrics
from otelsim.doctor.endpoint import check_endpoints, silence, way_of
from otelsim.doctor.findings import NOT_ASKED, Finding
from otelsim.doctor.pages import Site, is_here, site
from otelsim.doctor.rules import Need
from otelsim.doctor.stores import METRICS_PAGE, STORES, Store, check_store, option_of
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.sinks.otlp.tls import TlsFiles

HERE_TIMEOUT_S = 2.0
"""What was not given is looked for on this machine only, where answers are quick."""


class Waited(NamedTuple):
    """Something that may not answer yet."""

    name: str
    silence: Callable[[], str]
    """Why it does not, or "" where it does."""


class Asked:
    """What one call of the doctor asks; InputError where a URL is malformed."""

    def __init__(self, settings: list[OtlpSettings], given: Mapping[str, str | None]) -> None:
        """``given`` holds URLs by option (``--metrics-store``, ``--collector-health``, …)."""
        self.settings = settings
        self.here = all(is_here(each.endpoint) for each in settings)
        self.sites = {option: self._site(option, url) for option, url in given.items() if url is not None}

    def waited(self) -> list[Waited]:
        """The endpoints, once a place, and what was given."""
        places = {way_of(each): each for each in reversed(self.settings)}
        endpoints = [Waited(each.endpoint, _asking_endpoint(each)) for each in reversed(places.values())]
        return endpoints + [Waited(found.url, _asking_site(option, found)) for option, found in self.sites.items()]

    def findings(self, need: Need) -> list[Finding]:
        """All checks, in the order of the way of the data."""
        found = check_endpoints(self.settings, need.now_s)
        found += self._collector()
        for store in STORES:
            found += self._store(store, need)
        return found

    def _collector(self) -> list[Finding]:
        health = self._found(HEALTH_OPTION, HEALTH_URL)
        metrics = self._found(METRICS_OPTION, METRICS_URL)
        return [
            check_health(*health) if health else _not_asked("the Collector", HEALTH_OPTION, "health"),
            *(check_metrics(*metrics) if metrics else [_not_asked("the Collector", METRICS_OPTION, "metrics")]),
        ]

    def _store(self, store: Store, need: Need) -> list[Finding]:
        """Nothing about a store that would get nothing of the run, unless it was given."""
        sizes = [each.max_request_bytes for each in self.settings if each.signal == store.signal]
        if not sizes and option_of(store) not in self.sites:
            return []
        found = self._found(option_of(store), store.url)
        if not found:
            return [_not_asked(store.name, option_of(store), "reachable")]
        return check_store(store, found[0], need._replace(request_bytes=max(sizes, default=0)), found[1])

    def _found(self, option: str, usual: str) -> tuple[Site, bool] | None:
        """The site of an option and whether it was given; the usual one where all of the run goes to this machine."""
        if option in self.sites:
            return self.sites[option], True
        return (site(option, usual, TlsFiles(), HERE_TIMEOUT_S), False) if self.here else None

    def _site(self, option: str, url: str) -> Site:
        first = self.settings[0]
        found = site(option, url, first.tls_files, first.timeout_s)
        if option == METRICS_OPTION and found.endpoint.path in ("", "/"):
            return found._replace(endpoint=found.endpoint._replace(path=METRICS_PAGE))
        return found


def _not_asked(name: str, option: str, check: str) -> Finding:
    return Finding(NOT_ASKED, name, check, "its URL was not given", f"{option} URL")


def _asking_endpoint(settings: OtlpSettings) -> Callable[[], str]:
    return lambda: silence(settings)


def _asking_site(option: str, found: Site) -> Callable[[], str]:
    path = "" if option in (HEALTH_OPTION, METRICS_OPTION) else METRICS_PAGE
    return lambda: _unavailable(found, path)


def _unavailable(found: Site, path: str) -> str:
    page = found.get(path)
    return f"HTTP {page.status}" if page.status in (502, 503, 504) else page.reason
