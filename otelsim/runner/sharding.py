"""A part of a run that is made by itself, by a process that knows nothing of the others."""

import re
from typing import NamedTuple

from otelsim.errors import InputError

MOST = 100_000
_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)


class Shard(NamedTuple):
    """Part ``number`` of ``of``: every so many-th slice, or group of slices, from ``number`` on."""

    number: int
    of: int

    def share(self, count: int) -> range:
        """Its numbers, of so many."""
        return range(self.number, count, self.of)

    @property
    def folder(self) -> str:
        """Where it stands, beside the others."""
        return f"shard-{self.number}-of-{self.of}"


WHOLE = Shard(0, 1)
FOLDER = re.compile(r"shard-(\d+)-of-(\d+)", re.ASCII)
"""What the folders of shards are called."""


def shard_of(text: str | None) -> Shard:
    """A shard as it is given, ``i/n``, counted from 0; InputError where there is none such."""
    if text is None:
        return WHOLE
    found = _SHARD.fullmatch(text.strip())
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= of <= MOST or number >= of:
        raise InputError("--shard", f"must be i/n, as 0/5 to 4/5 of 5 shards, not {text!r}")
    return Shard(number, of)
