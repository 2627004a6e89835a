"""Files of a run in a place, also those in folders below it."""

import re
from collections.abc import Iterable

from otelsim.signals.notation import SIGNALS
from otelsim.sinks.places import Place
from otelsim.wire.parquet.names import file_name

_PART = re.compile(r"part-\d{5,}\.parquet")
_DAY_S = 86_400
_LATEST_DAYS = 2
"""How many days after its slice's end a call may start, at most (see `line_tables`)."""


def sizes_of(place: Place, names: Iterable[str]) -> dict[str, int]:
    """The bytes of those of some files that are there."""
    wanted = set(names)
    folders = {name.rpartition("/")[0] for name in wanted}
    there = {f"{folder}/{name}" if folder else name: n for folder in folders for name, n in place.sizes(folder).items()}
    return {name: size for name, size in there.items() if name in wanted}


def parquet_files(place: Place) -> list[str]:
    """All files of tables that a run has left in a place."""
    found = []
    for signal in set(SIGNALS).intersection(place.folders()):
        for date in place.within(signal).folders():
            folder = f"{signal}/{date}"
            found += [f"{folder}/{name}" for name in place.sizes(folder) if _PART.fullmatch(name)]
    return found


def possible_names(bounds: list[tuple[int, int]], number: int) -> list[str]:
    """Every name that a file of a group may have whose slices have these bounds, in epoch seconds."""
    days = range(bounds[0][0] // _DAY_S, bounds[-1][1] // _DAY_S + _LATEST_DAYS + 1)
    return [file_name(signal, day, number) for signal in SIGNALS for day in days]
