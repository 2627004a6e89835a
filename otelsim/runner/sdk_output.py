"""Slices as the OpenTelemetry SDK's own objects, through its own exporters: slow, and the proof of the fast way."""

from collections import Counter
from typing import Any

import numpy as np

from otelsim.draws import Int64s
from otelsim.outcome import tables as o
from otelsim.runner.otlp_output import Notated
from otelsim.runner.output import Made
from otelsim.runner.preparing import Prepared
from otelsim.signals.histograms import Histograms
from otelsim.signals.notation import LOGS, METRICS, TRACES
from otelsim.signals.points import RELEASE, SET, TIME_MS
from otelsim.sinks.buffers import Extent
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.sdk import SdkSender
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, LOG_RECORDS, POINTS, SPANS
from otelsim.wire.otlp.groups import DAY_US
from otelsim.wire.otlp.histograms import DAY_MS
from otelsim.wire.sdk.notation import SdkNotation, SdkOptions


class SdkOutput:
    """Sends slices batch by batch; nothing of it is in flight when a batch is taken."""

    def __init__(self, prepared: Prepared, made: Notated, settings: dict[str, OtlpSettings]) -> None:
        n = made.notation
        options = SdkOptions(n.persona_attribute, n.client_spans, n.temporality, n.histogram)
        self.notation = n
        self.objects = SdkNotation(prepared.world, prepared.scenario, prepared.calendar, n.run_id, options)
        interval_s = prepared.scenario.metric_interval_s
        self.histograms = Histograms(made.series, n, interval_s) if n.histograms else None
        self.sender = SdkSender(settings, Account())
        self.counts: Counter[str] = Counter()

    def begin(self, offsets: dict[str, int]) -> None:
        """Start an account of the slice."""
        self.sender.account, self.counts = Account(), Counter()

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Make objects and send them."""
        days = calls[o.START_US, order] // DAY_US
        for day in np.unique(days):
            part = order[days == day]
            self._send_records(calls, part[np.argsort(calls[o.RELEASE, part], kind="stable")].tolist())
        if self.histograms:
            for points_of_batch in self.histograms.add(calls, *fresh):
                self._send_histograms(points_of_batch)

    def end(self) -> Made:
        """Send what is left."""
        if self.histograms:
            self._send_histograms(self.histograms.end())
        extents = {signal: Extent(0, 0, 0, "") for signal in self.notation.signals}
        return Made(extents, dict(self.counts), self.account())

    def _send_records(self, calls: Int64s, rows: list[int]) -> None:
        """Everything but histograms, of one day and sorted by release."""
        if TRACES in self.notation.signals:
            spans = self.objects.spans(calls, rows)
            self._send(TRACES, SPANS, spans, len(spans))
        if LOGS in self.notation.signals:
            self._send(LOGS, LOG_RECORDS, self.objects.logs(calls, rows), len(rows))
        if self.notation.points:
            points = 4 * len(rows) + int(np.count_nonzero(calls[o.CACHE, rows] >= 0))
            self._send(METRICS, POINTS, self.objects.gauges(calls, rows), points)

    def _send_histograms(self, points: Int64s) -> None:
        days = points[:, TIME_MS] // DAY_MS
        for day in np.unique(days):
            part = points[days == day]
            rows = part[np.lexsort((part[:, TIME_MS], part[:, SET], part[:, RELEASE]))]
            self._send(METRICS, HISTOGRAM_POINTS, self.objects.histograms(rows), len(rows))

    def _send(self, signal: str, kind: str, objects: Any, records: int) -> None:
        self.counts[kind] += records
        self.sender.send(signal, objects, records)

    def account(self) -> dict[str, Any]:
        """Of the slice."""
        return self.sender.account.as_dict()

    def waiting(self) -> list[str]:
        """The exporters do not say whom they wait for."""
        return []

    def stop(self) -> None:
        """End what blocks."""
        self.sender.close()

    def close(self) -> None:
        """Close the connections."""
        self.sender.close()
