"""Lines that are broken, files that are cut off, files that do not pair: named, left out, counted."""

import gzip
import json
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.errors import RunError
from otelsim.replay import faults, reading
from otelsim.replay import lines as reader
from otelsim.replay.coding import Coder
from otelsim.replay.encoding import Encoder
from otelsim.replay.operations import Known
from otelsim.replay.reading import Block, Place, Stretch, block_of
from otelsim.replay.source import LeftOut, Source
from tests.replay.lines import STYLE, part_of, replayed, written
from tests.wire.otlp.runs import all_records

RELEASE = "prod:aws:111111111111:us-east-1:platform:eks:main:social:feed:timeline:default:107"
LOG = {
    **dict.fromkeys(faults.LOG_TEXTS),
    "timestamp": "2025-11-24T00:10:37.809473Z",
    "level": "INFO",
    "service": "timeline",
    "stack": "feed",
    "action": "get_timeline_page",
    "user_id": "user_000124",
    "request_id": "req_757bb8251f3c07b0",
    "message": "get_timeline_page returned data",
    "release_id": RELEASE,
    "trace_id": "c322cf887d0fafc71e7ca18e25649671",
    "span_id": "204603c4368ddec5",
    "success": True,
}
TAGS = {"service": "timeline", "stack": "feed", "action": "get_timeline_page", "success": "true", "is_write": "false"}
POINT = {
    "metric": "request_duration_ms",
    "ts": 1763943037.809473,
    "value": 68.12,
    "tags": {**TAGS, "persona": "lurker_1", "release_id": RELEASE},
}
BROKEN_LOGS = {
    "has no message": {"message": None},
    "has no success": {"success": None},
    "user_id is no text: 5": {"user_id": 5},
    'success is neither true nor false: "yes"': {"success": "yes"},
    'timestamp is no time (RFC 3339, 1970 to 2100): "yesterday"': {"timestamp": "yesterday"},
    'timestamp is no time (RFC 3339, 1970 to 2100): "2525-01-01T00:00:00Z"': {"timestamp": "2525-01-01T00:00:00Z"},
    'level is not one of INFO, WARN, ERROR: "FATAL"': {"level": "FATAL"},
    'trace_id is not 32 hexadecimal digits: "c322"': {"trace_id": "c322"},
    f'trace_id is not 32 hexadecimal digits: "{"0" * 32}"': {"trace_id": "0" * 32},
    f'span_id is not 16 hexadecimal digits: "{"g" * 16}"': {"span_id": "g" * 16},
    'parent_span_id is not 16 hexadecimal digits: ""': {"parent_span_id": ""},
    "release_id: 'a:b' has 2 parts, expected 12": {"release_id": "a:b"},
    "release_id is longer than 1,024 characters": {"release_id": "a" * 2_000},
}
BROKEN_POINTS = {
    "has no metric": {"metric": None},
    'unknown metric "request_duration_s"': {"metric": "request_duration_s"},
    'ts is no number: "now"': {"ts": "now"},
    "ts is no time in seconds (1970 to 2100): 1763943037809.5": {"ts": 1763943037809.5},
    "ts is no time in seconds (1970 to 2100): -1.5": {"ts": -1.5},
    "value is no number: null": {"value": None},
    "value is no duration (0 to 1e+11 ms): -3.5": {"value": -3.5},
    "value is no duration (0 to 1e+11 ms): 1e+300": {"value": 1e300},
    "has no tags": {"tags": None},
    "has no tag action": {"tags": {**POINT["tags"], "action": None}},
    "tag action is no text: 7": {"tags": {**POINT["tags"], "action": 7}},
    "tag success is no text: true": {"tags": {**POINT["tags"], "success": True}},
    'tag is_write is neither true nor false: "no"': {"tags": {**POINT["tags"], "is_write": "no"}},
    "the exemplar has no trace_id and span_id": {"exemplar": {"trace_id": "c322cf887d0fafc71e7ca18e25649671"}},
    'span_id is not 16 hexadecimal digits: "1"': {"exemplar": {"trace_id": "1" * 32, "span_id": "1"}},
}
HUGE = b'{"metric":"cache_hit","ts":1' + b"0" * 400 + b',"value":1,"tags":{"action":7}}'
NO_RECORDS = {b"": "is empty", b"{": "is no JSON", b"[1]": "is no JSON object", b'"a"': "is no JSON object",
              b'{"a":"\xff"}': "is no UTF-8", b"[" * 3000: "is nested too deeply"}  # fmt: skip


