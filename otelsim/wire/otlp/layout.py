"""The tables that OTLP's kernels read, by number; `tables` fills them."""

COMMON = (
    "users",  # [1] user_id up to its digits
    "requests",  # [1] request_id up to its digits
    "persona",  # [personas]
    "object",  # [types] object_type, and object_id up to its last part
    "named",  # [names of all types] object_type and object_id
    "targets",  # [1] target_user_id up to its digits
    "failure",  # [error kinds] error_code to error_type of a call that fails by itself
    "cascade",  # [services x error kinds] the same of one whose dependency failed
    "upstream",  # [1] upstream_request_id up to its digits
)
"""Attributes of spans and of log records: there are two sets of tables, in which these are fields of another number."""
LAYOUT = (
    "trace_high_key",
    "trace_low_key",
    "span_key",
    "request_key",
    "user_digits",
    "kinds",  # how many kinds of error there are
    "record_bound",  # no record, with its resource, is longer
    "named_type",  # [types] whether ids are names
    "name_first",  # [types] first name of a type
    "level",  # [error kinds] 1 WARN, 2 ERROR
    "answer_class",  # [operations] 0 child, 1 root, 2 root that creates
    "path_first",  # [operations + 1] the parts of a root's url.path
    "path_kind",  # [parts] what follows the part: see PATH_END
    "object_size",  # [types] bytes of an object's id that ends in digits
    "name_size",  # [names] bytes of the id
    "temporality",
    "clients",  # whether callers have spans of their own
    "resource",  # [calendar's rows] whole
    "scope",  # [1] whole
    "schema",  # [1] schema_url
    *COMMON,
    "span_name",  # [operations] name and kind
    "span_request",  # [operations] from the conventions' attributes to action
    "path",  # [parts] of the url.path's text
    "path_key",  # [1] the attribute's key
    "answer",  # [3 classes x (error kinds + 1)] from the answer's attributes to success
    "status",  # [error kinds + 1] of a call that fails by itself, or not at all
    "cascade_status",  # [services x error kinds]
    "client_name",  # [operations] name and kind
    "client_request",  # [operations]
    "client_answer",  # [error kinds + 1]
    "client_action",  # [operations]
    "log_success",  # [operations] severity, body, attributes to success
    "severity",  # [levels]
    "log_failed",  # [operations] the body's text up to the error's message
    "log_message",  # [error kinds] the error's message
    "log_failed_upstream",  # [services] what the message begins with where the service failed
    "log_outcome",  # [operations x 2] attributes to success of WARN and of ERROR
    "metric",  # [5] name and description
    "point",  # [operations x 2] attributes of a failure, of a success
    "point_object",  # [types + 1] object_type, or nothing
    "point_persona",  # [personas] persona, or nothing
    "point_filtered",  # [personas] persona, or nothing where the point has it
    "histogram_filtered",  # [personas] persona
    "histogram",  # [2] name, description, unit of the HTTP and the RPC histogram
    "set",  # [series' sets] attributes
    "bounds",  # [1] explicit_bounds, or the scale
)
PATH_END, PATH_USER, PATH_OBJECT = 0, 1, 2
"""What follows a part of a path."""

_AT = {name: number for number, name in enumerate(LAYOUT)}
(
    TRACE_HIGH_KEY, TRACE_LOW_KEY, SPAN_KEY, REQUEST_KEY, USER_DIGITS, KINDS, RECORD_BOUND, NAMED_TYPE, NAME_FIRST,
    LEVEL, ANSWER_CLASS, PATH_FIRST, PATH_KIND, OBJECT_SIZE, NAME_SIZE, TEMPORALITY, CLIENTS, RESOURCE, SCOPE, SCHEMA,
) = range(_AT["users"])  # fmt: skip
USERS, REQUESTS, PERSONA, OBJECT, NAMED, TARGETS, FAILURE, CASCADE, UPSTREAM = range(_AT["users"], _AT["span_name"])
(
    SPAN_NAME, SPAN_REQUEST, PATH, PATH_KEY, ANSWER, STATUS, CASCADE_STATUS, CLIENT_NAME, CLIENT_REQUEST, CLIENT_ANSWER,
    CLIENT_ACTION, LOG_SUCCESS, SEVERITY, LOG_FAILED, LOG_MESSAGE, LOG_UPSTREAM, LOG_OUTCOME, METRIC, POINT,
    POINT_OBJECT, POINT_PERSONA, POINT_FILTERED, HISTOGRAM_FILTERED, HISTOGRAM, SET, BOUNDS,
) = range(_AT["span_name"], len(LAYOUT))  # fmt: skip
assert len(_AT) == len(LAYOUT)
