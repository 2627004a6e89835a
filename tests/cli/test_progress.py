"""Who watches a run may leave: it goes on, and its exit code is what it would have been."""

import os
import pty
import subprocess

import pytest

from tests.begun import wait_for_slices
from tests.command import OTELSIM, WEEK

ENDS = {"a terminal": pty.openpty, "a pipe": os.pipe}


def begun(writer: int, *words: object) -> subprocess.Popen:
    """A command that says what it says to ``writer``, in a session that has no terminal of its own."""
    command = [*OTELSIM, *map(str, words)]
    return subprocess.Popen(command, stderr=writer, stdout=subprocess.DEVNULL, start_new_session=True)


@pytest.mark.parametrize("end", ENDS)
def test_a_run_goes_on_when_nobody_watches_it_any_more(tmp_path, end):
    reader, writer = ENDS[end]()
    run = begun(writer, "generate", 100_000, *WEEK, "--sink", "jsonl", "--output", tmp_path / "run")
    wait_for_slices(run, tmp_path / "run", 5)
    os.close(reader)
    with pytest.raises(OSError, match=r"Input/output error|Broken pipe"):
        os.write(writer, b"is anybody there?")
    assert not (tmp_path / "run" / "manifest.json").exists()
    assert run.wait(60) == 0
    assert (tmp_path / "run" / "manifest.json").exists()
    os.close(writer)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("words", "code"), [(("generate", "--workers", 0), 2), (("resume", "/dev/null"), 2)])
def test_the_exit_code_is_told_to_whoever_is_left(end, words, code):
    reader, writer = ENDS[end]()
    os.close(reader)
    assert begun(writer, *words).wait(60) == code
    os.close(writer)
