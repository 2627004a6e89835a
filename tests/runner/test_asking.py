"""Questions that may never be answered."""

import threading
import time

import pytest

from otelsim.runner.asking import Asked, answer

PATIENCE_S = 20.0


def test_an_answer_and_a_failure_come_back():
    assert answer(lambda: 7, PATIENCE_S) == 7
    with pytest.raises(KeyError, match="gone"):
        answer(lambda: {}["gone"], PATIENCE_S)


def test_nobody_waits_for_ever():
    never = threading.Event()
    with pytest.raises(TimeoutError):
        answer(never.wait, 0.05)
    never.set()


def test_the_newest_answer_is_had_without_waiting():
    answers, more = iter((1, 2)), threading.Event()

    def question():
        number = next(answers, None)
        if number is None:
            more.wait()
        return number

    asked = Asked(question, 0.001, 0)
    until = time.monotonic() + PATIENCE_S
    while asked.newest != 2 and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(0.05)
    assert asked.newest == 2
    assert asked.silent_s() >= 0.05
    asked.close()
    more.set()


def test_a_question_that_fails_is_asked_again():
    said = iter((KeyError("nobody"), 5))

    def question():
        found = next(said, 5)
        if isinstance(found, Exception):
            raise found
        return found

    asked = Asked(question, 0.001, 0)
    until = time.monotonic() + PATIENCE_S
    while asked.newest != 5 and time.monotonic() < until:
        time.sleep(0.001)
    assert asked.newest == 5
    asked.close()
