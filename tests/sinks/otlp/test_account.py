"""The equation, merging, and what is kept of reasons."""

import json

from otelsim.sinks.otlp.account import MOST_KINDS, Account


def an_account():
    account = Account()
    account.generated("logs", 10)
    account.acknowledged("logs", 4, 1, "too old")
    account.refused("logs", 2, "HTTP 400 Bad Request: malformed")
    account.resent("logs", 4)
    return account


def test_the_equation_closes_at_any_time():
    account = an_account()
    found = account.as_dict()["logs"]
    assert account.closes
    assert [found[name] for name in ("generated", "acknowledged", "rejected", "pending", "resent")] == [10, 3, 3, 4, 4]
    assert found["refusals"]["HTTP 400 Bad Request"]["text"] == "HTTP 400 Bad Request: malformed"


def test_an_equation_that_does_not_close_is_seen():
    account = an_account()
    account.acknowledged("logs", 5)
    assert not account.closes
    other = an_account().as_dict()
    other["logs"]["acknowledged"] -= 1
    merged = Account()
    merged.merge(other)
    assert not merged.closes


def test_accounts_of_workers_are_added():
    total = Account()
    total.merge(an_account())
    total.merge(json.loads(json.dumps(an_account().as_dict())))
    total.generated("traces", 1)
    found = total.as_dict()
    assert total.closes
    assert (found["logs"]["generated"], found["logs"]["requests"], found["traces"]["pending"]) == (20, 4, 1)
    assert found["logs"]["warnings"] == {"too old": {"text": "too old", "requests": 2, "records": 2}}


def test_reasons_without_end_take_no_room():
    account = Account()
    for i in range(1_000):
        account.generated("logs", 1)
        account.acknowledged("logs", 1, 0, f"warning {i}")
    warnings = account.as_dict()["logs"]["warnings"]
    assert len(warnings) == MOST_KINDS + 1
    assert sum(note["requests"] for note in warnings.values()) == 1_000