def read_logs(block: Block) -> reader.LogLines:
    return reader.read_logs(block, Coder())


def read_points(block: Block) -> reader.PointLines:
    return reader.read_points(block, Coder())


KINDS = [(LOG, BROKEN_LOGS, read_logs), (POINT, BROKEN_POINTS, read_points)]


def block(*lines: bytes) -> Block:
    return block_of(Place(Path("file"), Stretch(first_line=101)), 1, b"\n".join(lines) + b"\n")


def line(record: dict) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


@pytest.mark.parametrize(("good", "broken", "read"), KINDS)
def test_every_fault_is_told_with_its_line(good, broken, read):
    lines, wanted = [], []
    for reason, change in broken.items():
        wanted.append((101 + len(lines) + 1, reason))
        lines += [line(good), line({**good, **change})]
    for text, reason in NO_RECORDS.items():
        wanted.append((101 + len(lines) + 1, reason))
        lines += [line(good), text]
    found = read(block(*lines, line(good)))
    assert [tuple(fault) for fault in found.faults] == wanted
    assert found.good.tolist() == [True, False] * len(wanted) + [True]


@pytest.mark.parametrize(("good", "broken", "read"), KINDS)
def test_each_fault_alone_among_good_lines(good, broken, read):
    """A block whose lines Arrow takes as they are goes another way than one with lines that it does not."""
    for reason, change in broken.items():
        found = read(block(line(good), line({**good, **change}), line(good)))
        assert [tuple(fault) for fault in found.faults] == [(102, reason)]


@pytest.mark.parametrize(("good", "fault_of"), [(LOG, faults.fault_of_log), (POINT, faults.fault_of_point)])
def test_a_good_line_has_no_fault(good, fault_of):
    assert fault_of(good) == ""
    for more in ({"unknown": [1, {}]}, {"exemplar": None}):
        read = read_logs if good is LOG else read_points
        assert read(block(line({**good, **more}), line(good))).faults == []


JUDGED = {"log": (LOG, read_logs, faults.fault_of_log), "point": (POINT, read_points, faults.fault_of_point)}
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-10, 10**13), st.floats(allow_nan=False), st.text(max_size=3))


@settings(deadline=None, max_examples=200)
@given(data=st.data(), kind=st.sampled_from(["log", "point"]))
def test_columns_and_single_lines_are_judged_alike(data, kind):
    """What a column of lines is judged by is what one line is told by."""
    good, read, fault_of = JUDGED[kind]
    records = []
    for _ in range(3):
        record = {**good, "tags": dict(POINT["tags"])}
        if data.draw(st.booleans()):
            record[data.draw(st.sampled_from(sorted(good)))] = data.draw(VALUES)
        if data.draw(st.booleans()):
            record["tags"] = {**POINT["tags"], data.draw(st.sampled_from(sorted(faults.TAGS))): data.draw(VALUES)}
        records.append(record)
    found = read(block(*map(line, records)))
    assert found.good.tolist() == [fault_of(json.loads(line(record))) == "" for record in records]


