"""Slices as Parquet: columns of calls into files that appear whole, all of them or none."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pyarrow as pa
import xxhash

from otelsim.draws import Int64s
from otelsim.errors import RunError
from otelsim.runner.output import Made, Quiet
from otelsim.runner.preparing import Prepared
from otelsim.runner.worker import Done
from otelsim.signals.notation import SIGNALS
from otelsim.sinks.buffers import Extent
from otelsim.sinks.places import Place, Upload
from otelsim.wire.parquet.files import Part, Parts
from otelsim.wire.parquet.known import Known


def known(prepared: Prepared, run_id: str) -> Known:
    """What a run's columns are looked up in."""
    return Known(prepared.world, prepared.scenario, prepared.calendar, run_id)


def with_files(last: Done, made: dict[str, Part]) -> Done:
    """A group's last slice, with the group's files: their bytes are told of there, since no slice has its own."""
    sizes = {s: sum(part.bytes for name, part in made.items() if name.startswith(f"{s}/")) for s in SIGNALS}
    extents = {s: each._replace(stored=sizes[s], content=sizes[s]) for s, each in last.extents.items()}
    return last._replace(extents=extents, files={name: part._asdict() for name, part in made.items()})


SIDE_BY_SIDE = 8
"""Files that are published at a time: each waits for a device or a bucket."""


class ParquetOutput(Quiet):
    """Slices into the files of one number. A slice's digest is that of its calls: files of another version of pyarrow
    have other bytes, but the same rows."""

    def __init__(self, known: Known, place: Place, number: int) -> None:
        # As `cli.making` has it from the beginning, for workers of others.
        pa.set_memory_pool(pa.system_memory_pool())
        self.place = place
        self.uploads: dict[str, Upload] = {}
        self.parts = Parts(known, number, self._create)
        self.digest = xxhash.xxh3_128()

    def begin(self, offsets: dict[str, int]) -> None:
        """Start a slice."""
        self.digest.reset()

    def take(self, calls: Int64s, fresh: tuple[int, int], order: Int64s) -> None:
        """Hold the calls' columns until there are enough for a row group."""
        mine = np.take(calls, order, axis=1)
        self.digest.update(mine.data)
        self.parts.take(mine)

    def end(self) -> Made:
        """Finish the slice: it stands in no stretch of its own of a file."""
        extent = Extent(0, 0, 0, self.digest.hexdigest())
        return Made(dict.fromkeys(SIGNALS, extent), {}, {})

    def commit(self) -> dict[str, Part]:
        """Give the files their names; returns them by these."""
        made = self.parts.end()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for published in [pool.submit(upload.commit) for upload in self.uploads.values()]:
                published.result()
        return made

    def abort(self) -> None:
        """Leave nothing of files that are not complete."""
        self.parts.abandon()
        for upload in self.uploads.values():
            with suppress(RunError):
                upload.abort()

    def _create(self, name: str) -> Upload:
        self.uploads[name] = self.place.create(name)
        return self.uploads[name]
