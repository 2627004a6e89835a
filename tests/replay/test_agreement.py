"""A run's JSON lines replayed are the messages that the run itself would have sent."""

from collections import Counter

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from otelsim.replay import coding, source
from otelsim.replay.coding import Coder
from otelsim.signals.notation import Notation
from tests.replay.lines import STYLE, part_of, replayed, written
from tests.wire.otlp.runs import all_records, encoded, parsed, records, whole
from tests.wire.sdk.runs import RUN_ID, SHAPES

SHAPE = tuple(SHAPES)


def without_persona(found: Counter) -> Counter:
    """Log records without what no log line tells: the persona and the end."""
    bare: Counter = Counter()
    for (resource, record), n in found.items():
        log = LogRecord.FromString(record)
        kept = [a for a in log.attributes if a.key != "persona"]
        del log.attributes[:]
        log.attributes.extend(kept)
        log.observed_time_unix_nano = 0
        bare[resource, whole(log)] += n
    return bare


def gauges(found: Counter) -> Counter:
    return Counter({record: n for record, n in found.items() if b"server" not in record[1].split(b"\0")[0]})


@pytest.fixture(params=SHAPE)
def both(request, tmp_path):
    """What was sent, and what is sent again."""
    lines = written(request.param)
    world = SHAPES[request.param].get("world", "social_network")
    made, left_out = replayed(part_of(tmp_path, lines["logs"], lines["metrics"]), world=world)
    assert (left_out.lines, left_out.unpaired_logs, left_out.unpaired_durations) == (0, 0, 0)
    return encoded(request.param), made


def test_spans_are_the_same(both):
    sent, again = (all_records(requests, "traces") for requests in both)
    assert sent == again
    assert sent.total() > 50


def test_log_records_are_the_same_but_for_the_persona(both):
    sent, again = (without_persona(all_records(requests, "logs")) for requests in both)
    assert sent == again
    assert sent.total() > 50


def test_points_are_the_same(both):
    sent, again = (all_records(requests, "metrics") for requests in both)
    assert gauges(sent) == again
    assert again.total() > 200


def test_messages_are_as_protobuf_writes_them_and_are_counted(both):
    for request in both[1]:
        message = parsed(request)
        assert message.SerializeToString() == request.body
        assert len(records(request.signal, message)) == request.records


@pytest.mark.parametrize("limit", [2_000, 9_000, 100_000])
def test_requests_keep_their_limit_and_hold_the_same_records(tmp_path, limit):
    lines = written(SHAPE[0])
    part = part_of(tmp_path, lines["logs"], lines["metrics"])
    whole_ones, small = replayed(part)[0], replayed(part, STYLE._replace(limit=limit))[0]
    for signal in ("traces", "logs", "metrics"):
        assert all_records(whole_ones, signal) == all_records(small, signal)
    assert all(len(r.body) <= max(limit, 4_000) for r in small)
    assert len(small) > len(whole_ones)


def test_blocks_of_any_size_hold_the_same_records(tmp_path, monkeypatch):
    lines = written(SHAPE[0])
    part = part_of(tmp_path, lines["logs"], lines["metrics"])
    wanted = {signal: all_records(replayed(part)[0], signal) for signal in ("traces", "logs", "metrics")}
    for size in (700, 5_000, 33_333):
        monkeypatch.setattr(source, "LOG_BLOCK_BYTES", size)
        monkeypatch.setattr(source, "METRIC_BLOCK_BYTES", size)
        made, left_out = replayed(part)
        assert left_out.unpaired_logs == left_out.unpaired_durations == 0
        for signal, records_of in wanted.items():
            assert all_records(made, signal) == records_of


def test_the_persona_is_an_attribute_of_points_where_that_is_asked_for(tmp_path):
    lines = written(SHAPE[0])
    style = STYLE._replace(notation=Notation(RUN_ID, metrics="points", persona_attribute=True))
    made, _ = replayed(part_of(tmp_path, lines["logs"], lines["metrics"]), style)
    assert gauges(all_records(encoded(SHAPE[0], "delta"), "metrics")) == all_records(made, "metrics")


@pytest.mark.parametrize("most", [3, 60])
def test_texts_that_are_forgotten_are_learnt_again(tmp_path, monkeypatch, most):
    """Durations wait while all codes change."""
    lines = written(SHAPE[0])
    part = part_of(tmp_path, lines["logs"], lines["metrics"])
    wanted = {signal: all_records(replayed(part)[0], signal) for signal in ("traces", "logs", "metrics")}
    forgotten = []
    clear = Coder.clear
    monkeypatch.setattr(Coder, "clear", lambda coder: forgotten.append(clear(coder)))
    monkeypatch.setattr(coding, "MOST_TEXTS", most)
    monkeypatch.setattr(source, "LOG_BLOCK_BYTES", 9_000)
    monkeypatch.setattr(source, "METRIC_BLOCK_BYTES", 50_000)
    made, left_out = replayed(part)
    assert left_out.unpaired_logs == left_out.unpaired_durations == 0
    assert {signal: all_records(made, signal) for signal in wanted} == wanted
    assert len(forgotten) > 10
