"""The verification of a run: counts by kind, day and service, then some records field by field, signal by signal."""

from collections.abc import Callable, Mapping

from otelsim.doctor.stores import METRICS_PAGE, STORES, condition
from otelsim.signals.notation import LOGS, METRICS, TRACES
from otelsim.verify import comparing, logsql, promql
from otelsim.verify.asking import Store, StoreError
from otelsim.verify.counts import Counts
from otelsim.verify.remaking import remade
from otelsim.verify.report import Report
from otelsim.verify.samples import Sample, sampled
from otelsim.verify.sent import SentRun
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, LOG_RECORDS, POINTS, SPANS

_SAMPLED = {TRACES: (SPANS,), LOGS: (LOG_RECORDS,), METRICS: (POINTS, HISTOGRAM_POINTS)}


def verify(run: SentRun, stores: Mapping[str, Store], samples: int, told: Callable[[int, int], None]) -> Report:
    """Hold a run against the stores of some of its signals; ``told(done, all)`` hears of every slice made again.

    About ``samples`` records of each kind are compared field by field.
    """
    wanted, chosen = remade(run, told), sampled(run, samples)
    report = Report(run.run_id)
    for signal, store in stores.items():
        own = {key: count for key, count in wanted.items() if comparing.kind_of_key(key.kind) == signal}
        try:
            store.flush()
            _count(run, signal, store, own, report)
            for kind in _SAMPLED[signal]:
                _compare(run, signal, store, chosen[kind], report)
        except StoreError as error:
            report.silent.append(str(error))
        else:
            report.notes += _notes(signal, store, report) if report.faults(signal) else []
    return report


def _notes(signal: str, store: Store, report: Report) -> list[str]:
    """Why a store may not hold a run: what its holding nothing says, and what it says of itself."""
    totals = [total for total in report.totals if comparing.kind_of_key(total.kind) == signal]
    asked = f"{store.name} holds nothing of run id {report.run_id!r}: was it sent, and otelsim.run.id kept?"
    page = store.site.get(METRICS_PAGE)
    kind = next(kind for kind in STORES if kind.signal == signal)
    found = condition(kind, store.site, page.text) if page.status == 200 else []
    told = [f"{store.name} {each.text} since it started: {each.change}" for each in found]
    return told if any(total.held for total in totals) else [asked, *told]


def _count(run: SentRun, signal: str, store: Store, wanted: Counts, report: Report) -> None:
    if signal == METRICS:
        held = promql.counted(store, run.run_id, wanted)
    else:
        held = logsql.counted(store, logsql.NAMES[signal], run.run_id, wanted)
    report.add(wanted, held, comparing.differences(wanted, held))


def _compare(run: SentRun, signal: str, store: Store, samples: list[Sample], report: Report) -> None:
    if not samples:
        return
    report.sampled[samples[0].kind] = len(samples)
    if signal == METRICS:
        for sample in samples:
            report.alterations += comparing.altered_points(sample, promql.held(store, run.run_id, sample))
    else:
        held = logsql.held(store, logsql.NAMES[signal], run.run_id, samples)
        report.alterations += comparing.altered_rows(samples, held)
