"""Records' fields as the stores name and write them: OTLP's messages on one side, rows and labels on the other.

Sources: VictoriaLogs, app/vlinsert/opentelemetry; VictoriaTraces, app/vtinsert/opentelemetry; VictoriaMetrics,
lib/protoparser/opentelemetry. The Collector has taken ``qairon.`` off the names for the first and the last.
"""

import re
from itertools import accumulate
from typing import Any

OURS = "qairon."
_SECONDS = {"s": "seconds"}


def text_of(value: Any) -> str:
    """An attribute's value as the stores write it."""
    kind = value.WhichOneof("value")
    found = getattr(value, kind) if kind else ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def _named(attributes: Any, prefix: str = "", without: str = "") -> dict[str, str]:
    return {prefix + one.key.removeprefix(without): text_of(one.value) for one in attributes}


def of_log_record(record: Any, scope: Any, resource: Any) -> dict[str, str]:
    """The row of a log record; its flags and the time it was observed are not kept."""
    return {
        **_named(record.attributes),
        **_named(resource.attributes, without=OURS),
        "scope.name": scope.name,
        "scope.version": scope.version,
        "_msg": text_of(record.body),
        "_time": str(record.time_unix_nano),
        "severity_number": str(record.severity_number),
        "severity_text": record.severity_text,
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
    }


def of_span(record: Any, scope: Any, resource: Any) -> dict[str, str]:
    """The row of a span; what is empty is not kept, nor are the flags by some versions."""
    found = {
        **_named(record.attributes, "span_attr:"),
        **_named(resource.attributes, "resource_attr:"),
        "scope_name": scope.name,
        "scope_version": scope.version,
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "parent_span_id": record.parent_span_id.hex(),
        "name": record.name,
        "kind": str(record.kind),
        "start_time_unix_nano": str(record.start_time_unix_nano),
        "end_time_unix_nano": str(record.end_time_unix_nano),
        "duration": str(record.end_time_unix_nano - record.start_time_unix_nano),
        "status_message": record.status.message,
        "status_code": str(record.status.code),
    }
    return {name: value for name, value in found.items() if value}


def of_point(record: Any, scope: Any, resource: Any) -> dict[str, str]:
    """The labels of a point's series."""
    names = {
        **_named(resource.attributes, without=OURS),
        "scope_name": scope.name,
        "scope_version": scope.version,
        **_named(record.attributes),
    }
    return {label(name): value for name, value in names.items()}


def label(name: str) -> str:
    """An attribute's name as a label."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def metric_name(name: str, unit: str) -> str:
    """A metric's name with Prometheus' naming: its unit behind it."""
    return "_".join(filter(None, (label(name), _SECONDS.get(unit, ""))))


def number(point: Any) -> float:
    """A gauge point's value."""
    return float(getattr(point, point.WhichOneof("value")))


def histogram_values(point: Any) -> dict[str, float]:
    """The samples that a histogram point becomes; of exponential buckets, those that are told under any naming."""
    found = {"count": float(point.count), "sum": float(point.sum)}
    if hasattr(point, "explicit_bounds"):
        bounds = [*(f"{bound:g}" for bound in point.explicit_bounds), "+Inf"]
        below = accumulate(point.bucket_counts)
        found |= {f"bucket {bound}": float(n) for bound, n in zip(bounds, below, strict=True)}
    return found
