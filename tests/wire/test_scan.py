"""Lines taken apart by the kernel are what a JSON parser makes of them, or are left to it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.replay.reading import Place, block_of
from otelsim.replay.scanning import scanned_logs, scanned_points
from otelsim.signals.names import METRICS
from otelsim.wire.otlp import log_lines, point_lines
from otelsim.wire.scan import EXEMPLAR, METRIC, TAGS, TIME_US
from tests.replay.lines import written
from tests.replay.test_faults import LOG, POINT

COMPACT, SPACED = (",", ":"), (", ", ": ")
SCANNED = {"logs": scanned_logs, "metrics": scanned_points}
EXEMPLAR_IDS = ("trace_id", "span_id")
ORDER = log_lines.KEYS
RECORDS = {
    "logs": {name: LOG[name] for name in ORDER},
    "metrics": {
        **POINT,
        "tags": {**POINT["tags"], "object_type": "post"},
        "exemplar": {"trace_id": "1" * 32, "span_id": "2" * 16},
    },
}


def lines_of(records, separators=COMPACT):
    return b"".join(json.dumps(r, separators=separators, ensure_ascii=False).encode() + b"\n" for r in records)


def scanned(text, kind):
    """What the kernel makes of lines, or None; and the block that it stands in."""
    block = block_of(Place(Path("file")), 1, text)
    return SCANNED[kind](block), block


def texts_of(block, row, keys):
    """A row's texts by their keys."""
    places = {key: row[2 * k : 2 * k + 2].tolist() for k, key in enumerate(keys)}
    return {
        key: block.data[first : first + size].tobytes().decode() if size >= 0 else None
        for key, (first, size) in places.items()
    }


def logs_of(text):
    found, block = scanned(text, "logs")
    success = ORDER.index("success")
    return [{**texts_of(block, row, ORDER), "success": bool(row[2 * success])} for row in found]


def points_of(text):
    found, block = scanned(text, "metrics")
    for line, value in zip(found.lines, found.values, strict=True):
        tags = texts_of(block, found.tags[line[TAGS]], point_lines.KEYS)
        point = {"metric": METRICS[line[METRIC]], "us": line[TIME_US], "value": value, "tags": tags}
        if line[EXEMPLAR] >= 0:
            point["exemplar"] = texts_of(block, found.exemplars[line[EXEMPLAR]], EXEMPLAR_IDS)
        yield point


def wanted_point(record):
    us = round(record["ts"] * 1e6)
    tags = {key: record["tags"].get(key) for key in point_lines.KEYS}
    ends = {"exemplar": record["exemplar"]} if "exemplar" in record else {}
    return {"metric": record["metric"], "us": us, "value": record["value"], "tags": tags, **ends}


def check(kind, records, separators=COMPACT):
    text = lines_of(records, separators)
    if kind == "logs":
        assert logs_of(text) == records
    else:
        assert list(points_of(text)) == list(map(wanted_point, records))


@pytest.mark.parametrize("separators", [COMPACT, SPACED], ids=["compact", "spaced"])
@pytest.mark.parametrize("kind", SCANNED)
@pytest.mark.parametrize("shape", ["year", "incidents", "multi_cloud"])
def test_a_runs_lines(kind, shape, separators):
    records = [json.loads(line) for line in written(shape)[kind].splitlines()]
    check(kind, records, separators)


TEXTS = st.one_of(
    st.none(), st.text(st.characters(exclude_characters='"\\', min_codepoint=32, exclude_categories=["Cs"]))
)
NUMBERS = st.one_of(st.integers(0, 2**53), st.integers(0, 10**9).map(lambda n: n / 100), st.just(0))
SECONDS = st.integers(0, 4 * 10**15).map(lambda n: n / 10**6)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_any_values_in_the_documented_form(data):
    logs = [{name: data.draw(st.booleans() if name == "success" else TEXTS) for name in ORDER} for _ in range(3)]
    check("logs", logs)
    points = []
    for _ in range(3):
        if points and data.draw(st.booleans()):
            # Many lines have the tags and the time of the one before.
            points.append({**points[-1], "value": data.draw(NUMBERS)})
            continue
        tags = {name: data.draw(TEXTS) for name in POINT["tags"]}
        if data.draw(st.booleans()):
            tags["object_type"] = data.draw(TEXTS)
        point = {
            "metric": data.draw(st.sampled_from(METRICS)),
            "ts": data.draw(SECONDS),
            "value": data.draw(NUMBERS),
            "tags": tags,
        }
        if data.draw(st.booleans()):
            point["exemplar"] = {"trace_id": data.draw(TEXTS), "span_id": data.draw(TEXTS)}
        points.append(point)
    found, _ = scanned(lines_of(points), "metrics")
    # What Python writes with an exponent is left to the parser.
    if b"e-" not in lines_of(points) and b"e+" not in lines_of(points):
        check("metrics", points)
    else:
        assert found is None


def change(record, **values):
    return lines_of([{**record, **values}])


OTHERS = {
    "an escape": lambda kind: lines_of([RECORDS[kind]]).replace(b'"action":"', b'"action":"\\n'),
    "a line end in a text": lambda kind: lines_of([RECORDS[kind]]).replace(b'"action":"', b'"action":"\x01'),
    "another order": lambda kind: lines_of([dict(reversed(RECORDS[kind].items()))]),
    "a key more": lambda kind: change(RECORDS[kind], more=1),
    "a missing key": lambda kind: lines_of([dict(list(RECORDS[kind].items())[1:])]),
    "no end": lambda kind: lines_of([RECORDS[kind]])[:-1],
    "half a line": lambda kind: lines_of([RECORDS[kind]])[:-40] + b"\n",
    "a brace more": lambda kind: lines_of([RECORDS[kind]])[:-1] + b"}\n",
    "nothing": lambda kind: b"\n",
    "no object": lambda kind: b"[]\n",
    "two in a line": lambda kind: lines_of([RECORDS[kind]])[:-1] + lines_of([RECORDS[kind]]),
    "a leading space": lambda kind: b" " + lines_of([RECORDS[kind]]),
}  # fmt: skip
ODD_NUMBERS = [
    b"-1",
    b"1e5",
    b"01",
    b"1.",
    b".5",
    b"99999999999999999",
    b"1.0000000000000000",
    b"NaN",
    b'"1"',
    b"true",
    b"",
]


@pytest.mark.parametrize("kind", SCANNED)
@pytest.mark.parametrize("other", OTHERS)
def test_other_lines_are_left_to_the_parser(kind, other):
    good = lines_of([RECORDS[kind]])
    assert scanned(good, kind)[0] is not None
    text = OTHERS[other](kind)
    assert scanned(text, kind)[0] is None
    assert scanned(good + text, kind)[0] is None


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("key", ["ts", "value"])
def test_odd_numbers_are_left_to_the_parser(number, key):
    good = lines_of([{**POINT, key: 12345}])
    assert scanned(good, "metrics")[0] is not None
    assert scanned(good.replace(b"12345", number), "metrics")[0] is None


def test_an_object_that_is_not_closed_is_none():
    text = lines_of([POINT])
    assert scanned(text.replace(b"}}", b"}"), "metrics")[0] is None
    assert scanned(text.replace(b'"tags":{', b'"tags":['), "metrics")[0] is None
    assert scanned(lines_of([{**LOG, "success": None}]), "logs")[0] is None
