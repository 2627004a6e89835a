"""Ids unique over a whole run, in bounded memory: sorted arrays on disk, compared one range at a time.

Each slice leaves one file an id, sorted; the run's check reads the same range of values from all of them. Ids are the
64 bits of their hexadecimal digits (of a trace_id the low 64: in otelsim's runs a bijection of the request's number).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

KINDS = ("trace_id", "span_id", "request_id")
RANGE_IDS = 4_000_000
"""Ids compared at a time: 32 MB, twice while sorting."""

Ids = npt.NDArray[np.uint64]


def leave(folder: Path, kind: str, slice_number: int, ids: Ids) -> None:
    """Write a slice's ids where ``duplicates`` finds them."""
    np.save(folder / f"{kind}_{slice_number}.npy", np.sort(ids))


def duplicates(folder: Path, kind: str) -> tuple[int, list[int]]:
    """How many ids all slices left, and those that are there more than once."""
    parts = [np.load(path, mmap_mode="r") for path in sorted(folder.glob(f"{kind}_*.npy"))]
    total = sum(len(part) for part in parts)
    found = [
        int(twice)
        for ids in _ranges(parts, 1 + total // RANGE_IDS)
        for twice in np.unique(ids[1:][ids[1:] == ids[:-1]])
    ]
    return total, found


def _ranges(parts: list[Ids], pieces: int) -> Iterator[Ids]:
    edges = [(piece << 64) // pieces for piece in range(1, pieces)]
    cuts = [[0, *np.searchsorted(part, np.array(edges, np.uint64)).tolist(), len(part)] for part in parts]
    for piece in range(pieces):
        taken = [part[cut[piece] : cut[piece + 1]] for part, cut in zip(parts, cuts, strict=True)]
        yield np.sort(np.concatenate(taken)) if taken else np.empty(0, np.uint64)
