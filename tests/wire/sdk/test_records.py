"""Spans and log records, as the SDK's encoders write them, against the JSON lines of the same calls."""

import re
from itertools import groupby

import numpy as np
import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

from otelsim.outcome import tables as o
from tests.reference.names import Names
from tests.reference.philox import mix

from . import expected
from .messages import records_of
from .runs import Run, run_of

SPANS = ("resource_spans", "scope_spans", "spans")
LOGS = ("resource_logs", "scope_logs", "log_records")


def told_in(run, rows):
    """(release_id, what is told of its calls), as the rows come."""
    told = (run.told[row] for row in rows)
    return [(release, list(calls)) for release, calls in groupby(told, lambda t: t.log["release_id"])]


def client_ids(run):
    """By row, by the words of docs/otlp.md."""
    key = Names(run.p.scenario).span
    numbers = zip(run.calls[o.NUMBER].tolist(), run.calls[o.NODE].tolist(), strict=True)
    return [f"{mix((1 << 63 | number << 10 | node) ^ key):016x}" for number, node in numbers]


def test_spans_are_those_of_the_lines(run):
    found = records_of(encode_spans(run.notation().spans(run.calls, run.rows)), *SPANS)
    assert found == [
        (expected.resource(release), [expected.server_span(run, told) for told in calls])
        for release, calls in told_in(run, run.rows)
    ]


def test_log_records_are_those_of_the_lines(run):
    found = records_of(encode_logs(run.notation().logs(run.calls, run.rows)), *LOGS)
    assert found == [
        (expected.resource(release), [expected.log_record(told) for told in calls])
        for release, calls in told_in(run, run.rows)
    ]


def test_records_stand_in_the_order_they_are_given_in(run):
    rows = run.rows[5::-1]
    spans, logs = run.notation().spans(run.calls, rows), run.notation().logs(run.calls, rows)
    ids = [run.told[row].log["span_id"] for row in rows]
    assert [f"{span.context.span_id:016x}" for span in spans] == ids
    assert [f"{each.log_record.span_id:016x}" for each in logs] == ids


def test_client_spans_stand_between_a_child_and_its_caller(run):
    message = encode_spans(run.notation(client_spans=True).spans(run.calls, run.rows))
    found = {(span["span_id"], span["kind"]): span for _, spans in records_of(message, *SPANS) for span in spans}
    wanted = []
    for told, made in zip(run.told, client_ids(run), strict=True):
        wanted.append(expected.server_span(run, told, made))
        if not told.is_root:
            wanted.append(expected.client_span(run, told, made))
    assert found == {(span["span_id"], span["kind"]): span for span in wanted}


def test_client_spans_are_the_callers(run):
    message = encode_spans(run.notation(client_spans=True).spans(run.calls, run.rows))
    seen = 0
    for resource, spans in records_of(message, *SPANS):
        release = {name: value for name, _, value in resource["attributes"]}["qairon.release_id"]
        for span in spans:
            if span["kind"] == expected.CLIENT:
                assert run.by_span[span["parent_span_id"]].log["release_id"] == release
                seen += 1
    assert seen == sum(not told.is_root for told in run.told) > 1_000


def test_client_spans_keep_the_order_of_a_message(run):
    message = encode_spans(run.notation(client_spans=True).spans(run.calls, run.rows))
    found = records_of(message, *SPANS)
    releases = sorted(set(run.calls[o.RELEASE].tolist()))
    ids = [run.p.calendar.release_id[release] for release in releases]
    assert [resource for resource, _ in found] == [expected.resource(release_id) for release_id in ids]
    for _, spans in found:
        starts = [span["start_time_unix_nano"] for span in spans]
        assert starts == sorted(starts)


def test_the_runs_reach_every_rule(run):
    """Nothing above compares nothing with nothing."""
    logs = [told.log for told in run.told]
    assert {log["level"] for log in logs} == {"INFO", "WARN", "ERROR"}
    for name in ("parent_span_id", "object_id", "target_user_id"):
        assert {log[name] is None for log in logs} == {True, False}


@pytest.mark.parametrize("name", ["incidents", "multi_cloud"])
def test_the_runs_fail_in_every_way(name):
    failed = [told for told in run_of(name).told if not told.log["success"]]
    sources = {(told.log["error_source"].partition(":")[0], told.is_root) for told in failed}
    assert sources >= {(source, root) for source in ("infrastructure", "dependency") for root in (True, False)}
    assert ("self", True) in sources


def test_hashtags_are_readable_and_new_objects_are_not():
    run = run_of("year")
    ids = [span.attributes.get("object_id", "") for span in run.notation().spans(run.calls, run.rows)]
    hashtags = {each.removeprefix("hashtag_") for each in ids if each.startswith("hashtag_")}
    (names,) = [each.names for each in run.p.world.object_types if each.name == "hashtag"]
    assert hashtags & set(names)
    posts = [each for each in ids if each.startswith("post_")]
    assert {each[5] in "89abcdef" for each in posts if re.fullmatch("post_[0-9a-f]{16}", each)} == {True, False}


def test_a_new_object_of_a_type_with_names_has_none():
    run = run_of("year")
    types = [each.name for each in run.p.world.object_types]
    rows = np.flatnonzero(run.calls[o.OBJECT_TYPE] == types.index("hashtag"))[:2].tolist()
    calls = run.calls[:, rows].copy()
    calls[o.OBJECT_ID, 0] = -(1 << 63) + 0xABC
    told = Run(run.p, calls).told
    found = [span.attributes["object_id"] for span in run.notation().spans(calls, [0, 1])]
    assert found == [each.log["object_id"] for each in told]
    assert found[0] == "hashtag_8000000000000abc"


PATHS = {
    "get_timeline_page": r"/v1/timeline/pages/[0-9a-f]{16}",
    "follow_user": r"/v1/users/user_\d{6}/follow",
    "get_post": r"/v1/posts/post_[0-9a-f]{16}",
    "get_hashtag_posts": r"/v1/hashtags/hashtag_[a-z0-9]+/posts",
    "login": r"/v1/login",
}


@pytest.mark.parametrize("action", PATHS)
def test_a_path_has_ids_for_placeholders(action):
    run = run_of("year")
    rows = [row for row in run.rows if run.told[row].log["action"] == action]
    spans = run.notation().spans(run.calls, rows)
    assert spans
    for span in spans:
        assert re.fullmatch(PATHS[action], span.attributes["url.path"])


def test_the_method_of_a_child_is_a_full_one():
    run = run_of("incidents")
    names = {span.name for span in run.notation().spans(run.calls, run.rows) if span.parent}
    assert {"social.content.PostsService/Handle", "social.social.ConnectionsService/Handle"} <= names
