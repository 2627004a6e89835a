"""The rule of histograms (docs/otlp.md), plainly: calls in lists, counted anew for every point.

A bucket is found by integers: a duration of d times 10 us is over 2**(b/8) s where d**8 > (10**5)**8 * 2**b.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from otelsim.outcome.tables import CALL
from otelsim.signals.conventions import BOUNDS_S
from otelsim.signals.points import EXEMPLAR, EXEMPLARS
from otelsim.signals.series import SeriesSets

Call = dict[str, int]
Point = dict[str, Any]
SECOND = 100_000
"""In the unit of durations."""
BOUNDS = [round(bound * SECOND) for bound in BOUNDS_S]


def points_of(
    calls: np.ndarray, rows: Any, series: SeriesSets, interval_s: int, temporality: str, kind: str
) -> list[Point]:
    """The points of a slice, whose calls' ``rows`` come request after request, sorted by release, set and time.

    A point has the names of `signals.points.POINT`; ``exemplars`` are tuples of EXEMPLAR, the oldest first; ``least``
    and ``most`` are None where nothing was counted; ``buckets`` are all counts (explicit) or those above 0 by index.
    """
    made = []
    for (release, number), intervals in sorted(_series(calls, rows, series, interval_s).items()):
        points = _cumulative if temporality == "cumulative" else _delta
        made += [{"release": release, "set": number, **p} for p in points(intervals, interval_s * 1_000, kind)]
    return made


def _series(calls: np.ndarray, rows: Any, series: SeriesSets, interval_s: int) -> dict[Any, dict[int, list[Call]]]:
    """Calls by (release, set), then by their root's interval, in their order."""
    found: dict[Any, dict[int, list[Call]]] = defaultdict(lambda: defaultdict(list))
    interval = 0
    for row in rows:
        call = dict(zip(CALL, calls[:, row].tolist(), strict=True))
        if call["node"] == 0:
            interval = call["start_us"] // (interval_s * 1_000_000)
        number = int(series.of_call[call["op"], call["error"] + 1])
        found[call["release"], number][interval].append(call)
    return found


def _delta(intervals: dict[int, list[Call]], length_ms: int, kind: str) -> list[Point]:
    return [_point(i * length_ms, (i + 1) * length_ms, intervals[i], intervals[i], kind) for i in sorted(intervals)]


def _cumulative(intervals: dict[int, list[Call]], length_ms: int, kind: str) -> list[Point]:
    """Counting begins at 0 after every interval without calls."""
    points: list[Point] = []
    counted: list[Call] = []
    start_ms = 0
    for i in sorted(intervals):
        if i - 1 not in intervals:
            counted, start_ms = [], i * length_ms + 1
            points.append(_point(start_ms, start_ms, [], [], kind))
        counted = counted + intervals[i]
        points.append(_point(start_ms, (i + 1) * length_ms, counted, intervals[i], kind))
    return points


def _point(start_ms: int, time_ms: int, counted: list[Call], newest: list[Call], kind: str) -> Point:
    """A point that counts some calls; those of its own interval are candidates for exemplars."""
    durations = [call["duration"] for call in counted]
    shown = [call for call in newest if call["exemplar"]][-EXEMPLARS:]
    return {
        "start_ms": start_ms,
        "time_ms": time_ms,
        "count": len(durations),
        "sum": sum(durations),
        "least": min(durations, default=None),
        "most": max(durations, default=None),
        "exemplars": [tuple(call[name] for name in EXEMPLAR) for call in shown],
        "buckets": _explicit(durations) if kind == "explicit" else _exponential(durations),
    }


def _explicit(durations: list[int]) -> list[int]:
    counts = [0] * (len(BOUNDS) + 1)
    for duration in durations:
        counts[bisect_left(BOUNDS, duration)] += 1
    return counts


def _exponential(durations: list[int]) -> dict[int, int]:
    return dict(sorted(Counter(index_of(duration) for duration in durations).items()))


def index_of(duration: int) -> int:
    """The bucket of scale 3 whose bounds are 2**(i/8) s, exclusive, and 2**((i+1)/8) s, inclusive."""
    index = -160
    while _is_over(duration, index + 1):
        index += 1
    return index


def _is_over(duration: int, eighths: int) -> bool:
    if eighths < 0:
        return duration**8 << -eighths > SECOND**8
    return duration**8 > SECOND**8 << eighths