def test_broken_lines_are_left_out_and_all_others_keep_their_places(tmp_path):
    lines = {name: data.splitlines(keepends=True) for name, data in written("year").items()}
    durations = [n for n, text in enumerate(lines["metrics"]) if b"request_duration_ms" in text]
    lines["logs"][10] = b"{broken\n"
    level = json.loads(lines["logs"][20])["level"]
    lines["logs"][20] = lines["logs"][20].replace(b'"level":"', b'"level":"X')
    lines["metrics"][durations[30]] = b'{"metric":"request_duration_ms",\n'
    lines["metrics"][durations[40] + 1] = b"\n"
    part = part_of(tmp_path, *(b"".join(lines[name]) for name in ("logs", "metrics")))
    made, left_out = replayed(part, stop=False)
    assert (left_out.lines, left_out.unpaired_logs, left_out.unpaired_durations) == (4, 1, 3)
    assert sorted(left_out.told) == sorted([
        f"{tmp_path}/logs_0.jsonl:11: is no JSON",
        f'{tmp_path}/logs_0.jsonl:21: level is not one of INFO, WARN, ERROR: "X{level}"',
        f"{tmp_path}/metrics_0.jsonl:{durations[30] + 1}: is no JSON",
        f"{tmp_path}/metrics_0.jsonl:{durations[40] + 2}: is empty",
    ])  # fmt: skip
    counts = Counter({kind: sum(r.records for r in made if r.kind == kind) for kind in ("logs", "spans", "points")})
    calls = len(lines["logs"])
    assert counts == {"logs": calls - 2, "spans": calls - 3, "points": len(lines["metrics"]) - 2}
    whole, _ = replayed(part_of(tmp_path, *written("year").values()))
    for signal in ("traces", "logs", "metrics"):
        assert not all_records(made, signal) - all_records(whole, signal)


def test_the_first_broken_line_ends_a_replay_that_stops_at_them(tmp_path):
    data = written("year")["logs"]
    part = part_of(tmp_path, data + b"{}\n", None)
    with pytest.raises(RunError, match=rf"logs_0.jsonl:{len(data.splitlines()) + 1}: has no timestamp"):
        replayed(part)


def test_a_file_that_does_not_pair_makes_no_false_spans(tmp_path):
    lines = written("year")
    without_first = lines["logs"].split(b"\n", 1)[1]
    made, left_out = replayed(part_of(tmp_path, without_first, lines["metrics"]))
    calls = lines["logs"].count(b"\n")
    spans = sum(r.records for r in made if r.kind == "spans")
    assert spans + left_out.unpaired_logs == calls - 1
    assert spans + left_out.unpaired_durations == calls
    # Neighbours that are alike in time, release, action and outcome are rare.
    assert spans < calls // 50
    assert sum(r.records for r in made if r.kind == "logs") == calls - 1
    made, left_out = replayed(part_of(tmp_path, lines["logs"], None))
    assert {r.kind for r in made} == {"logs"}
    assert (left_out.unpaired_logs, left_out.unpaired_durations) == (calls, 0)
    made, left_out = replayed(part_of(tmp_path, None, lines["metrics"]))
    assert {r.kind for r in made} == {"points"}
    assert (left_out.unpaired_logs, left_out.unpaired_durations) == (0, calls)


PACKED = {".gz": gzip.compress, ".zst": zstandard.compress, "": bytes}


@pytest.mark.parametrize("suffix", PACKED)
def test_compressed_files_are_read_and_torn_ones_told_of(tmp_path, suffix):
    lines, packed = written("year"), PACKED[suffix]
    halves = {n: (d[: d.index(b"\n", 9_999) + 1], d[d.index(b"\n", 9_999) + 1 :]) for n, d in lines.items()}
    stored = {name: packed(a) + packed(b) for name, (a, b) in halves.items()}
    made, _ = replayed(part_of(tmp_path, stored["logs"], stored["metrics"], suffix))
    whole, _ = replayed(part_of(tmp_path, lines["logs"], lines["metrics"]))
    assert all_records(made, "traces") == all_records(whole, "traces")
    torn = part_of(tmp_path, stored["logs"][:-40], None, suffix)
    with pytest.raises(RunError, match=r"logs_0.jsonl\S*:\d+: (cannot be read on: .*ends|is no JSON)"):
        replayed(torn)
    short = part_of(tmp_path, stored["logs"], None, suffix)
    end = Stretch(0, len(stored["logs"]) + 5)
    with pytest.raises(RunError, match="the file ends before what its manifest tells of"):
        list(reading.blocks(short.logs.path, end, 1 << 20))


