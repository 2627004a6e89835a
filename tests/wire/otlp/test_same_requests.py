"""JSON lines and OTLP of one seed hold the same requests, field for field."""

from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otelsim.runner.measuring import null_sinks
from otelsim.runner.otlp_output import OtlpOutput, notated
from otelsim.runner.output import LinesOutput
from otelsim.runner.slicing import Simulator
from otelsim.signals.notation import Notation
from otelsim.world.ids import derive_ids
from tests.simulated import DAY, MONDAY, LineSink, prepared, world_of
from tests.wire.otlp.runs import Kept, parsed

WORLDS = {name: world_of(name) for name in ("social_network", "multi_cloud")}
LEVELS = {"INFO": 9, "WARN": 13, "ERROR": 17}
RUNS = st.fixed_dictionaries(
    {
        "scenario": st.sampled_from(["year", "incidents"]),
        "seed": st.integers(0, 2**64 - 1),
        "total_events": st.integers(1, 90),
        "total_users": st.sampled_from([1, 30, 2_000_000]),
        "call_depth": st.integers(0, 2),
        "start_s": st.integers(0, 400).map(lambda days: MONDAY + days * DAY),
        "duration_s": st.sampled_from([3_600, DAY, 5 * DAY]),
    }
)


def told(world: str, asked: dict[str, Any]) -> tuple[list[dict], list[dict], Kept]:
    """A run's log lines, its metric lines and its requests."""
    scenario = asked["scenario"] if world == "social_network" else "year"
    p = prepared(**{**asked, "scenario": scenario}, world=WORLDS[world])
    sinks, kept = {name: LineSink() for name in null_sinks()}, Kept()
    otlp = OtlpOutput(notated(p, Notation("run")), p.scenario.metric_interval_s, kept, 1 << 20)
    simulator, lines = Simulator(p), LinesOutput(p.lines, dict(sinks))
    for index in range(len(p.slices)):
        for output in (lines, otlp):
            output.begin(dict.fromkeys(sinks, 0))
            simulator.slice(index, output)
    return sinks["logs"].lines(), sinks["metrics"].lines(), kept


def values(attributes) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}


def records(kept: Kept, signal: str):
    """(resource's attributes, record), of metrics (…, (metric, point))."""
    for request in (r for made in kept.slices for r in made if r.signal == signal):
        message = parsed(request)
        for group in getattr(message, f"resource_{'spans' if signal == 'traces' else signal}"):
            resource = values(group.resource.attributes)
            if signal == "metrics":
                for metric in group.scope_metrics[0].metrics:
                    for point in metric.gauge.data_points:
                        yield resource, (metric.name, point)
            else:
                scope = group.scope_spans[0].spans if signal == "traces" else group.scope_logs[0].log_records
                yield from ((resource, record) for record in scope)


def micros(timestamp: str) -> int:
    return round(datetime.fromisoformat(timestamp).timestamp() * 1e6)


def documented(line: dict[str, Any]) -> dict[str, Any]:
    """A log line's attributes as a span's and a log record's."""
    names = ("level", "action", "user_id", "request_id", "success", "target_user_id", "object_type", "object_id")
    errors = ("error_code", "error_message", "error_source", "error_type", "upstream_request_id")
    return {name: line[name] for name in (*names, *errors) if line[name] is not None}


def check_resource(resource: dict[str, Any], line: dict[str, Any]) -> None:
    assert {f"qairon.{k}": v for k, v in derive_ids(line["release_id"]).items()}.items() <= resource.items()
    assert resource["service.name"] == f"{line['stack']}-{line['service']}"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=RUNS, world=st.sampled_from(list(WORLDS)))
def test_spans_log_records_and_points_say_what_the_lines_say(asked, world):
    logs, metrics, kept = told(world, asked)
    by_span = {line["span_id"]: line for line in logs}
    durations = [line for line in metrics if line["metric"] == "request_duration_ms"]
    duration_of = {log["span_id"]: point["value"] for log, point in zip(logs, durations, strict=True)}
    assert len(by_span) == len(logs)

    spans = list(records(kept, "traces"))
    assert {span.span_id.hex() for _, span in spans} == set(by_span)
    assert len(spans) == len(logs)
    for resource, span in spans:
        line = by_span[span.span_id.hex()]
        check_resource(resource, line)
        assert span.trace_id.hex() == line["trace_id"]
        assert (span.parent_span_id.hex() or None) == line["parent_span_id"]
        assert span.start_time_unix_nano == micros(line["timestamp"]) * 1_000
        length_ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
        assert abs(length_ms - duration_of[line["span_id"]]) < 0.005
        known = values(span.attributes)
        assert documented(line).items() <= known.items()
        assert {k for k in known if k.startswith(("error_", "object_", "upstream", "target"))} <= set(documented(line))
        assert span.status.message == (line["error_message"] if line["level"] == "ERROR" else "")

    written = list(records(kept, "logs"))
    assert len(written) == len(logs)
    for resource, record in written:
        line = by_span[record.span_id.hex()]
        check_resource(resource, line)
        assert (record.trace_id.hex(), record.body.string_value) == (line["trace_id"], line["message"])
        assert record.time_unix_nano == micros(line["timestamp"]) * 1_000
        assert (record.severity_text, record.severity_number) == (line["level"], LEVELS[line["level"]])
        known = values(record.attributes)
        assert {k: v for k, v in known.items() if k != "persona"} == documented(line)

    assert Counter(map(line_of_point, records(kept, "metrics"))) == Counter(map(point_line, metrics))


def line_of_point(found) -> tuple:
    """A gauge point as its line would say it; the persona stands in the exemplar only."""
    resource, (name, point) = found
    tags = values(point.attributes)
    value = point.as_double if point.WhichOneof("value") == "as_double" else point.as_int
    exemplar = [(e.trace_id.hex(), e.span_id.hex(), values(e.filtered_attributes)["persona"]) for e in point.exemplars]
    flags = {k: str(v).lower() if isinstance(v, bool) else v for k, v in tags.items()}
    place = (resource["qairon.release_id"], resource["qairon.service"], resource["qairon.stack"])
    return name, point.time_unix_nano // 1_000, value, place, tuple(sorted(flags.items())), tuple(exemplar)


def point_line(line: dict[str, Any]) -> tuple:
    tags = dict(line["tags"])
    place = (tags.pop("release_id"), tags.pop("service"), tags.pop("stack"))
    persona, e = tags.pop("persona"), line.get("exemplar")
    exemplar = ((e["trace_id"], e["span_id"], persona),) if e else ()
    return line["metric"], round(line["ts"] * 1e6), line["value"], place, tuple(sorted(tags.items())), exemplar
