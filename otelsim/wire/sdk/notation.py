"""A run's calls and histogram points as the SDK's objects: what the official exporters take."""

from collections.abc import Sequence
from typing import NamedTuple

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan

from otelsim.draws import Int64s
from otelsim.scenario import Scenario
from otelsim.signals.series import series_sets
from otelsim.wire.sdk.facts import Facts, call_at
from otelsim.wire.sdk.gauges import Gauges
from otelsim.wire.sdk.histograms import Histograms
from otelsim.wire.sdk.logs import log_record
from otelsim.wire.sdk.spans import Spans
from otelsim.world.model import World
from otelsim.world.releases import Calendar


class SdkOptions(NamedTuple):
    """The choices that change the messages, named as in `signals.notation.Notation`."""

    persona_attribute: bool = False
    client_spans: bool = False
    temporality: str = "cumulative"
    """cumulative or delta."""
    histogram: str = "explicit"
    """explicit or exponential."""


class SdkNotation:
    """Makes the objects of a resolved scenario.

    Rows are columns of ``calls`` (int64[24, n], see `outcome.tables.CALL`) in the order in which the records shall
    stand. The exporters group them by resource, in the order in which resources first appear.
    """

    def __init__(self, world: World, scenario: Scenario, releases: Calendar, run_id: str, options: SdkOptions) -> None:
        self._facts = Facts(world, scenario, releases, run_id)
        self._spans = Spans(self._facts, options.client_spans)
        self._gauges = Gauges(self._facts, options.persona_attribute)
        sets = series_sets(world, scenario.call_depth)
        self._histograms = Histograms(self._facts, sets, options.temporality, options.histogram == "exponential")

    def spans(self, calls: Int64s, rows: Sequence[int]) -> list[ReadableSpan]:
        """A SERVER span a row; with client spans more, and all sorted (see `Spans.of_calls`)."""
        return self._spans.of_calls(calls, rows)

    def logs(self, calls: Int64s, rows: Sequence[int]) -> list[ReadableLogRecord]:
        """A log record a row."""
        return [log_record(self._facts, call_at(calls, row)) for row in rows]

    def gauges(self, calls: Int64s, rows: Sequence[int]) -> MetricsData:
        """Four or five points a row, by release."""
        return self._gauges.of_calls(calls, rows)

    def histograms(self, points: Int64s) -> MetricsData:
        """A histogram point a row of ``points``, int64[n, WIDTH + buckets] (see `signals.points`)."""
        return self._histograms.of_points(points)
