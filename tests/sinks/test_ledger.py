"""The ledger of a slice's answers: kept through a death, forgotten with its slice."""

import os
from pathlib import Path

import pytest

from otelsim.errors import RunError
from otelsim.sinks.ledger import Answer, Ledger


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path)
    made.begin(4, 1)
    yield made
    made.close()


def file_of(ledger: Ledger) -> Path:
    return ledger.directory / "otlp_acknowledged_1.part"


def test_what_was_answered_is_known_again(ledger):
    answers = [Answer(4, n, 100 + n, n % 2, 7 * n) for n in (0, 2, 1)]
    for answer in answers:
        ledger.note(answer)
    again = Ledger(ledger.directory)
    again.begin(4, 1)
    assert [again.known(n, 7 * n) for n in (0, 1, 2, 3)] == [answers[0], answers[2], answers[1], None]
    assert again.known(1, 8) is None, "another body is another request"
    again.close()


def test_another_slice_begins_anew(ledger):
    ledger.note(Answer(4, 0, 1, 0, 5))
    ledger.begin(6, 1)
    assert ledger.known(0, 5) is None
    assert file_of(ledger).stat().st_size == 0
    ledger.begin(4, 1)
    assert ledger.known(0, 5) is None


@pytest.mark.parametrize("torn", range(1, 24, 5))
def test_a_torn_end_is_cut_off(ledger, torn):
    ledger.note(Answer(4, 0, 1, 0, 5))
    ledger.note(Answer(4, 1, 1, 0, 6))
    os.truncate(file_of(ledger), 24 + torn)
    again = Ledger(ledger.directory)
    again.begin(4, 1)
    assert (again.known(0, 5) is not None, again.known(1, 6)) == (True, None)
    again.note(Answer(4, 1, 1, 0, 6))
    again.begin(4, 1)
    assert again.known(1, 6) == Answer(4, 1, 1, 0, 6)
    again.close()


def test_lanes_have_files_of_their_own(ledger):
    ledger.note(Answer(4, 0, 1, 0, 5))
    ledger.begin(5, 0)
    ledger.note(Answer(5, 0, 1, 0, 5))
    ledger.begin(4, 1)
    assert ledger.known(0, 5) == Answer(4, 0, 1, 0, 5)


def test_a_full_disk_is_told(ledger):
    ledger.close()
    ledger.file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(RunError, match=r"otlp_acknowledged_1\.part: cannot be written: No space left on device"):
        ledger.note(Answer(4, 0, 1, 0, 5))


def test_a_link_is_not_followed(ledger, tmp_path):
    (tmp_path / "otlp_acknowledged_0.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="cannot be written"):
        ledger.begin(5, 0)
    assert not (tmp_path / "elsewhere").exists()
