"""What these tests count with finds a record that is lost, repeated or altered, and an attempt that came too early."""

import pytest

from tests.backends import messages
from tests.backends.end_to_end.relay import records as lists_of
from tests.faults.counting import Difference, counted, differences, repeats, span_ids, too_early, totals, waits
from tests.faults.programs import account
from tests.faults.test_refusals import date_in
from tests.sinks.otlp.receiver import Arrival, Step

MADE = {"traces": messages.spans, "logs": messages.logs, "metrics": messages.metrics}
ONE = {"traces": "end_time_unix_nano", "logs": "severity_number", "metrics": "as_double"}
"""A field of the first record of each."""
SPOILT = {"drop": Difference(lost=1), "repeat": Difference(repeated=1), "alter": Difference(lost=1, foreign=1)}


def arrivals(signal: str = "", how: str = "") -> list[Arrival]:
    """Ten requests of each signal; one record of a signal is spoilt."""
    made = [(each, MADE[each](f"run {i}", 8)) for i in range(10) for each in MADE]
    if how:
        at = next(i for i, (each, _) in enumerate(made) if i > 12 and each == signal)
        _, found = next(lists_of(made[at][1]))
        spoil(signal, how, found)
    return [Arrival(each, message.SerializeToString(), 0, {}) for each, message in made]


def spoil(signal: str, how: str, found) -> None:
    if how == "drop":
        del found[3]
    elif how == "repeat":
        found.add().CopyFrom(found[3])
    else:
        setattr(found[3], ONE[signal], getattr(found[3], ONE[signal]) + 1)


def test_the_same_records_in_any_order_and_requests_are_no_difference():
    sent = arrivals()
    joined = [Arrival("traces", b"".join(a.body for a in sent if a.signal == "traces"), 0, {})]
    others = [a for a in reversed(sent) if a.signal != "traces"]
    assert differences(counted(sent), counted(joined + others)) == {}
    assert totals(counted(sent)) == {"traces": 80, "logs": 80, "metrics": 160}
    assert len(span_ids(sent)) == len(span_ids(joined)) == 80


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("signal", MADE)
def test_one_spoilt_record_is_found(signal, how):
    assert differences(counted(arrivals()), counted(arrivals(signal, how))) == {signal: SPOILT[how]}


def test_a_request_that_is_lost_or_comes_twice_is_found():
    sent = arrivals()
    assert differences(counted(sent), counted(sent[1:])) == {"traces": Difference(lost=8)}
    assert differences(counted(sent), counted(sent + sent[1:2])) == repeats({"traces": 0, "logs": 8})
    assert max(span_ids(sent + sent[:1]).values()) == 2


def test_a_record_of_another_resource_or_with_other_ids_is_found():
    sent, other = arrivals(), messages.spans("run 0", 8)
    other.resource_spans[0].resource.attributes[0].value.string_value = "elsewhere"
    other.resource_spans[0].scope_spans[0].spans[0].span_id = bytes(8)
    spoilt = [Arrival("traces", other.SerializeToString(), 0, {}), *sent[1:]]
    assert differences(counted(sent), counted(spoilt)) == {"traces": Difference(lost=8, foreign=8)}


def asked(step: Step, again_s: float) -> list[Arrival]:
    return [
        Arrival("logs", b"a", 10, {}, 11, step=step),
        Arrival("logs", b"b", 11, {}),
        Arrival("logs", b"a", again_s, {}),
    ]


@pytest.mark.parametrize("step", [Step(status=429, headers={"retry-after": "2"}), Step(retry_info_s=2)])
def test_an_attempt_that_comes_too_early_is_found(step):
    (wait,) = waits(asked(step, 13))
    assert wait == (13, 13)
    assert too_early([wait]) == []
    assert too_early(waits(asked(step, 12.999))) == [(13, 12.999)]
    assert waits(asked(Step(), 11)) == []
    with pytest.raises(StopIteration):
        waits(asked(step, 13)[:2])


def test_a_date_counts_as_such():
    step = Step(status=503, headers={"retry-after": date_in(5)})
    (wait,) = waits(asked(step, 1e10))
    assert wait.until_s == int(wait.until_s) > 1.7e9
    assert too_early(waits(asked(step, wait.until_s - 0.001)))


LINE = "spans: 1,200 generated = 1,000 acknowledged + 100 rejected + 100 pending (3 sent more than once)"
TALLY = {"generated": 1_200, "acknowledged": 1_000, "rejected": 100, "pending": 100, "resent": 3}


def test_an_account_that_does_not_close_is_found():
    assert account([LINE], {"account": {"traces": TALLY}}) == {"traces": (1_200, 1_000, 100, 100, 3)}
    for lines, manifest in (
        ([LINE.replace("1,000", "1,001")], None),
        ([LINE], {"account": {"traces": {**TALLY, "resent": 4}}}),
        ([LINE], {"account": {}}),
        (["nothing was told"], None),
    ):
        with pytest.raises(AssertionError):
            account(lines, manifest)
