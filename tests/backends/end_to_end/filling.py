"""Stores filled with a run, and the JSON lines of the same run beside them."""

import time
from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

import polars as pl

from tests.backends.end_to_end import truth
from tests.backends.end_to_end.runs import DAY_S, LONGEST_S, Run, instant
from tests.backends.stores import Backends


@dataclass(frozen=True)
class Filled:
    """Stores with one run in them, and what it said as JSON lines."""

    backends: Backends
    sent: Run
    written: Run

    @cached_property
    def calls(self) -> pl.DataFrame:
        return truth.calls(self.written)

    @cached_property
    def requests(self) -> pl.DataFrame:
        return self.calls.filter(pl.col("parent_span_id").is_null())

    @cached_property
    def hours(self) -> list[int]:
        """Ends of hours in which something failed: one of each incident, in epoch seconds."""
        return sorted({truth.hours_of(incident)[-1] for incident in self.written.incidents})

    @cached_property
    def values(self) -> dict[str, str]:
        """Of the page's names: the commonest release of content:posts, a trace in which a dependency failed, and the
        service with most calls of its canary."""
        posts = self.calls.filter(pl.col("service_id").cast(pl.String) == "social:content:posts")
        cascades = self.calls.filter(source().str.starts_with("dependency:"))
        release = posts.group_by("release").len().sort("len", "release")["release"].cast(pl.String)[-1]
        canaries = self.calls.filter(pl.col("tag").cast(pl.String) == "canary")
        service = canaries.group_by("service_id").len().sort("len", "service_id")["service_id"].cast(pl.String)[-1]
        names = {"release": release, "service_id": service, "trace_id": cascades["trace_id"][0]}
        return {"run_id": self.sent.run_id, **names}

    def said(self, query: str, **more: str) -> str:
        """A documented query with values for its names."""
        return Template(query).substitute(self.values | more)

    def numbers(self, query: str, at_s: int, label: str = "") -> dict[str, float]:
        """The answer to an instant query by the values of its label; by nothing where it has none."""
        found = self.backends.metrics.instant(query, at_s)
        return {one["metric"].get(label, ""): float(one["value"][1]) for one in found}

    def once_told(self, query: str, wanted: float) -> list[float]:
        """The answer about the Collector's counters, once it has told the store of them: it does so every 15 s."""
        deadline = time.monotonic() + 40
        while (found := list(self.numbers(query, int(time.time())).values())) != [wanted]:
            if time.monotonic() > deadline:
                break
            time.sleep(1)
        return found


def settle(backends: Backends) -> None:
    """Waits until all that was sent is stored, and makes it visible."""
    backends.collector.drain(LONGEST_S)
    backends.metrics.flush()
    backends.logs.flush()


def source() -> pl.Expr:
    return pl.col("error_source").cast(pl.String)


def whole(run: Run) -> dict[str, str]:
    """The names of a time that is all of a run's, for the last calls of its last request too."""
    asked = run.asked
    return {"start": instant(asked.start_s), "end": instant(asked.end_s + DAY_S)}


def window(incident: dict[str, Any]) -> dict[str, str]:
    """The names that queries of an incident have."""
    return {key: incident[key] for key in ("component", "start", "end")}


def hour(start_us: pl.Expr) -> pl.Expr:
    """The hour that an instant lies in, as VictoriaLogs writes it."""
    return start_us.cast(pl.Datetime("us")).dt.truncate("1h").dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def caused_by(incident: dict[str, Any]) -> pl.Expr:
    """Whether a call failed for an incident, within its time."""
    bounds = pl.Series([incident["start"], incident["end"]]).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    start_us, end_us = bounds.dt.epoch("us")
    during = pl.col("start_us").is_between(start_us, end_us, closed="left")
    return during & (source() == f"infrastructure:{incident['component']}")
