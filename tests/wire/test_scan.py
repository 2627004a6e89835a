"""Lines taken apart by the kernel are what a JSON parser makes of them, or are left to it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otelsim.replay.scanning import LOGS, METRICS, scanned
from tests.replay.lines import written
from tests.replay.test_faults import LOG, POINT

COMPACT, SPACED = (",", ":"), (", ", ": ")
FORMS = {"logs": LOGS, "metrics": METRICS}
EXEMPLAR = {"trace_id": "1" * 32, "span_id": "2" * 16}
ORDER = [name for name in LOGS.names if name]
RECORDS = {
    "logs": {name: LOG[name] for name in ORDER},
    "metrics": {**POINT, "tags": {**POINT["tags"], "object_type": "post"}, "exemplar": EXEMPLAR},
}


def lines_of(records, separators=COMPACT):
    return b"".join(json.dumps(r, separators=separators, ensure_ascii=False).encode() + b"\n" for r in records)


def flat(record):
    """A record's values by the names of columns."""
    found = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            found[key] = value
    return found


def check(kind, records, separators=COMPACT):
    columns = scanned(lines_of(records, separators), len(records), FORMS[kind])
    assert columns is not None
    for row, record in enumerate(map(flat, records)):
        for name in (name for name in FORMS[kind].names if name and name not in ("tags", "exemplar")):
            assert columns[name][row].as_py() == record.get(name), (name, record)
    if kind == "metrics":
        assert columns["exemplar"].is_valid().to_pylist() == ["exemplar" in record for record in records]


@pytest.mark.parametrize("separators", [COMPACT, SPACED], ids=["compact", "spaced"])
@pytest.mark.parametrize("kind", FORMS)
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
        tags = {name: data.draw(TEXTS) for name in POINT["tags"]}
        if data.draw(st.booleans()):
            tags["object_type"] = data.draw(TEXTS)
        point = {"metric": data.draw(TEXTS), "ts": data.draw(SECONDS), "value": data.draw(NUMBERS), "tags": tags}
        if data.draw(st.booleans()):
            point["exemplar"] = {"trace_id": data.draw(TEXTS), "span_id": data.draw(TEXTS)}
        points.append(point)
    columns = scanned(lines_of(points), 3, METRICS)
    # What Python writes with an exponent is left to the parser.
    if b"e-" not in lines_of(points) and b"e+" not in lines_of(points):
        check("metrics", points)
    else:
        assert columns is None


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


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("other", OTHERS)
def test_other_lines_are_left_to_the_parser(kind, other):
    good = lines_of([RECORDS[kind]])
    assert scanned(good, 1, FORMS[kind]) is not None
    text = OTHERS[other](kind)
    assert scanned(text, 1, FORMS[kind]) is None
    assert scanned(good + text, 2, FORMS[kind]) is None


@pytest.mark.parametrize("number", ODD_NUMBERS)
@pytest.mark.parametrize("key", ["ts", "value"])
def test_odd_numbers_are_left_to_the_parser(number, key):
    good = lines_of([{**POINT, key: 12345}])
    assert scanned(good, 1, METRICS) is not None
    assert scanned(good.replace(b"12345", number), 1, METRICS) is None


def test_an_object_that_is_not_closed_is_none():
    text = lines_of([POINT])
    assert scanned(text.replace(b"}}", b"}"), 1, METRICS) is None
    assert scanned(text.replace(b'"tags":{', b'"tags":['), 1, METRICS) is None
    assert scanned(lines_of([{**LOG, "success": None}]), 1, LOGS) is None
