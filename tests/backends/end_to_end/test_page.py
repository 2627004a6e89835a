"""The page of queries is read as it is written; what is wrong with a table is said."""

import pytest

from tests.backends.end_to_end import page

TEXT = r"""# Title

| not | `read` |

## First

| What | Query |
|---|---|
| a | `x{a="b",c="d"} by (e)` |
| b | `x \| stats by (y)` |

## Second

| Not | Why | But |
|---|---|---|
| `x` | Because. | `y` |

## Third

Text.
"""


def test_rows_are_those_of_their_section():
    assert page.rows("First", TEXT) == [("a", 'x{a="b",c="d"} by (e)'), ("b", "x | stats by (y)")]
    assert page.mistakes("Second", TEXT) == [("x", "Because.", "y")]


@pytest.mark.parametrize("section", ["Third", "Fourth", "Second"])
def test_a_section_without_such_a_table_is_refused(section):
    with pytest.raises(ValueError, match="no table of 2 columns"):
        page.rows(section, TEXT)


def test_a_cell_must_be_one_query():
    with pytest.raises(ValueError, match="not one query"):
        page.rows("First", TEXT.replace("`x \\| stats by (y)`", "`x` or `y`"))


def test_what_a_query_asks_for_is_read():
    assert page.labels_of('x{a="b",c="d"} by (e)') == {"a": "b", "c": "d"}
    assert page.labels_of("x") == {}
    assert (page.grouped_by("sum by (e, le) (x)"), page.grouped_by("sum(x)")) == ("e", "")


def test_every_right_query_is_documented_and_tested_as_such():
    documented = {row.query for title in page.sections() if title != "What does not work" for row in page.rows(title)}
    assert {mistake.right for mistake in page.mistakes("What does not work")} <= documented


def test_every_section_of_the_page_has_its_test():
    assert set(page.sections()) == {
        "Points",
        "Calls",
        "Error rate",
        "p99 latency",
        "Requests, from the histograms",
        "With delta temporality",
        "With exponential histograms",
        "Failures, in the logs",
        "Incidents, in the logs",
        "Am I losing data?",
        "Which service is worst?",
        "What failed when, and why?",
        "What did a release change?",
        "Is a canary worse?",
        "Which persona suffers?",
        "Which trace to look at?",
        "What does not work",
    }
