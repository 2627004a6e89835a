"""Requests into calls: times, outcomes, sizes. The rules are those of SPEC section 3 and docs/draws.md.

Names are as in `causes`; ``r`` are the columns of requests and ``i`` one of them, ``c`` the columns of calls and ``k``
a row of them. Times within a request are in 10 us since its root's start, factors in 1/65536.
"""

from numba import njit

from otelsim.draws import SIZE, TIME, UNIT, below, philox
from otelsim.outcome import tables as o
from otelsim.outcome.causes import active, child_start, climb, decide, failure_factor
from otelsim.packing import choose, get, look
from otelsim.traffic import requests as q

SLOW = 50_000
"""Over 500 ms a duration has an exemplar."""
ONE_PERCENT = 655
HORIZON_US = 6 * 3_600_000_000
"""No call starts later after its root: own times end at LONGEST."""
LONGEST = 60_000_000
"""10 minutes: the longest own time."""
_TAIL = 1_311
"""A parent ends up to 2 % of its own time after its last child."""
_LEAST = 2
"""The shortest duration, so that a child always fits inside."""


@njit
def _prepare(t, s, number, nodes):  # type: ignore[no-untyped-def]
    """Draw what decides the nodes' times, and forget the last request."""
    for node in range(nodes):
        w = philox(get(t, o.SEED, 0), number, node, TIME)
        s[o.SPEED, node], s[o.LEAD, node], s[o.TAIL, node], s[o.PLACE, node] = w
        s[o.FORCED, node], s[o.BELOW, node] = -1, -1
    s[o.START, 0], s[o.SCALE, 0] = 0, UNIT


@njit
def _latency(t, service, t_us, near):  # type: ignore[no-untyped-def]
    """The largest latency factor of the incidents active at ``t_us`` that list ``service``."""
    largest = UNIT
    for m in range(len(near)):  # an iterator would count references, at every call
        k = near[m]
        if active(t, k, service, t_us):
            largest = max(largest, get(t, o.INCIDENT_LATENCY, k))
    return largest


@njit
def _own_time(t, s, action, persona, node, service):  # type: ignore[no-untyped-def]
    """The node's own time without incidents; needs its scale."""
    own = get(t, o.LATENCY, action) * look(t, t[o.LATENCY_TABLE] + 1025 * action, s[o.SPEED, node]) >> 16
    own = own * get(t, o.PERSONA_LATENCY, persona) >> 16
    if node > 0:
        own = own * get(t, o.SERVICE_SHARE, service) >> 16
    return own * s[o.SCALE, node] >> 16


@njit
def _down(t, s, request, tree, nodes, near):  # type: ignore[no-untyped-def]
    """Starts, own times and outcomes, parents before children; ``request`` is (number, time, persona, action)."""
    key = (request[0], request[1], request[2])
    for node in range(nodes):
        if node > 0:
            parent = get(t, o.NODE_PARENT, tree + node)
            s[o.START, node] = child_start(t, s, tree, parent, node, s[o.WINDOW, parent])
            s[o.SCALE, node] = s[o.SCALE, parent] * s[o.WINDOW, parent] >> 16
        service = get(t, o.NODE_SERVICE, tree + node)
        own = _own_time(t, s, request[3], request[2], node, service)
        own = own * _latency(t, service, request[1] + 10 * s[o.START, node], near) >> 16
        s[o.OWN, node] = min(LONGEST, max(_LEAST, own))
        decide(t, s, key, tree, node, near)
        error = s[o.KIND, node]
        rejected = error >= 0 and get(t, o.TIMED_OUT, error) == 0
        s[o.WINDOW, node] = failure_factor(t, error, s[o.FACTOR, node]) if rejected else UNIT


@njit
def _up(t, s, key, tree, nodes):  # type: ignore[no-untyped-def]
    """Climbing and durations, children before parents."""
    for node in range(nodes - 1, -1, -1):
        climb(t, s, key, tree, node)
        duration = s[o.OWN, node]
        if s[o.FAULT, node] != 0:
            duration = duration * failure_factor(t, s[o.KIND, node], s[o.FACTOR, node]) >> 16
        duration = max(_LEAST, duration)
        first, end = get(t, o.NODE_CHILD_FIRST, tree + node), get(t, o.NODE_CHILD_END, tree + node)
        if end > first:
            last = 0
            for child in range(first, end):
                last = max(last, s[o.START, child] + s[o.LENGTH, child])
            tail = s[o.OWN, node] * (s[o.TAIL, node] * _TAIL >> 32) >> 16
            duration = max(duration, last - s[o.START, node] + 1 + tail)
        s[o.LENGTH, node] = duration


@njit
def _release(t, service, placement, word, t_us):  # type: ignore[no-untyped-def]
    """What the chosen deployment ran then, as a row of the calendar."""
    slot = service * get(t, o.PLACES, 0) + placement
    first = get(t, o.SLOT_FIRST, slot)
    chosen = first + choose(t, t[o.SLOT_THRESHOLDS] + first, get(t, o.SLOT_FIRST, slot + 1) - first, word)
    d = get(t, o.SLOT_DEPLOYMENT, chosen)
    low, high = get(t, o.RELEASE_FIRST, d), get(t, o.RELEASE_FIRST, d + 1) - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if get(t, o.RELEASE_SINCE_US, middle) <= t_us:
            low = middle
        else:
            high = middle - 1
    return get(t, o.RELEASE_SAME, low)


