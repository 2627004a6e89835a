"""What VictoriaMetrics holds of a run, under the names of ``-opentelemetry.usePrometheusNaming``."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from otelsim.verify.asking import Store, quoted
from otelsim.verify.counts import DAY_S, GAUGES, HISTOGRAMS, Count, Counts, Key, added, windows
from otelsim.verify.samples import Sample
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS

MOST_SAMPLES = 400_000
"""A query counts no more, unless they are of one day: nearly every point may be of another series, and the store gives
up after 30 s."""
OURS = {*GAUGES, *(f"{name}_{part}" for name in HISTOGRAMS for part in ("count", "sum"))}
"""Of the documented metrics, whether or not some are wanted; buckets count where some are."""
_JUST_BEFORE_S = 0.001
_BY = "sum by (__name__, service_id)"


class Stored(NamedTuple):
    """A sample of a series."""

    labels: dict[str, str]
    value: float


def counted(store: Store, run_id: str, wanted: Counts) -> Counts:
    """The samples of a run that the store holds, in and around the days of those ``wanted``, and the sums of values."""
    kinds = {key.kind for key in wanted} | OURS
    found = []
    for window in windows(wanted, MOST_SAMPLES):
        own = {key: count for key, count in wanted.items() if window[0] <= key.day < window[1]}
        for matched in matches(own, kinds):
            series = f"{{{matched},otelsim_run_id={quoted(run_id)}}}[1d]"
            records = _by_day(store, f"{_BY} (count_over_time({series}) keep_metric_names)", window)
            values = _by_day(store, f"{_BY} (sum_over_time({series}) keep_metric_names)", window)
            found.append({key: Count(round(n), values.get(key, 0.0)) for key, n in records.items()})
    return added(found)


def matches(wanted: Counts, kinds: set[str]) -> Iterator[str]:
    """Matchers of labels that share out all series of some ``kinds``, with at most so many samples each.

    Metrics are told apart as far as that is enough, then services.
    """
    by_kind = {kind: sum(c.records for key, c in wanted.items() if key.kind == kind) for kind in kinds}
    for names in parts(by_kind):
        metrics = f"__name__=~{quoted('|'.join(names))}"
        own = [(key.service, count.records) for key, count in wanted.items() if key.kind in names]
        if sum(records for _, records in own) <= MOST_SAMPLES:
            yield metrics
            continue
        by_service: defaultdict[str, int] = defaultdict(int)
        for service, records in own:
            by_service[service] += records
        for services in parts(by_service):
            yield f"{metrics},service_id=~{quoted('|'.join(map(re.escape, services)))}"
        yield f"{metrics},service_id!~{quoted('|'.join(map(re.escape, sorted(by_service))))}"


def parts(samples: Mapping[str, int]) -> Iterator[list[str]]:
    """The names in parts that have at most so many samples together, or are one name."""
    some: list[str] = []
    for name in sorted(samples):
        if some and sum(samples[each] for each in [*some, name]) > MOST_SAMPLES:
            yield some
            some = []
        some.append(name)
    if some:
        yield some


def _by_day(store: Store, query: str, window: tuple[int, int]) -> dict[Key, float]:
    """An aggregate's value by kind, day and service.

    A window at t covers what is after t - 1 d, up to t: a millisecond less makes it the day's first to its last.
    """
    first, end = (day * DAY_S - _JUST_BEFORE_S for day in (window[0] + 1, window[1]))
    # No cache may answer: to it, what is old is settled.
    bounds = {"start": f"{first:.3f}", "end": f"{end:.3f}", "step": f"{DAY_S}", "nocache": "1"}
    answer = store.parsed(store.ask("/api/v1/query_range", {"query": query, **bounds}))
    try:
        if answer["status"] != "success" or answer.get("isPartial"):
            raise store.strange()
        return dict(_values(answer["data"]["result"]))
    except (KeyError, TypeError, ValueError):
        raise store.strange() from None


def _values(result: list[dict[str, Any]]) -> Iterator[tuple[Key, float]]:
    for series in result:
        labels = series["metric"]
        for at_s, value in series["values"]:
            yield Key(labels["__name__"], int(at_s) // DAY_S, labels.get("service_id", "")), float(value)


def held(store: Store, run_id: str, sample: Sample) -> list[Stored]:
    """What the store has of a sample's metric and release at its time; names of series are those of its parts.

    Where there is none, all of the deployment, so that a label that is gone is known.
    """
    return _held(store, run_id, sample, "release_id") or _held(store, run_id, sample, "deployment_id")


def _held(store: Store, run_id: str, sample: Sample, name: str) -> list[Stored]:
    part = "_(count|sum|bucket)" if sample.kind == HISTOGRAM_POINTS else ""
    own = f"otelsim_run_id={quoted(run_id)},{name}={quoted(sample.fields[name])}"
    match = f"__name__=~{quoted(sample.name + part)},{own}"
    at_ms = sample.time_ns // 1_000_000
    bounds = {"start": f"{at_ms / 1_000:.3f}", "end": f"{(at_ms + 1) / 1_000:.3f}"}
    found: list[Stored] = []
    for series in store.lines("/api/v1/export", {"match[]": f"{{{match}}}", **bounds, "reduce_mem_usage": "1"}):
        try:
            points = zip(series["timestamps"], series["values"], strict=True)
            found += [Stored(dict(series["metric"]), float(value)) for ms, value in points if ms == at_ms]
        except (KeyError, TypeError, ValueError):
            raise store.strange() from None
    return found
