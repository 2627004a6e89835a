"""How a killed run leaves its files: what nobody touched since is not read back, and whatever was touched is."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from otelsim.runner import leaving
from otelsim.runner.folder import Folder
from otelsim.runner.journal import read_journal
from otelsim.runner.leaving import LEFT, is_as_left, leave_word, words_left
from otelsim.runner.resuming import to_read
from otelsim.runner.target import Target
from tests.begun import Begun
from tests.command import otelsim
from tests.faults.folders import READING, digests

NAMES = ["logs_0.jsonl", "logs_1.jsonl", "metrics_0.jsonl", "metrics_1.jsonl"]


def unknown(path: Path) -> list[str]:
    """The files that `resume` would read back."""
    folder = Folder(path, overwrite=False, resume=True)
    try:
        entries = read_journal(path / "journal.jsonl").entries
        return sorted(file.name for file in to_read(folder, Target(path), entries))
    finally:
        folder.close()


@pytest.fixture
def begun(tmp_path):
    run = Begun(tmp_path / "run")
    run.wait_for_slices(40)
    yield run
    run.clear()


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(at)
        (byte,) = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def test_a_flipped_byte_of_a_killed_run_costs_its_slice_and_the_reading_of_its_file(begun, uninterrupted, tmp_path):
    begun.process.kill()
    begun.process.wait()
    assert begun.survivors() == []
    assert unknown(begun.folder) == []
    assert unknown(Path(shutil.copytree(begun.folder, tmp_path / "copy"))) == NAMES, "a copy is another's work"
    shutil.rmtree(tmp_path / "copy")
    (spoilt,) = (e for e in begun.journal() if e["slice"] == 7)
    flip(begun.folder / "metrics_1.jsonl.part", spoilt["metrics"]["offset"] + 1_000)
    assert unknown(begun.folder) == ["metrics_1.jsonl"]
    made = len(begun.journal())
    done = otelsim("resume", begun.folder)
    assert done.returncode == 0, done.stderr
    assert f"{READING}1 of 4 files" in done.stderr
    assert "otelsim: metrics_1.jsonl: slice 7 has another digest than was noted" in done.stderr.splitlines()
    assert re.search(rf"^{made - 1} of 96 slices are whole", done.stderr, re.MULTILINE)
    assert digests(begun.folder) == uninterrupted


def test_where_all_processes_are_killed_at_once_everything_is_read(begun, uninterrupted):
    os.killpg(begun.process.pid, signal.SIGKILL)
    begun.process.wait()
    assert begun.survivors() == []
    assert unknown(begun.folder) == NAMES
    done = otelsim("resume", begun.folder)
    assert f"{READING}4 of 4 files" in done.stderr
    assert digests(begun.folder) == uninterrupted


def test_a_run_whose_terminal_is_closed_leaves_its_files_known(begun):
    os.killpg(begun.process.pid, signal.SIGHUP)
    begun.process.wait()
    assert begun.survivors() == []
    assert unknown(begun.folder) == []


@pytest.fixture
def file(tmp_path) -> Path:
    """A file in a folder with a journal, of which word was left."""
    (tmp_path / "journal.jsonl").write_text("{}\nmore\n")
    made = tmp_path / "logs_0.jsonl.part"
    made.write_text("0123456789")
    leave_word(tmp_path / "journal.jsonl", {"logs_0.jsonl": made.stat().st_ctime_ns})
    return made


def is_known(file: Path, size: int = 10) -> bool:
    return is_as_left(file, words_left(file.with_name("journal.jsonl")).get("logs_0.jsonl"), size)


def test_what_was_left_is_known(file):
    assert is_known(file)
    assert not is_known(file, 11), "the journal tells of more than there is"


def same_time_and_size(file: Path) -> None:
    before = file.stat()
    file.write_text("012345678X")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


TOUCHES = {
    "written": lambda file: file.write_text("012345678X"),
    "written, its times set back": same_time_and_size,
    "cut": lambda file: os.truncate(file, 9),
    "cut at its end": lambda file: os.truncate(file, 10),
    "touched": os.utime,
    "renamed": lambda file: file.rename(file.with_name("x")).rename(file),
    "another one": lambda file: [file.unlink(), file.write_text("0123456789")],
    "a link": lambda file: file.rename(file.with_name("x")) and file.symlink_to("x"),
    "gone": os.unlink,
    "another run's": lambda file: file.with_name("journal.jsonl").write_text("{ }\nmore\n"),
    "no journal": lambda file: file.with_name("journal.jsonl").unlink(),
    "no word": lambda file: file.with_name(LEFT).unlink(),
    "a word that is altered": lambda file: flip(file.with_name(LEFT), 90),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_what_was_touched_is_not_known(file, touch):
    TOUCHES[touch](file)
    assert not is_known(file)


def test_another_start_of_the_system_makes_words_void(file, tmp_path, monkeypatch):
    monkeypatch.setattr(leaving, "_BOOT", tmp_path / "boot")
    assert not is_known(file), "it does not tell its starts apart"
    (tmp_path / "boot").write_text("another\n")
    assert not is_known(file)
    leave_word(tmp_path / "journal.jsonl", {"logs_0.jsonl": file.stat().st_ctime_ns})
    assert is_known(file), "what was said last holds"


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_words_that_of_the_last_change_counts(file, tmp_path, order):
    """Workers may have had a file one after the other, and end in any order."""
    file.with_name(LEFT).unlink()
    for changed in (file.stat().st_ctime_ns, 12_345)[::order]:
        leave_word(tmp_path / "journal.jsonl", {"logs_0.jsonl": changed})
    assert is_known(file)


def test_a_word_that_cannot_be_left_is_not(file, tmp_path):
    file.with_name(LEFT).unlink()
    file.with_name(LEFT).symlink_to(tmp_path / "elsewhere")
    leave_word(tmp_path / "journal.jsonl", {})
    assert not (tmp_path / "elsewhere").exists()
