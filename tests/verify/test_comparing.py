"""Differences between what was sent and what is held; each kind of fault is seen, and nothing else."""

import pytest

from otelsim.verify.comparing import altered_points, altered_rows, differences
from otelsim.verify.counts import Count, Key, added, windows
from otelsim.verify.promql import Stored
from otelsim.verify.samples import Sample

KEY, OTHER = Key("log records", 20_000, "social:content:posts"), Key("log records", 20_001, "social:content:posts")


def found(wanted, held):
    return [(each.missing, each.doubled, bool(each.altered)) for each in differences({KEY: wanted}, {KEY: held})]


@pytest.mark.parametrize(
    ("held", "difference"),
    [
        (Count(10, 5.0, 10), []),
        (Count(9, 5.0, 9), [(1, 0, False)]),
        (Count(11, 5.0, 10), [(0, 1, False)]),
        (Count(10, 5.0, 9), [(1, 1, False)]),
        (Count(11, 5.0, 11), [(0, 1, False)]),
        (Count(10, 5.1, 10), [(0, 0, True)]),
        (Count(10, 5.0 + 1e-12, 10), []),
        (Count(9, 4.0), [(1, 0, False)]),
        (Count(12, 7.0), [(0, 2, False)]),
    ],
)
def test_counts_and_sums(held, difference):
    assert found(Count(10, 5.0), held) == difference


def test_a_day_that_is_gone_and_one_that_nobody_sent():
    (gone,) = differences({KEY: Count(3)}, {})
    assert (gone.key, gone.wanted, gone.held, gone.missing, gone.doubled) == (KEY, 3, 0, 3, 0)
    (unknown,) = differences({}, {OTHER: Count(2, 0.0, 2)})
    assert (unknown.key, unknown.missing, unknown.doubled) == (OTHER, 0, 2)


@pytest.mark.parametrize(
    ("nameless", "others", "found"),
    [
        (3, 7, [(10, 0, 0, 3)]),
        (10, 0, [(10, 0, 0, 10)]),
        (2, 7, [(9, 1, 0, 2)]),
        (4, 7, [(10, 0, 0, 3), (4, 0, 1, 0)]),
    ],
)
def test_records_that_have_lost_their_service(nameless, others, found):
    """They are neither missing nor doubled; those of another day have nothing to do with it."""
    held = {KEY: Count(others), KEY._replace(service=""): Count(nameless), OTHER: Count(5)}
    made = differences({KEY: Count(10), OTHER: Count(5)}, held)
    assert [(each.held, each.missing, each.doubled, each.nameless) for each in made] == found


def test_counts_are_added():
    assert added([{KEY: Count(1, 2.0)}, {KEY: Count(3, 4.0), OTHER: Count(1)}]) == {KEY: Count(4, 6.0), OTHER: Count(1)}
    assert added([{KEY: Count(1, 0.0, 1)}, {KEY: Count(2, 0.0, 2)}]) == {KEY: Count(3, 0.0, 3)}


def test_windows_cover_all_days_once_and_one_more_on_either_side():
    wanted = {Key("spans", day, name): Count(10) for day in (5, 6, 7, 30, 31) for name in ("a", "b")}
    for most in (1, 20, 45, 10_000):
        made = list(windows(wanted, most))
        assert (made[0][0], made[-1][1]) == (4, 33)
        assert all(end == first for (_, end), (first, _) in zip(made, made[1:], strict=False))
        inside = [sum(10 for key in wanted if first <= key.day < end) for first, end in made]
        assert sum(inside) == 100
        assert all(records <= max(most, 20) for records in inside)
    assert list(windows({}, 10)) == []


LOG = Sample("logs", "00ab", 5, {"action": "get_post", "persona": "viewer", "_time": "5"}, {})
SPAN = Sample("spans", "00cd", 5, {"name": "GET /x", "status_code": "0"}, {})


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([dict(LOG.fields)], []),
        ([{**LOG.fields, "host": "added on the way"}], []),
        ([], ["is not held"]),
        ([LOG.fields, LOG.fields], ["is held 2 times"]),
        ([{**LOG.fields, "action": "get_user"}], ["action is another: 'get_user', and not 'get_post'"]),
        ([{"action": "get_post", "_time": "5"}], ["persona is gone: it was 'viewer'"]),
    ],
)
def test_rows_field_by_field(rows, what):
    assert [each.what for each in altered_rows([LOG], {"00ab": rows})] == what


def test_a_span_may_be_without_a_field_that_is_zero():
    assert list(altered_rows([SPAN], {"00cd": [{"name": "GET /x"}]})) == []
    assert [each.what for each in altered_rows([SPAN], {"00cd": [{"name": "GET /x", "status_code": "2"}]})] == [
        "status_code is another: '2', and not '0'"
    ]


LABELS = {"__name__": "cache_hit", "release_id": "r", "success": "true"}
POINT = Sample("points", "cache_hit", 1_000_000, {"release_id": "r", "success": "true"}, {"": 1.0})


@pytest.mark.parametrize(
    ("held", "what"),
    [
        ([Stored(LABELS, 0.0), Stored(LABELS, 1.0)], []),
        ([Stored({**LABELS, "job": "more"}, 1.0)], []),
        ([Stored({**LABELS, "success": "false"}, 7.0), Stored(LABELS, 1.0)], []),
        ([], ["is not held"]),
        ([Stored(LABELS, 0.0)], ["its value is another: 0, and not 1"]),
        ([Stored({"__name__": "cache_hit", "release_id": "r"}, 1.0)], ["success is gone: it was 'true'"]),
    ],
)
def test_points_by_labels_and_value(held, what):
    assert [each.what for each in altered_points(POINT, held)] == what


def test_parts_of_a_histogram():
    sample = Sample("histogram_points", "m", 1_000_000, {"release_id": "r"}, {"count": 2.0, "bucket 0.5": 1.0})
    count = Stored({"__name__": "m_count", "release_id": "r"}, 2.0)
    bucket = Stored({"__name__": "m_bucket", "release_id": "r", "le": "0.5"}, 1.0)
    assert list(altered_points(sample, [count, bucket])) == []
    (gone,) = altered_points(sample, [count])
    assert (gone.record, gone.what) == ("m of 1970-01-01T00:00:00.001Z", "its bucket is not held")
    wrong = bucket._replace(labels={**bucket.labels, "le": "0.75"})
    assert [each.what for each in altered_points(sample, [count, wrong])] == ["its bucket is not held"]
    assert [(each.field, each.fault) for each in altered_points(sample, [])] == [("", "is not held")]
    less = bucket._replace(value=0.0)
    assert [each.what for each in altered_points(sample, [count, less])] == ["its bucket is another: 0, and not 1"]


def test_a_label_that_all_parts_lack_is_told_once():
    sample = Sample("histogram_points", "m", 1_000_000, {"region": "x"}, {"count": 2.0, "sum": 1.0})
    held = [Stored({"__name__": "m_count"}, 2.0), Stored({"__name__": "m_sum"}, 1.0)]
    assert [each.what for each in altered_points(sample, held)] == ["region is gone: it was 'x'"]
