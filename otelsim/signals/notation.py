"""What of OpenTelemetry a run is told in: the choices that change its messages."""

from typing import NamedTuple

TRACES, LOGS, METRICS = "traces", "logs", "metrics"
SIGNALS = (TRACES, LOGS, METRICS)
METRIC_KINDS = ("points", "histograms", "both")
TEMPORALITIES, HISTOGRAMS = ("cumulative", "delta"), ("explicit", "exponential")


class Notation(NamedTuple):
    """The choices of one run."""

    run_id: str
    signals: tuple[str, ...] = SIGNALS
    metrics: str = "both"
    """One of METRIC_KINDS."""
    temporality: str = "cumulative"
    """Of histograms."""
    histogram: str = "explicit"
    persona_attribute: bool = False
    """The persona is an attribute of gauge points, not only of their exemplars."""
    client_spans: bool = False

    @property
    def points(self) -> bool:
        """Whether gauge points are sent."""
        return METRICS in self.signals and self.metrics != "histograms"

    @property
    def histograms(self) -> bool:
        """Whether histograms are sent."""
        return METRICS in self.signals and self.metrics != "points"
