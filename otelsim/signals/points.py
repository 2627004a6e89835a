"""Columns of histogram points: what `histograms` makes of calls and every notation reads."""

from otelsim.draws import Int64s as Int64s

EXEMPLARS = 4
"""Exemplars that a point keeps: the last ones of its interval."""
POINT = (
    "release",  # a row of the calendar
    "set",  # see `series.SeriesSets`
    "start_ms",
    "time_ms",
    "count",
    "sum",  # of durations, in 10 us
    "least",  # shortest duration; no meaning where count is 0
    "most",
    "exemplars",  # how many; the oldest of those kept is exemplars % EXEMPLARS where there were more than EXEMPLARS
    "first_exemplar",  # EXEMPLARS times the five of EXEMPLAR
)
"""int64[n, WIDTH + buckets], a row a point; the buckets' counts stand behind the exemplars."""
(RELEASE, SET, START_MS, TIME_MS, COUNT, SUM, LEAST, MOST, EXEMPLAR_COUNT, FIRST_EXEMPLAR) = range(len(POINT))
EXEMPLAR = ("number", "node", "start_us", "duration", "persona")
"""A call that a point has as an exemplar; columns of Calls."""
WIDTH = FIRST_EXEMPLAR + EXEMPLARS * len(EXEMPLAR)
"""Columns before the buckets."""
EXPONENTIAL_SCALE = 3
"""Eight buckets an octave: values are known within 4.5 %."""
LEAST_INDEX, EXPONENTIAL_BUCKETS = -136, 256
"""Index of the first of an exponential histogram's buckets, and how many there are: 7.6 us to 9 hours."""


def exemplar_order(count: int) -> list[int]:
    """Places of a point's exemplars, in the order of their calls; ``count`` as in its column."""
    if count <= EXEMPLARS:
        return list(range(count))
    return [(count + i) % EXEMPLARS for i in range(EXEMPLARS)]
