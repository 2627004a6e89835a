"""What a refusal looks like, how long it may take, and what is written meanwhile."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from otelsim.errors import InputError

LIMIT_S = 20.0
"""Far more than any of these needs, also on a machine that has other things to do."""
PLACE = r"(--[a-z][a-z-]+|TOTAL_EVENTS|TOTAL_USERS|({folder}/.+?|[\w./-]+):[1-9][0-9]*): \S"
"""How a line begins: an option, an argument, or a line of a file, below ``folder`` or of a plain name."""


class TooSlow(Exception):
    """It took longer than it may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """TooSlow where what is inside does not end in time."""

    def late(*_: object) -> None:
        raise TooSlow(f"over {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def lines_told(text: str, folder: Path) -> list[str]:
    """The lines of a message: each says where, and is one line on every terminal."""
    lines = text.splitlines()
    assert lines, "nothing is told"
    place = re.compile(PLACE.format(folder=re.escape(str(folder))))
    for line in lines:
        assert place.match(line), f"says no place: {line[:300]!r}"
        assert line.isprintable(), f"has characters that do more than print: {line[:300]!r}"
    return lines


def refusal(attempt: Callable[[], object], folder: Path, seconds: float = LIMIT_S) -> list[str]:
    """The lines that an attempt was refused with, [] where it was accepted; anything else is an AssertionError."""
    try:
        with limited(seconds):
            attempt()
    except InputError as error:
        return lines_told(str(error), folder)
    except Exception as error:
        raise AssertionError(f"neither accepted nor refused: {error!r:.500}") from error
    return []


def below(folder: Path) -> list[Path]:
    """Everything below a folder, but for what is taken away meanwhile."""
    return [Path(above, name) for above, folders, files in os.walk(folder) for name in (*folders, *files)]


def tree(folder: Path) -> dict[str, int]:
    """Everything below a folder and when it was changed; links are not followed."""
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}
