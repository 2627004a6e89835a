"""What the outcome of a call is looked up in, and the table of Calls."""

from typing import NamedTuple

import numpy as np

from otelsim.draws import Int64s

SELF, INFRASTRUCTURE, DEPENDENCY = 1, 2, 3
"""A call's source of failure; 0 is success."""

OUTCOME = (
    "seed",
    "tree_first",  # [services + 1] each service's call tree among the nodes
    "node_service",
    "node_parent",  # within the tree; -1 for the root
    "node_sibling",
    "node_child_first",  # within the tree
    "node_child_end",
    "action_service",
    "op_first",  # [actions] the operation of a call is op_first[root's action] + its node
    "is_write",
    "latency",  # [actions] mean, in 10 us
    "latency_table",  # [actions, 1025] lognormal quantiles, in 1/65536
    "request_bytes",
    "request_table",
    "response_bytes",
    "response_table",
    "queries",  # [actions] a request that asks the database makes 1 .. this many
    "cache_hit",  # [actions] in 1/65536
    "persona_latency",  # in 1/65536
    "persona_failure",  # thresholds
    "persona_child_failure",
    "service_share",  # a child's own time, in 1/65536
    "places",
    "slot_first",  # [services x places + 1] where the deployments of service s in place p begin
    "slot_thresholds",
    "slot_deployment",
    "release_first",  # [deployments + 1] rows of the calendar
    "release_since_us",
    "release_same",  # the first row of the calendar with the same release_id
    "services",
    "incidents",
    "incident_component",  # incidents are sorted by component, then start
    "incident_start_us",
    "incident_end_us",
    "incident_failure",  # thresholds
    "incident_cascade",
    "incident_latency",  # in 1/65536
    "incident_lists",  # [incidents, services] whether the component lists the service
    "timed_out",  # [error kinds]
    "component_first",  # [components + 1] the error kinds of a component: one a code
    "client_count",
    "client",  # error kinds
    "client_thresholds",
    "server_count",
    "server",
    "server_thresholds",
    "client_share",
    "factors",  # rejected: lowest, span; timed out: lowest, span; in 1/65536
    "propagation",
)
"""Everything `expand` needs besides the requests, as one packed array."""
(
    SEED, TREE_FIRST, NODE_SERVICE, NODE_PARENT, NODE_SIBLING, NODE_CHILD_FIRST, NODE_CHILD_END, ACTION_SERVICE,
    OP_FIRST, IS_WRITE, LATENCY, LATENCY_TABLE, REQUEST_BYTES, REQUEST_TABLE, RESPONSE_BYTES, RESPONSE_TABLE, QUERIES,
    CACHE_HIT, PERSONA_LATENCY, PERSONA_FAILURE, PERSONA_CHILD_FAILURE, SERVICE_SHARE, PLACES, SLOT_FIRST,
    SLOT_THRESHOLDS, SLOT_DEPLOYMENT, RELEASE_FIRST, RELEASE_SINCE_US, RELEASE_SAME, SERVICES, INCIDENTS,
    INCIDENT_COMPONENT, INCIDENT_START_US, INCIDENT_END_US, INCIDENT_FAILURE, INCIDENT_CASCADE, INCIDENT_LATENCY,
    INCIDENT_LISTS, TIMED_OUT, COMPONENT_FIRST, CLIENT_COUNT, CLIENT, CLIENT_THRESHOLDS, SERVER_COUNT, SERVER,
    SERVER_THRESHOLDS, CLIENT_SHARE, FACTORS, PROPAGATION,
) = range(len(OUTCOME))  # fmt: skip

CALL = (
    "number",  # of its request
    "node",  # its place in the call tree
    "parent",  # the caller's node, or -1 for a root
    "upstream",  # the failed child's node where source is DEPENDENCY, or -1
    "start_us",
    "duration",  # in 10 us
    "op",
    "service",
    "release",  # a row of the calendar
    "persona",
    "user",
    "target",  # a user, or -1
    "object_type",  # or -1
    "object_id",  # the bits of a uint64, see `requests.REQUEST`
    "source",
    "error",  # a kind of error, or -1
    "incident",  # the one behind it, or -1
    "upstream_service",
    "request_bytes",
    "response_bytes",
    "query_count",
    "cache",  # 1 hit, 0 miss, -1 not asked
    "exemplar",
    "caller_release",  # the release of its parent, or -1 for a root
)
"""The waist: columns of calls, int64[24, n], one entry a call, root or child. A row stands for itself: spans, logs and
points are made of it without its neighbours."""
(
    NUMBER, NODE, PARENT, UPSTREAM, START_US, DURATION, OP, SERVICE, RELEASE, PERSONA, USER, TARGET, OBJECT_TYPE,
    OBJECT_ID, SOURCE, ERROR, INCIDENT, UPSTREAM_SERVICE, REQUEST_SIZE, RESPONSE_SIZE, QUERY_COUNT, CACHE, EXEMPLAR,
    CALLER,
) = range(len(CALL))  # fmt: skip

SCRATCH = (
    "speed", "lead", "tail", "place", "start", "own", "scale", "window", "length", "fault", "kind", "behind", "below",
    "forced", "factor",
)  # fmt: skip
"""Columns for the nodes of one request: its TIME words, its times, its outcome."""
SPEED, LEAD, TAIL, PLACE, START, OWN, SCALE, WINDOW, LENGTH, FAULT, KIND, BEHIND, BELOW, FORCED, FACTOR = range(
    len(SCRATCH)
)


class Room(NamedTuple):
    """What `expand` works in, beside its tables."""

    requests: Int64s
    scratch: Int64s
    near: Int64s
    """Incidents that may touch a batch."""
    calls: Int64s


def empty_calls(capacity: int) -> Int64s:
    """Columns for ``capacity`` calls."""
    return np.zeros((len(CALL), capacity), np.int64)


def empty_scratch(nodes: int) -> Int64s:
    """Room for requests of up to ``nodes`` calls."""
    return np.zeros((len(SCRATCH), nodes), np.int64)
