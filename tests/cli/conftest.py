"""The command line inside the test's own process: quick, and seen by the coverage."""

import os
import signal
import sys
from collections.abc import Callable

import pytest

from otelsim.cli import main
from tests.command import told


class Answer:
    """What a command ended with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.returncode, self.stdout, self.stderr = code, out, err


@pytest.fixture
def call(capfd, monkeypatch, tmp_path) -> Callable[..., Answer]:
    """A function that runs a command, in an empty folder."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["otelsim", *map(str, words)])
        mask, handler = os.umask(0o022), signal.getsignal(signal.SIGTERM)
        os.umask(mask)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            os.umask(mask)
            signal.signal(signal.SIGTERM, handler)
        out, err = capfd.readouterr()
        return Answer(ended.value.code, out, err)

    return run


@pytest.fixture
def refused(call, tmp_path) -> Callable[..., str]:
    """A function that gives the one line of a command that must be refused, having written nothing."""

    def run(*words: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        line = told(call(*words), 2)
        assert sorted(tmp_path.rglob("*")) == before
        return line

    return run
