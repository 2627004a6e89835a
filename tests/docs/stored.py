"""What becomes of names on their way into the stores: by the Collector's configuration, and as `verify` knows them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otelsim.verify.fields import label, of_log_record, of_point, of_span
from tests.docs import markdown

ROOT = Path(__file__).parents[2]
COLLECTOR, PAGE = ROOT / "collector" / "config.yaml", ROOT / "docs" / "reference.md"
_RENAMER, _LOGS = "resource/names", "otlp_http/victorialogs"


@cache
def _config() -> dict[str, Any]:
    return yaml.safe_load(COLLECTOR.read_text())


@cache
def renames() -> dict[str, str]:
    """What the Collector calls the resource's attributes on the way to metrics and logs, by their names in OTLP."""
    actions = _config()["processors"][_RENAMER]["attributes"]
    return {one["from_attribute"]: one["key"] for one in actions if one["action"] == "upsert"}


@cache
def stream_fields() -> tuple[str, ...]:
    """The fields by which VictoriaLogs keeps records together."""
    return tuple(_config()["exporters"][_LOGS]["headers"]["VL-Stream-Fields"].split(","))


def in_logs(name: str) -> str:
    """The field of a resource's attribute in VictoriaLogs."""
    return renames().get(name, name)


def in_metrics(name: str) -> str:
    """The label of a resource's attribute in VictoriaMetrics."""
    return label(in_logs(name))


def fields_of_log_records() -> list[str]:
    """The fields that every log record has in VictoriaLogs beside its attributes."""
    return list(of_log_record(LogRecord(), InstrumentationScope(), Resource()))


def labels_of_scopes() -> list[str]:
    """The labels that every series has in VictoriaMetrics beside its attributes."""
    return list(of_point(NumberDataPoint(), InstrumentationScope(), Resource()))


def span_field(name: str) -> str:
    """The field of a span's attribute in VictoriaTraces."""
    span = Span()
    span.attributes.add(key=name).value.string_value = "x"
    return _only(of_span(span, InstrumentationScope(), Resource()), name)


def span_resource_field(name: str) -> str:
    """The field of its resource's attribute there."""
    resource = Resource()
    resource.attributes.add(key=name).value.string_value = "x"
    return _only(of_span(Span(), InstrumentationScope(), resource), name)


def _only(row: dict[str, str], name: str) -> str:
    (found,) = (field for field in row if field.endswith(name))
    return found


def labels() -> set[str]:
    """All labels of series that the reference knows, and what a series has of its own."""
    attributes = _column("In VictoriaMetrics", "Resource attributes", "Attributes of gauge points")
    histograms = _column("In VictoriaMetrics", "Attributes of histogram points")
    return attributes | histograms | set(labels_of_scopes()) | {"__name__", "le"}


def fields() -> set[str]:
    """All fields of log records that it knows, and what the store adds."""
    resource = _column("In VictoriaLogs", "Resource attributes")
    own = _column("Attribute", "Attributes of log records")
    return resource | own | set(fields_of_log_records()) | {"_stream", "_stream_id"}


def _column(name: str, *titles: str) -> set[str]:
    sections = markdown.sections(PAGE.read_text())
    cells = [row[name] for title in titles for row in markdown.records(sections[title])]
    return {cell.removesuffix("`, of the stream") for cell in cells}
