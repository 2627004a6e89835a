"""The journal: written whole, read back as far as it is what was written."""

import json

import pytest

from otelsim.errors import InputError
from otelsim.runner.journal import Journal, read_journal

HEAD = {"format": 1, "scenario": {"seed": 1}}
SLICES = [{"slice": n, "lane": n % 2, "cost": 0.5 * n, "name": "ß"} for n in range(4)]


@pytest.fixture
def path(tmp_path):
    made = Journal(tmp_path / "journal.jsonl", HEAD, SLICES[:2])
    for one in SLICES[2:]:
        made.append(one)
    made.close()
    return tmp_path / "journal.jsonl"


def test_what_was_written_is_read(path):
    assert read_journal(path) == (HEAD, SLICES, [])
    assert [p.name for p in path.parent.iterdir()] == ["journal.jsonl"]


@pytest.mark.parametrize("number", range(2, 6))
def test_any_changed_byte_costs_its_line(path, number):
    lines = path.read_bytes().splitlines(keepends=True)
    for at in range(0, len(lines[number - 1]) - 1, 3):
        changed = bytearray(lines[number - 1])
        changed[at] ^= 1
        path.write_bytes(b"".join([*lines[: number - 1], bytes(changed), *lines[number:]]))
        past = read_journal(path)
        assert len(past.entries) == 3, (at, changed)
        assert past.faults[0].startswith(f"{path}:{number}: is damaged")


def test_a_torn_tail_is_told(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    past = read_journal(path)
    assert past.entries == SLICES[:3]
    assert past.faults == [f"{path}:5: is damaged (torn): what it told of is made again"]


def test_why_a_run_ended_is_no_slice(path):
    journal = Journal(path, HEAD, SLICES)
    journal.append({"ended": "interrupted"})
    journal.close()
    assert read_journal(path) == (HEAD, SLICES, [])


@pytest.mark.parametrize("text", ["", "\n\n", "null\n", "[1]\n", '{"check":"00"}\n', json.dumps(HEAD) + "\n"])
def test_without_its_first_line_it_is_none(path, text):
    path.write_text(text)
    with pytest.raises(InputError, match=r":1: the first line is no journal's"):
        read_journal(path)


def test_where_there_is_none(tmp_path):
    with pytest.raises(InputError, match="there is no run to resume here"):
        read_journal(tmp_path / "journal.jsonl")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_journal(tmp_path)
