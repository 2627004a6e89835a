"""A run as groups of slices: whole files or objects, each made by one worker and published when it is complete.

Nothing is appended to, so whoever makes a group needs nothing of what others made: it may be on another machine, and go
into storage that knows whole objects alone. A group that is given up leaves nothing.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from otelsim.runner.manifest import run_id
from otelsim.runner.otlp_output import FILE_REQUEST_BYTES, OtlpOutput, Written
from otelsim.runner.output import LinesOutput, Output
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Simulator
from otelsim.runner.stopping import Stopping
from otelsim.runner.target import Target
from otelsim.runner.totals import listed
from otelsim.runner.worker import Done
from otelsim.sinks.buffers import Sink, new_room
from otelsim.sinks.files import Stream
from otelsim.sinks.places import Upload
from otelsim.wire.fragments import Bytes

if TYPE_CHECKING:
    from otelsim.wire.parquet.known import Known

MOST_SLICES = 8
"""Of a group: 160,000 requests, some 60 MB compressed, and what may be lost with a worker."""
LEAST_GROUPS = 32
"""Where there are as many slices: so that all workers have something to do."""


def group_slices(slices: int) -> int:
    """How many slices a group has, in a run of so many."""
    return max(1, min(MOST_SLICES, slices // LEAST_GROUPS))


class GroupTask(NamedTuple):
    """A group to make: slices in order, and its number, which its files are named by."""

    number: int
    slices: tuple[int, ...]


class Grouped(NamedTuple):
    """A run's tables, and those of its notation."""

    prepared: Prepared
    made: Any

    def worker(self, target: Target, stop: Stopping) -> "Grouper":
        """Who makes its groups."""
        return Grouper(self, target, stop)


class Uploaded(Stream):
    """Lines into an upload."""

    def __init__(self, upload: Upload, room: Bytes, compression: str) -> None:
        super().__init__(room, compression)
        self.upload = upload

    def put(self, data: memoryview, offset: int) -> None:
        """Hand bytes on."""
        self.upload.write(data)

    def close(self) -> None:
        """An upload is published or given up by who began it."""


class Grouper:
    """Makes groups of a run."""

    def __init__(self, tables: Grouped, target: Target, stop: Stopping) -> None:
        self.tables, self.target = tables, target
        self.simulator = Simulator(tables.prepared, stop.is_set)
        self.rooms = {} if target.parquet else {name: new_room() for name in target.signals}
        self.output: Output | None = None

    def run(self, task: GroupTask) -> tuple[Done, ...]:
        """Make a group; its files appear when all of it is made, or not at all."""
        if self.target.parquet:
            return self._tables(task)
        uploads = dict[str, Upload]()
        try:
            for name in self.target.signals:
                uploads[name] = self.target.place_of_groups().create(self.target.file_name(name, task.number))
            made = self._slices(task, self._output(uploads))
            for upload in uploads.values():
                upload.commit()
        except BaseException:
            for upload in uploads.values():
                upload.abort()
            raise
        return made

    def _tables(self, task: GroupTask) -> tuple[Done, ...]:
        # Only now: it loads pyarrow, which no other run needs.
        from otelsim.runner.parquet_output import ParquetOutput, with_files

        output = ParquetOutput(self.known, self.target.place_of_groups(), task.number)
        try:
            *others, last = self._slices(task, output)
            return (*others, with_files(last, output.commit()))
        except BaseException:
            output.abort()
            raise

    @cached_property
    def known(self) -> "Known":
        """What tables are looked up in."""
        from otelsim.wire.parquet.known import Known

        prepared = self.tables.prepared
        return Known(prepared.world, prepared.scenario, prepared.calendar, run_id(prepared))

    def _slices(self, task: GroupTask, output: Output) -> tuple[Done, ...]:
        done, offsets = list[Done](), dict.fromkeys(self.target.signals, 0)
        for number in task.slices:
            output.begin(offsets)
            tally, made = self.simulator.slice(number, output)
            done.append(Done(number, task.number, listed(tally), *made))
            offsets = {name: extent.offset + extent.stored for name, extent in made.extents.items()}
        return tuple(done)

    def _output(self, uploads: dict[str, Upload]) -> Output:
        prepared, otlp = self.tables.prepared, self.target.otlp
        sinks: dict[str, Sink] = {
            name: Uploaded(upload, self.rooms[name], self.target.compression) for name, upload in uploads.items()
        }
        if otlp is None:
            return LinesOutput(prepared.lines, sinks)
        return OtlpOutput(self.tables.made, prepared.scenario.metric_interval_s, Written(sinks), FILE_REQUEST_BYTES)

    def leave(self) -> None:
        """Nothing is to be told: what is under way never gets its name."""
