"""The two kinds of lines as regular expressions (SPEC 4): key order, types, shapes, and no space outside a string."""

import polars as pl

TAGS = ("service", "stack", "action", "success", "is_write", "persona", "release_id", "object_type")
METRICS = ("request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count", "cache_hit")

LOG_SCHEMA = {
    "timestamp": pl.String,
    "level": pl.String,
    "service": pl.String,
    "stack": pl.String,
    "action": pl.String,
    "user_id": pl.String,
    "request_id": pl.String,
    "success": pl.Boolean,
    "message": pl.String,
    "release_id": pl.String,
    "trace_id": pl.String,
    "span_id": pl.String,
    "parent_span_id": pl.String,
    "target_user_id": pl.String,
    "object_type": pl.String,
    "object_id": pl.String,
    "error_code": pl.String,
    "error_message": pl.String,
    "error_source": pl.String,
    "error_type": pl.String,
    "upstream_request_id": pl.String,
}
METRIC_SCHEMA = {
    "metric": pl.String,
    "ts": pl.Float64,
    "value": pl.Float64,
    "tags": pl.Struct(dict.fromkeys(TAGS, pl.String)),
    "exemplar": pl.Struct({"trace_id": pl.String, "span_id": pl.String}),
}

_NAME = r'"[^"\\:\s]+"'
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\.)+"'
_RELEASE = r'"[^":\\]+(?::[^":\\]+){11}"'
_TRACE = '"[0-9a-f]{32}"'
_SPAN = '"[0-9a-f]{16}"'
_USER = r'"user_[^"\\\s]+"'
_REQUEST = r'"req_[^"\\\s]+"'
_BOOL = "(?:true|false)"

_LOG_SHAPES = {
    "timestamp": r'"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"',
    "level": '"(?:INFO|WARN|ERROR)"',
    "service": _NAME,
    "stack": _NAME,
    "action": _NAME,
    "user_id": _USER,
    "request_id": _REQUEST,
    "success": _BOOL,
    "message": _TEXT,
    "release_id": _RELEASE,
    "trace_id": _TRACE,
    "span_id": _SPAN,
    "parent_span_id": f"(?:{_SPAN}|null)",
    "target_user_id": f"(?:{_USER}|null)",
    "object_type": f"(?:{_NAME}|null)",
    "object_id": f"(?:{_NAME}|null)",
    "error_code": '(?:"[0-9]{3}"|null)',
    "error_message": f"(?:{_TEXT}|null)",
    "error_source": r'(?:"[^"\\\s]+"|null)',
    "error_type": '(?:"(?:client|server|database|cache|queue|internal)"|null)',
    "upstream_request_id": f"(?:{_REQUEST}|null)",
}
_TAG_SHAPES = {
    "service": _NAME,
    "stack": _NAME,
    "action": _NAME,
    "success": f'"{_BOOL}"',
    "is_write": f'"{_BOOL}"',
    "persona": _NAME,
    "release_id": _RELEASE,
}


def _members(shapes: dict[str, str]) -> str:
    return ",".join(f'"{key}":{shape}' for key, shape in shapes.items())


LOG_LINE = rf"^\{{{_members(_LOG_SHAPES)}\}}$"
"""A log line, whole."""

METRIC_LINE = (
    rf'^\{{"metric":"(?:{"|".join(METRICS)})","ts":[0-9]+\.[0-9]{{6}},"value":[0-9]+(?:\.[0-9]{{1,2}})?,'
    rf'"tags":\{{{_members(_TAG_SHAPES)}(?:,"object_type":{_NAME})?\}}'
    rf'(?:,"exemplar":\{{"trace_id":{_TRACE},"span_id":{_SPAN}\}})?\}}$'
)
"""A metric line, whole."""