def test_a_damaged_compressed_file_is_told_of_behind_the_lines_before_the_damage(tmp_path):
    lines = written("year")["logs"]
    data = bytearray(gzip.compress(lines))
    data[len(data) // 2] ^= 255
    left_out, made = LeftOut(stop=False), []
    source = Source(Encoder(STYLE, Known(None)))
    with pytest.raises(RunError, match=r"logs_0.jsonl.gz:\d+: cannot be read on") as told:
        made += source.requests(part_of(tmp_path, bytes(data), None, ".gz"), left_out)
    line = int(str(told.value).split(":")[1])
    sent = sum(request.records for request in made)
    assert sent + left_out.lines == line - 1
    assert lines.count(b"\n") // 4 < sent < lines.count(b"\n")


LONG = b'{"timestamp":"' + b"a" * (3 << 20) + b'"}'


@pytest.mark.parametrize("suffix", PACKED)
def test_a_line_that_is_too_long_is_left_out_and_the_others_keep_their_places(tmp_path, suffix):
    lines = written("year")["logs"].splitlines(keepends=True)
    text = b"".join([*lines[:5], LONG, b"\n", *lines[6:]])
    for whole in (text, text[:-1] + b"\n" + LONG):
        part = part_of(tmp_path, PACKED[suffix](whole), None, suffix)
        made, left_out = replayed(part, stop=False)
        begin = sum(map(len, lines[:5]))
        reason = f"is longer than 1 MiB: it begins at byte {begin}"
        assert left_out.told[0] == f"{tmp_path}/logs_0.jsonl{suffix}:6: {reason}"
        assert left_out.lines == whole.count(LONG)
        assert sum(request.records for request in made) == len(lines) - 1


def test_a_line_without_end_takes_no_memory(tmp_path):
    """Compressed, it has 8 kB."""
    lines = written("year")["logs"]
    packed = zstandard.compress(lines + b"a" * (256 << 20))
    part = part_of(tmp_path, packed, None, ".zst")
    tracemalloc.start()
    made, left_out = replayed(part, stop=False)
    with pytest.raises(RunError, match=r"logs_0.jsonl.zst:\d+: is longer than 1 MiB: it begins at byte \d+"):
        replayed(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(request.records for request in made) == lines.count(b"\n")
    assert left_out.lines == 1
    assert peak < 100 << 20
    print(f"{len(packed):,} bytes that become 256 MiB were read with {peak >> 20} MiB")


def test_a_line_of_many_gigabytes_ends_a_replay(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_MOST_SKIPPED", 8 << 20)
    part = part_of(tmp_path, zstandard.compress(b"a" * (16 << 20)), None, ".zst")
    with pytest.raises(RunError, match=r"logs_0.jsonl.zst:1: a line is longer than"):
        replayed(part, stop=False)


def test_a_frame_that_asks_for_much_memory_is_refused(tmp_path):
    settings = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=0)
    frame = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    packed = frame.compress(written("year")["logs"]) + frame.flush()
    with pytest.raises(RunError, match=r"logs_0.jsonl.zst:1: cannot be read on: .*memory"):
        replayed(part_of(tmp_path, packed, None, ".zst"))


def test_a_huge_integer_is_no_number():
    assert [fault.reason[:16] for fault in read_points(block(line(POINT), HUGE)).faults] == ["ts is no number: "[:16]]


def test_two_records_in_a_line_beside_a_blank_one_are_told_of():
    twice = line(POINT) * 2
    found = read_points(block(twice, b"", line(POINT)))
    assert [fault.line for fault in found.faults] == [101, 102]


def test_short_lines_are_taken_in_blocks_of_bounded_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 100)
    data = written("year")["logs"]
    path = tmp_path / "logs_0.jsonl"
    path.write_bytes(data[:-1])
    found = [(one.first_line, one.lines, one.text()) for one in reading.blocks(path, Stretch(), 1 << 24)]
    assert max(lines for _, lines, _ in found) == 100
    assert b"".join(text for _, _, text in found) == data[:-1]
    firsts = [first for first, _, _ in found]
    assert firsts == list(range(1, data.count(b"\n") + 1, 100))
