"""How a run's files were left, by the word of whoever changed them last: it spares `resume` to read them back.

The word holds as long as the system that gave it runs, and the file's status was not changed since (st_ctime, which
every write and every rename moves, and which nobody can set): what reached the system then is still what is there.
"""

import os
import time
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

import xxhash

from otelsim.runner.sealing import line_of, read_line
from otelsim.sinks.files import MODE

LEFT = ".otelsim-left"
"""A file in the run's folder, with a line from each process that said how it left its files."""
TICK_S = 0.02
"""Within less than that the system's clock for files may stand still (0.01 s, where it ticks 100 times a second)."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def leave_word(journal: Path, changed: dict[str, int]) -> None:
    """Say when files, by name, were changed last, and that they are let alone now; where it cannot be said, it is not.

    Another run's journal beside the files makes the word void. Whatever is changed when this has returned is changed
    later than it says.
    """
    time.sleep(TICK_S)
    with suppress(OSError):
        line = line_of({"boot": _boot(), "run": _run(journal), "changed": changed})
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(journal.with_name(LEFT), flags, MODE)
        try:
            os.write(file, line)
        finally:
            os.close(file)


def words_left(journal: Path) -> dict[str, int]:
    """When files, by name, were changed last by the run whose journal it is; empty where that is not known any more."""
    with suppress(OSError):
        lines = map(read_line, journal.with_name(LEFT).read_bytes().splitlines())
        now = {"boot": _boot(), "run": _run(journal)}
        words = [word for line in lines if line and line.items() >= now.items() for word in line["changed"].items()]
        # Several processes may have had a file, one after the other: who changed it last has the last word.
        return dict(sorted(words, key=itemgetter(1)))
    return {}


def is_as_left(path: Path, changed: int | None, size: int) -> bool:
    """Whether a file was changed last at ``changed``, and has at least ``size`` bytes."""
    with suppress(OSError):
        status = path.lstat()
        return status.st_ctime_ns == changed and status.st_size >= size
    return False


def _boot() -> str:
    """Which start of the system this is; OSError where it does not tell."""
    return _BOOT.read_text().strip()


def _run(journal: Path) -> str:
    with journal.open("rb") as lines:
        return xxhash.xxh3_64_hexdigest(lines.readline())
