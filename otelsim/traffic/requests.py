"""Root requests as columns: each is decided by draws keyed by its number."""

import numpy as np
from numba import njit

from otelsim.draws import ARRIVAL, LINK, WHAT, WHO, Int64s, below, mix63, philox, threshold
from otelsim.packing import choose, get, look

LINK_SLOTS = 150
"""Friends a user keeps going back to, Zipf-like."""
STRANGER = threshold(0.1)
"""Share of targeted actions that go to anybody."""
_TOP = np.uint64(1 << 63)

TRAFFIC = (
    "seed",
    "created_key",
    "catalogue_key",
    "users",
    "personas",
    "actions",
    "places",
    "week_personas",  # thresholds[168, personas]
    "persona_actions",  # thresholds[personas, actions]
    "placements",  # thresholds[places]
    "first_user",  # [personas]
    "user_count",  # [personas]
    "user_power",  # quantiles of a user's rank within the persona, in 1/2**32
    "link_power",  # quantiles of a target's rank among all users, in 1/2**32
    "action_targets",  # [actions] whether it is aimed at a user
    "action_object",  # [actions] its object type, or -1
    "action_creates",  # [actions] whether it names a new object
    "object_named",  # [types] whether ids are readable names
    "zipf_first",  # [types + 2] each type's first threshold, then the links'; knots have one entry more a table
    "zipf_knots",
    "zipf_thresholds",
)
"""What the draws of a request are looked up in, as one packed array."""
(
    SEED, CREATED_KEY, CATALOGUE_KEY, USERS, PERSONAS, ACTIONS, PLACES, WEEK_PERSONAS, PERSONA_ACTIONS, PLACEMENTS,
    FIRST_USER, USER_COUNT, USER_POWER, LINK_POWER, ACTION_TARGETS, ACTION_OBJECT, ACTION_CREATES, OBJECT_NAMED,
    ZIPF_FIRST, ZIPF_KNOTS, ZIPF_THRESHOLDS,
) = range(len(TRAFFIC))  # fmt: skip

REQUEST = ("number", "time_us", "persona", "user", "action", "placement", "target", "object_type", "object_id")
"""Columns of requests, int64[9, n], in time order. target and object_type may be -1; object_id has the bits of a
uint64: 63 bits of a catalogue's object, or with the top bit a new object's, or the rank in a list of names."""
NUMBER, TIME_US, PERSONA, USER, ACTION, PLACEMENT, TARGET, OBJECT_TYPE, OBJECT_ID = range(len(REQUEST))


def empty_requests(capacity: int) -> Int64s:
    """Columns for ``capacity`` requests."""
    return np.zeros((len(REQUEST), capacity), np.int64)


@njit
def _draw_times(t, cells, c, times):  # type: ignore[no-untyped-def]
    """The times of cell ``c``: drawn, then sorted."""
    start, width, seed = cells[0, c], cells[1, c] - cells[0, c], get(t, SEED, 0)
    for i in range(len(times)):
        times[i] = start + ((philox(seed, cells[2, c] + i, 0, ARRIVAL)[0] * width) >> 32)
    times.sort()


@njit
def _zipf_rank(t, table, segment_word, rank_word):  # type: ignore[no-untyped-def]
    first, end = get(t, ZIPF_FIRST, table), get(t, ZIPF_FIRST, table + 1)
    segment = choose(t, t[ZIPF_THRESHOLDS] + first, end - first, segment_word)
    knot = first + table + segment
    low, high = get(t, ZIPF_KNOTS, knot), get(t, ZIPF_KNOTS, knot + 1)
    return low + below(rank_word, high - low)


@njit
def _target(t, user, w):  # type: ignore[no-untyped-def]
    """A friend most of the time, else anybody; well-known users more often. Never the user, if there is another."""
    word, users = w[0], get(t, USERS, 0)
    if w[3] >= STRANGER:
        links = t[ZIPF_KNOTS] - t[ZIPF_FIRST] - 2
        slot = _zipf_rank(t, links, w[0], w[1])
        word = philox(get(t, SEED, 0), user, slot, LINK)[0]
    target = min(users - 1, (users * look(t, t[LINK_POWER], word)) >> 32)
    return (target + 1) % users if target == user else target


@njit
def _object(t, number, action, w):  # type: ignore[no-untyped-def]
    kind = get(t, ACTION_OBJECT, action)
    if get(t, ACTION_CREATES, action):
        return np.int64(_TOP | mix63(np.uint64(number) ^ np.uint64(get(t, CREATED_KEY, 0))))
    rank = _zipf_rank(t, kind, w[1], w[2])
    if get(t, OBJECT_NAMED, kind):
        return rank
    return np.int64(mix63(np.uint64(kind << 40 | rank) ^ np.uint64(get(t, CATALOGUE_KEY, 0))))


@njit
def _draw_request(t, r, i):  # type: ignore[no-untyped-def]
    seed, number, personas, actions = get(t, SEED, 0), r[NUMBER, i], get(t, PERSONAS, 0), get(t, ACTIONS, 0)
    w = philox(seed, number, 0, WHO)
    hour = (r[TIME_US, i] // 3_600_000_000 + 72) % 168
    persona = choose(t, t[WEEK_PERSONAS] + hour * personas, personas, w[0])
    count = get(t, USER_COUNT, persona)
    user = get(t, FIRST_USER, persona) + min(count - 1, (count * look(t, t[USER_POWER], w[1])) >> 32)
    action = choose(t, t[PERSONA_ACTIONS] + persona * actions, actions, w[2])
    r[PERSONA, i], r[USER, i], r[ACTION, i] = persona, user, action
    r[PLACEMENT, i] = choose(t, t[PLACEMENTS], get(t, PLACES, 0), w[3])
    v = philox(seed, number, 0, WHAT)
    r[TARGET, i] = _target(t, user, v) if get(t, ACTION_TARGETS, action) else -1
    kind = get(t, ACTION_OBJECT, action)
    r[OBJECT_TYPE, i] = kind
    r[OBJECT_ID, i] = _object(t, number, action, v) if kind >= 0 else 0


@njit(cache=True, nogil=True)
def draw_requests(t, cells, span, r):  # type: ignore[no-untyped-def]
    """Fill ``r`` with the requests of cells span[0]..span[1]-1 (see `intensity.CELL`); returns how many."""
    n = 0
    for c in range(span[0], span[1]):
        count = cells[3, c]
        _draw_times(t, cells, c, r[TIME_US, n : n + count])
        for i in range(n, n + count):
            r[NUMBER, i] = cells[2, c] + i - n
            _draw_request(t, r, i)
        n += count
    return n
