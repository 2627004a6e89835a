"""Why a call fails: the rules of SPEC section 3, in their order. See docs/draws.md for the draws.

``t`` are the tables, ``s`` the scratch columns, ``q`` a triple about the request: (number, time of the root in us,
persona), ``tree`` the first entry of its call tree, ``near`` the incidents that may touch the batch. Times within a
request are in 10 us since its root's start.
"""

from numba import njit

from otelsim.draws import CASCADE, CLIMB, FATE, INFRA, UNIT, below, philox
from otelsim.outcome import tables as o
from otelsim.packing import choose, get

_LEAD, _LEAD_SPAN, _STAGGER = 3_277, 6_554, 1_966
"""A child starts after 5-15 % of its parent's own time, each further one 3-6 % later (in 1/65536)."""


@njit(inline="always")
def active(t, k, service, t_us):  # type: ignore[no-untyped-def]
    """Whether incident ``k`` lists ``service`` and is active at ``t_us``."""
    if not get(t, o.INCIDENT_START_US, k) <= t_us < get(t, o.INCIDENT_END_US, k):
        return False
    return get(t, o.INCIDENT_LISTS, k * get(t, o.SERVICES, 0) + service) != 0


@njit
def child_start(t, s, tree, node, child, window):  # type: ignore[no-untyped-def]
    """When ``node``'s child starts, its parent's windows being ``window`` / 65536 of a success's."""
    sibling = get(t, o.NODE_SIBLING, tree + child)
    share = _LEAD + (s[o.LEAD, node] * _LEAD_SPAN >> 32) + sibling * _STAGGER + (s[o.LEAD, child] * _STAGGER >> 32)
    return s[o.START, node] + max(1, (s[o.OWN, node] * window >> 16) * share >> 16)


@njit
def _infrastructure(t, s, q, tree, node, near):  # type: ignore[no-untyped-def]
    """Rule 1: the incident that fails this call, or -1."""
    last, service = -1, get(t, o.NODE_SERVICE, tree + node)
    now = q[1] + 10 * s[o.START, node]
    for m in range(len(near)):
        k = near[m]
        component = get(t, o.INCIDENT_COMPONENT, k)
        if component != last and active(t, k, service, now):
            last = component
            if philox(get(t, o.SEED, 0), q[0], node | component << 16, INFRA)[0] < get(t, o.INCIDENT_FAILURE, k):
                return k
    return -1


@njit
def _cascade(t, s, q, tree, node, near):  # type: ignore[no-untyped-def]
    """Rule 2: (child, incident) that fails this call, or (-1, -1)."""
    now = q[1] + 10 * s[o.START, node]
    for child in range(get(t, o.NODE_CHILD_FIRST, tree + node), get(t, o.NODE_CHILD_END, tree + node)):
        last, service = -1, get(t, o.NODE_SERVICE, tree + child)
        then = q[1] + 10 * child_start(t, s, tree, node, child, UNIT)
        for m in range(len(near)):
            k = near[m]
            component = get(t, o.INCIDENT_COMPONENT, k)
            if component != last and active(t, k, service, now) and active(t, k, service, then):
                last = component
                if philox(get(t, o.SEED, 0), q[0], child | component << 16, CASCADE)[0] < get(t, o.INCIDENT_CASCADE, k):
                    return child, k
    return -1, -1


@njit
def _self(t, persona, node, w):  # type: ignore[no-untyped-def]
    """Rule 3: the kind of self error, or -1."""
    rate = get(t, o.PERSONA_FAILURE if node == 0 else o.PERSONA_CHILD_FAILURE, persona)
    if w[0] >= rate:
        return -1
    if node == 0 and w[1] < get(t, o.CLIENT_SHARE, 0):
        return get(t, o.CLIENT, choose(t, t[o.CLIENT_THRESHOLDS], get(t, o.CLIENT_COUNT, 0), w[2]))
    return get(t, o.SERVER, choose(t, t[o.SERVER_THRESHOLDS], get(t, o.SERVER_COUNT, 0), w[2]))


@njit(inline="always")
def _fail(s, node, source, error, incident):  # type: ignore[no-untyped-def]
    s[o.FAULT, node], s[o.KIND, node], s[o.BEHIND, node] = source, error, incident


@njit
def _component_error(t, incident, word):  # type: ignore[no-untyped-def]
    component = get(t, o.INCIDENT_COMPONENT, incident)
    first, end = get(t, o.COMPONENT_FIRST, component), get(t, o.COMPONENT_FIRST, component + 1)
    return first + below(word, end - first)


@njit
def decide(t, s, q, tree, node, near):  # type: ignore[no-untyped-def]
    """The node's outcome by rules 1 to 3; a cascade forces its child."""
    w = philox(get(t, o.SEED, 0), q[0], node, FATE)
    s[o.FACTOR, node] = w[3]
    incident = s[o.FORCED, node]
    if len(near) > 0:
        if incident < 0:
            incident = _infrastructure(t, s, q, tree, node, near)
        if incident < 0:
            child, behind = _cascade(t, s, q, tree, node, near)
            if child >= 0:
                s[o.FORCED, child], s[o.BELOW, node] = behind, child
                _fail(s, node, o.DEPENDENCY, -1, behind)
                return
    if incident >= 0:
        _fail(s, node, o.INFRASTRUCTURE, _component_error(t, incident, w[2]), incident)
        return
    error = _self(t, q[2], node, w)
    _fail(s, node, o.SELF if error >= 0 else 0, error, -1)


@njit(inline="always")
def failure_factor(t, error, word):  # type: ignore[no-untyped-def]
    """A failure's time beside a success, in 1/65536: longer where it timed out, shorter where it was rejected."""
    first = 2 if get(t, o.TIMED_OUT, error) else 0
    return get(t, o.FACTORS, first) + (get(t, o.FACTORS, first + 1) * word >> 32)


@njit
def climb(t, s, q, tree, node):  # type: ignore[no-untyped-def]
    """A cascade takes its child's error; one that happened below may climb one level."""
    if s[o.FAULT, node] == o.DEPENDENCY:
        s[o.KIND, node] = s[o.KIND, s[o.BELOW, node]]
    elif s[o.FAULT, node] != o.INFRASTRUCTURE:
        for child in range(get(t, o.NODE_CHILD_FIRST, tree + node), get(t, o.NODE_CHILD_END, tree + node)):
            up = s[o.FAULT, child] == o.DEPENDENCY
            if up and philox(get(t, o.SEED, 0), q[0], child, CLIMB)[0] < get(t, o.PROPAGATION, 0):
                s[o.BELOW, node] = child
                _fail(s, node, o.DEPENDENCY, s[o.KIND, child], s[o.BEHIND, child])
                return
