"""Lines that are none of otelsim's but may be anyone's: they make no false spans and no message that does not parse."""

import pytest

from otelsim.replay import parts
from otelsim.replay.encoding import Encoder
from otelsim.replay.files import given
from otelsim.replay.operations import Known
from otelsim.replay.source import LeftOut, Source
from tests.replay.lines import STYLE, part_of, replayed, written
from tests.replay.test_faults import LOG, POINT, line
from tests.simulated import world_of
from tests.wire.otlp.runs import parsed

ODD = [("1" + "0" * 30, "req_1"), ("9" * 5000, "req_1"), ("E1", "aé€x7"), ("²", "x")]


@pytest.mark.parametrize("changed", ["torn", "named", "escaped"])
def test_what_looks_like_a_duration_cuts_no_pair_apart(tmp_path, monkeypatch, changed):
    monkeypatch.setattr(parts, "PART_LINES", 200)
    monkeypatch.setattr(parts, "_SCANNED_BYTES", 20_000)
    lines = written("year")
    metrics = lines["metrics"].splitlines(keepends=True)
    if changed == "torn":
        metrics[4] = b'{"metric":"request_duration_ms\n'
    elif changed == "named":
        metrics = [text[:-2] + b',"name":"request_duration_ms"}\n' for text in metrics]
    else:
        metrics = [text.replace(b'"request_duration_ms"', b'"request\\u005fduration_ms"') for text in metrics]
    part_of(tmp_path, lines["logs"], b"".join(metrics))
    cut = parts.parts_of(given([tmp_path]))
    assert (len(cut) > 1) == (changed != "escaped")
    left_out = LeftOut(stop=False)
    source = Source(Encoder(STYLE, Known(None)))
    made = [request for part in cut for request in source.requests(part, left_out)]
    calls = lines["logs"].count(b"\n")
    assert sum(r.records for r in made if r.kind == "spans") == calls - left_out.unpaired_logs
    assert left_out.unpaired_logs == 0
    assert left_out.lines == (changed == "torn")


@pytest.mark.parametrize(("code", "request_id"), ODD)
def test_odd_codes_and_ids_make_messages_that_parse(tmp_path, code, request_id):
    action = next(a for a in world_of().actions if "{post_id}" in a.route)
    service = world_of().services[action.service]
    log = {**LOG, "action": action.name, "stack": service.stack, "service": service.name, "success": False}
    log |= {"level": "ERROR", "error_code": code, "request_id": request_id}
    point = {**POINT, "ts": 1763943037.809473, "tags": {**POINT["tags"], "action": action.name, "success": "false"}}
    made, left_out = replayed(part_of(tmp_path, line(log) + b"\n", line(point) + b"\n"))
    assert (left_out.lines, left_out.unpaired_logs) == (0, 0)
    (span,) = (parsed(r).resource_spans[0].scope_spans[0].spans[0] for r in made if r.signal == "traces")
    path = next(a.value.string_value for a in span.attributes if a.key == "url.path")
    assert path.endswith("/" + request_id.removeprefix("req_"))
    assert not [a for a in span.attributes if a.key == "http.response.status_code"]