@njit
def _sizes(t, c, k, action):  # type: ignore[no-untyped-def]
    """Bytes, queries, cache and exemplar of the call in row k."""
    node, failed, write = c[o.NODE, k], c[o.SOURCE, k] != 0, get(t, o.IS_WRITE, action) != 0
    w = philox(get(t, o.SEED, 0), c[o.NUMBER, k], node, SIZE)
    request = get(t, o.REQUEST_BYTES, action) * look(t, t[o.REQUEST_TABLE] + 1025 * action, w[0]) >> 16
    response = get(t, o.RESPONSE_BYTES, action) * look(t, t[o.RESPONSE_TABLE] + 1025 * action, w[1]) >> 16
    if node > 0:
        share = get(t, o.SERVICE_SHARE, c[o.SERVICE, k])
        request, response = request * share >> 16, response * share >> 16
    c[o.REQUEST_SIZE, k] = max(32, request)
    c[o.RESPONSE_SIZE, k] = 64 + below(w[1], 449) if failed else max(32, response)
    hit = -1
    if not (failed or write):
        hit = 1 if (w[3] & 0xFFFF) < get(t, o.CACHE_HIT, action) else 0
    queries = below(w[2], 2) if failed else 1 + below(w[2], get(t, o.QUERIES, action))
    c[o.CACHE, k] = hit
    c[o.QUERY_COUNT, k] = 0 if hit == 1 else queries
    c[o.EXEMPLAR, k] = 1 if failed or c[o.DURATION, k] > SLOW or (w[3] >> 16) < ONE_PERCENT else 0


@njit
def _emit(t, r, s, c, place):  # type: ignore[no-untyped-def]
    """Write the node's row; ``place`` is (tree, request, node, row)."""
    tree, i, node, k = place
    service, upstream = get(t, o.NODE_SERVICE, tree + node), -1
    c[o.NUMBER, k], c[o.NODE, k], c[o.PARENT, k] = r[q.NUMBER, i], node, get(t, o.NODE_PARENT, tree + node)
    c[o.START_US, k], c[o.DURATION, k] = r[q.TIME_US, i] + 10 * s[o.START, node], s[o.LENGTH, node]
    c[o.OP, k], c[o.SERVICE, k] = get(t, o.OP_FIRST, r[q.ACTION, i]) + node, service
    c[o.RELEASE, k] = _release(t, service, r[q.PLACEMENT, i], s[o.PLACE, node], c[o.START_US, k])
    parent = c[o.PARENT, k]
    c[o.CALLER, k] = c[o.RELEASE, k - node + parent] if parent >= 0 else -1
    c[o.PERSONA, k], c[o.USER, k], c[o.TARGET, k] = r[q.PERSONA, i], r[q.USER, i], r[q.TARGET, i]
    c[o.OBJECT_TYPE, k], c[o.OBJECT_ID, k] = r[q.OBJECT_TYPE, i], r[q.OBJECT_ID, i]
    c[o.SOURCE, k], c[o.ERROR, k], c[o.INCIDENT, k] = s[o.FAULT, node], s[o.KIND, node], s[o.BEHIND, node]
    c[o.UPSTREAM_SERVICE, k] = -1
    if s[o.FAULT, node] == o.DEPENDENCY:
        upstream = s[o.BELOW, node]
        c[o.UPSTREAM_SERVICE, k] = get(t, o.NODE_SERVICE, tree + upstream)
    c[o.UPSTREAM, k] = upstream
    _sizes(t, c, k, r[q.ACTION, i])


@njit
def _nearby(t, start_us, end_us, near):  # type: ignore[no-untyped-def]
    """The incidents that touch [start, end), in their order."""
    count = 0
    for k in range(get(t, o.INCIDENTS, 0)):
        if get(t, o.INCIDENT_START_US, k) < end_us and get(t, o.INCIDENT_END_US, k) > start_us:
            near[count] = k
            count += 1
    return near[:count]


@njit(cache=True, nogil=True)
def expand(t, room, requests, k):  # type: ignore[no-untyped-def]
    """Write the calls of the room's first ``requests`` requests from row ``k`` on; returns the next free row."""
    if requests == 0:
        return k
    r, s, c = room.requests, room.scratch, room.calls
    near = _nearby(t, r[q.TIME_US, 0], r[q.TIME_US, requests - 1] + HORIZON_US, room.near)
    for i in range(requests):
        service = get(t, o.ACTION_SERVICE, r[q.ACTION, i])
        tree = get(t, o.TREE_FIRST, service)
        nodes = get(t, o.TREE_FIRST, service + 1) - tree
        _prepare(t, s, r[q.NUMBER, i], nodes)
        request = (r[q.NUMBER, i], r[q.TIME_US, i], r[q.PERSONA, i], r[q.ACTION, i])
        _down(t, s, request, tree, nodes, near)
        _up(t, s, (request[0], request[1], request[2]), tree, nodes)
        for node in range(nodes):
            _emit(t, r, s, c, (tree, i, node, k))
            k += 1
    return k
