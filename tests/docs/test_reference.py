"""The reference is what the code says, and what real messages carry: the same names, and absent where it says."""

import pytest

from otelsim.signals import conventions
from tests.docs import markdown, reference, sent, stored
from tests.docs.meanings import MEANINGS
from tests.docs.rules import ABSENT, absent
from tests.docs.sample import sample

# One worker makes the sample that all of these tests look at.
MADE_ANEW = "python -m tests.docs.reference"
# The column that says when a name is absent, by kind of record; a CLIENT span has one of its own.
COLUMN = {sent.CLIENTS: "Absent of a CLIENT span"}


def rows(text: str, section: str) -> list[dict[str, str]]:
    """The table of a kind of record."""
    return markdown.records(markdown.sections(text)[sent.SPANS if section == sent.CLIENTS else section])


def listed(text: str, section: str) -> dict[str, str]:
    """Types by name, of the attributes that a kind of record may have."""
    column = COLUMN.get(section, "Absent")
    return {row["Attribute"]: row["Type"] for row in rows(text, section) if row[column] != "always"}


def carried() -> dict[str, dict[str, str]]:
    """The same of the real messages."""
    found: dict[str, dict[str, str]] = {}
    for record in sent.records():
        found.setdefault(record.section, {}).update(record.names)
    return found


def differing(text: str) -> dict[str, set[tuple[str, str]]]:
    """Attributes that the page has and the messages have not, or the other way round."""
    pairs = {section: (names.items(), listed(text, section).items()) for section, names in carried().items()}
    return {section: found ^ told for section, (found, told) in pairs.items() if found ^ told}


def wrongly_absent(text: str) -> set[tuple[str, str]]:
    """Attributes that are missing from, or present in, a span or log record where the page says otherwise."""
    told = sent.run().by_span
    wrong = set()
    for section in (sent.SPANS, sent.LOGS):
        rules = {row["Attribute"]: ABSENT[row["Absent"]] for row in rows(text, section)}
        for record in (one for one in sent.records() if one.section == section):
            call = told[record.span_id]
            wrong |= {(section, name) for name, rule in rules.items() if rule(call) == (name in record.names)}
    return wrong


def test_the_page_is_current():
    assert stored.PAGE.read_text() == reference.page(), f"make it anew: {MADE_ANEW}"


def test_a_change_of_the_code_makes_the_page_old(monkeypatch):
    text = stored.PAGE.read_text()
    assert reference.metrics() in text
    monkeypatch.setitem(conventions.DESCRIPTIONS, "cache_hit", "Something else")
    assert reference.metrics() not in text


def test_the_page_lists_what_real_messages_carry():
    assert set(carried()) == {
        sent.RESOURCE, sent.SPANS, sent.CLIENTS, sent.LOGS, sent.GAUGES, sent.HISTOGRAMS, sent.EXEMPLARS,
    }  # fmt: skip
    assert differing(stored.PAGE.read_text()) == {}


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("| `cloud.region` | string |", "| `cloud.place` | string |"),
        ("| `success` | bool |", "| `success` | string |"),
        ("| `persona` | string |", "| `persons` | string |"),
        ("| never | always | whether the call succeeded |", "| never | never | whether the call succeeded |"),
    ],
)
def test_a_page_that_says_otherwise_is_noticed(there, instead):
    text = stored.PAGE.read_text()
    assert there in text
    assert differing(text.replace(there, instead)) != {}


def test_names_are_absent_where_the_page_says():
    assert wrongly_absent(stored.PAGE.read_text()) == set()


def test_a_wrong_word_of_absence_is_noticed():
    text = stored.PAGE.read_text().replace("unless a dependency failed", "in successes")
    assert wrongly_absent(text) == {(sent.SPANS, "upstream_request_id"), (sent.LOGS, "upstream_request_id")}


def test_a_name_that_no_rule_explains_is_refused():
    calls = [seen.told for seen in sample()[:50]]
    with pytest.raises(ValueError, match="no rule says when odd is absent"):
        absent("odd", [(told, i % 2 == 0) for i, told in enumerate(calls)])


def test_every_name_has_a_meaning_and_no_meaning_is_left_over():
    text = stored.PAGE.read_text()
    titles = [title for title in markdown.sections(text) if title not in ("Spans", "Metrics")]
    names = {
        row[0].removeprefix("— ").strip("`") for t in titles for row in markdown.table(markdown.sections(text)[t])[1:]
    }
    assert names == set(MEANINGS)


def test_the_example_is_a_cascade():
    root, child = sample()[:2]
    assert root.told.is_root
    assert root.log["error_source"] == f"dependency:{child.told.log['stack']}:{child.told.log['service']}"
    assert root.log["upstream_request_id"] == child.log["request_id"]
    assert child.log["error_source"].startswith("infrastructure:")
