"""Which requests of a slice were answered for, kept where a killed process leaves it: they are not sent again.

A slice is encoded anew when it is redone, into the same requests in the same order, so their numbers name them; a
digest of each body is kept beside, lest another setting's requests be taken for them. A file a lane, of fixed records,
which begins anew with every slice: the slice before stands in the journal by then.
"""

import errno
import os
import struct
from pathlib import Path
from typing import NamedTuple

from otelsim.sinks.files import MODE, failure

_RECORD = struct.Struct("<IIIIQ")
NAME = "otlp_acknowledged_{lane}.part"


class Answer(NamedTuple):
    """A request of a slice that was answered for: its number, how many records it had, how many were rejected."""

    slice: int
    number: int
    records: int
    rejected: int
    digest: int
    """xxh3_64 of its body."""


class Ledger:
    """The answers to one slice at a time; several threads may note some."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path, self.file, self.slice = directory, -1, -1
        self._known: dict[int, Answer] = {}

    def begin(self, number: int, lane: int) -> None:
        """Turn to a slice: what was noted of it is known, what was noted of another is forgotten."""
        self.close()
        self.path, self.slice = self.directory / NAME.format(lane=lane), number
        try:
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
            answers = _answers(os.pread(self.file, os.fstat(self.file).st_size, 0))
            self._known = {a.number: a for a in answers if a.slice == number}
            whole = len(answers) * _RECORD.size if self._known else 0
            os.ftruncate(self.file, whole)
        except OSError as error:
            raise failure(self.path, error) from None

    def known(self, number: int, digest: int) -> Answer | None:
        """The answer to the slice's request ``number``, where there was one."""
        answer = self._known.get(number)
        return answer if answer and answer.digest == digest else None

    def note(self, answer: Answer) -> None:
        """A request was answered for."""
        try:
            if os.write(self.file, _RECORD.pack(*answer)) < _RECORD.size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise failure(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def _answers(data: bytes) -> list[Answer]:
    """All whole records; the last one may be torn."""
    whole = len(data) // _RECORD.size * _RECORD.size
    return [Answer(*values) for values in _RECORD.iter_unpack(data[:whole])]
