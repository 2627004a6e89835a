"""Tables say of a run what its OTLP records and its JSON lines say, column for column."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from otelsim.signals.conventions import resource_attributes
from otelsim.wire.parquet.known import Known
from otelsim.wire.parquet.schema import RESOURCE, SCHEMAS, TABLES
from otelsim.wire.parquet.tables import tables
from tests.simulated import DAY, calls_of, prepared
from tests.wire.otlp.test_same_requests import point_line, records, told, values

RUNS = {
    "failing": {"world": "social_network", "scenario": "incidents", "total_events": 300, "duration_s": DAY},
    "deep": {
        "world": "multi_cloud",
        "scenario": "year",
        "total_events": 200,
        "total_users": 3_000_000,
        "call_depth": 0,
    },
    "one": {"world": "social_network", "scenario": "year", "total_events": 1, "call_depth": 0},
}
RENAMED = {"error.type": "status_error_type"}
NO_ATTRIBUTES = {"trace_id", "span_id", "parent_span_id", "kind", "name", "start_time", "end_time", "duration_ms"} | {
    *("status_code", "status_message", "time", "observed_time", "severity_number", "body"),
    *(column.name for column in RESOURCE),
}
RESOURCES = {
    **{word.name: f"qairon.{word.name}" for word in RESOURCE[:15]},
    "service_name": "service.name",
    "service_instance_id": "service.instance.id",
    "cloud_platform": "cloud.platform",
    "k8s_cluster_name": "k8s.cluster.name",
    "run_id": "otelsim.run.id",
}


@pytest.fixture(params=RUNS, scope="module")
def made(request):
    """The tables, and what the run is told as: log lines, metric lines, OTLP."""
    asked = dict(RUNS[request.param])
    p = prepared(**asked)
    found = tables(Known(p.world, p.scenario, p.calendar, "run"), calls_of(p))
    return found, *told(asked.pop("world"), asked)


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """A row as its attributes would say it; times in ns."""
    times = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    for name in times:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.int64()))
    return [dict(row, **_texts(row)) for row in table.to_pylist()]


def _texts(row: dict[str, Any]) -> dict[str, str]:
    ids = {name: row[name].hex() for name in row if name.endswith("span_id") or name.endswith("trace_id") if row[name]}
    return ids | {name: f"req_{row[name].hex()}" for name in ("request_id", "upstream_request_id") if row.get(name)}


def attributes(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in NO_ATTRIBUTES}


def renamed(found: dict[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(name, name.replace(".", "_")): value for name, value in found.items()}


def check_resource(row: dict[str, Any], resource: dict[str, Any]) -> None:
    assert {name: row[name] for name in RESOURCES} == {name: resource.get(key) for name, key in RESOURCES.items()}


def test_spans_have_every_attribute_of_theirs(made):
    found, _, _, kept = made
    by_span = {row["span_id"]: row for row in rows(found["traces"])}
    spans = list(records(kept, "traces"))
    assert len(spans) == len(by_span) == len(found["traces"])
    for resource, span in spans:
        row = by_span[span.span_id.hex()]
        check_resource(row, resource)
        assert attributes(row) == renamed(values(span.attributes))
        assert (row["trace_id"], row["parent_span_id"] or "") == (span.trace_id.hex(), span.parent_span_id.hex())
        assert (row["start_time"], row["end_time"]) == (span.start_time_unix_nano, span.end_time_unix_nano)
        assert row["duration_ms"] * 1e6 == pytest.approx(row["end_time"] - row["start_time"])
        assert (row["name"], row["kind"], span.kind) == (span.name, "SERVER", 2)
        assert (row["status_code"], row["status_message"] or "") == (
            ("UNSET", "", "ERROR")[span.status.code],
            span.status.message,
        )


def test_log_records_have_every_attribute_of_theirs(made):
    found, lines, _, kept = made
    by_span = {row["span_id"]: row for row in rows(found["logs"])}
    written = list(records(kept, "logs"))
    assert len(written) == len(by_span) == len(found["logs"])
    for resource, record in written:
        row = by_span[record.span_id.hex()]
        check_resource(row, resource)
        assert attributes(row) == values(record.attributes)
        assert (row["trace_id"], row["body"]) == (record.trace_id.hex(), record.body.string_value)
        assert (row["time"], row["observed_time"]) == (record.time_unix_nano, record.observed_time_unix_nano)
        assert (row["level"], row["severity_number"]) == (record.severity_text, record.severity_number)
    parents = {line["span_id"]: line["parent_span_id"] for line in lines}
    assert {span: row["parent_span_id"] for span, row in by_span.items()} == parents


def test_points_are_those_of_metric_lines(made):
    found, _, lines, _ = made
    for row in rows(found["metrics"]):
        check_resource(row, resource_attributes(row["release_id"], "run"))
    assert Counter(map(line_of, rows(found["metrics"]))) == Counter(map(point_line, lines))
    assert Counter(row["persona"] for row in rows(found["metrics"])) == Counter(
        line["tags"]["persona"] for line in lines
    )


def line_of(row: dict[str, Any]) -> tuple:
    """A row as `point_line` tells of a line."""
    tags = {name: str(row[name]).lower() for name in ("success", "is_write")} | {"action": row["action"]}
    tags |= {"object_type": row["object_type"]} if row["object_type"] else {}
    trace = row["exemplar_trace_id"]
    exemplar = ((trace, row["exemplar_span_id"], row["persona"]),) if trace else ()
    place = (row["release_id"], row["service"], row["stack"])
    return row["metric"], row["time"] // 1_000, row["value"], place, tuple(sorted(tags.items())), exemplar


def test_columns_that_always_have_something_do(made):
    for signal, table in made[0].items():
        table.validate(full=True)
        assert table.schema == SCHEMAS[signal]
        never = [column.name for column in TABLES[signal] if column.null == "never"]
        assert {name: table[name].null_count for name in never} == dict.fromkeys(never, 0)


def test_a_dictionary_holds_what_there_is_and_once(made):
    for table in made[0].values():
        for name, column in zip(table.column_names, table.columns, strict=True):
            if pa.types.is_dictionary(column.type):
                texts = column.chunk(0).dictionary.to_pylist()
                assert set(texts) == set(column.to_pylist()) - {None}, name
                assert len(texts) == len(set(texts)), name
