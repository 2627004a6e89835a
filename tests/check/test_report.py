from otelsim.check import LawResult, Report, as_json, render_text
from otelsim.check.report import in_order, merge


def test_results_add_up_and_keep_three_examples():
    merged = merge([[LawResult("ids.a", "t", 2, 2, ["x", "y"])], [LawResult("ids.a", "t", 3, 2, ["z", "w"])]])
    assert merged == [LawResult("ids.a", "t", 5, 4, ["x", "y", "z"])]


def test_a_law_tried_on_nothing_says_so():
    report = Report([LawResult("ids.a", "rule a", 0), LawResult("ids.b", "rule b", 1)])
    assert report.ok
    assert "not tried  ids.a" in render_text(report)
    assert render_text(report).endswith("1 laws hold, 0 broken, 1 not tried")


def test_a_broken_law_shows_its_examples():
    report = Report([LawResult("ids.a", "rule a", 1_000, 2, ["here"])])
    assert not report.ok
    assert "broken     ids.a       2 of 1,000  rule a\n           - here" in render_text(report)
    assert as_json(report)["laws"][0]["verdict"] == "broken"


def test_laws_stand_by_group():
    names = ["coverage.a", "ids.b", "format.c", "ids.a"]
    assert [law.name for law in in_order([LawResult(n, "") for n in names])] == [
        "format.c",
        "ids.b",
        "ids.a",
        "coverage.a",
    ]
