"""What `generate` and `resume` make a run with: where it goes, by whom, and which part of it."""

import os
from typing import Any, NamedTuple

from otelsim.errors import InputError

FILES = ("jsonl", "otlp-file")
"""Sinks whose files can be compressed."""


def place_to_write(output: str, sink: str, shard: Any) -> Any:
    """The place that ``--output`` names (`sinks.places.Place`), a shard's own below it; None where nothing is kept."""
    from otelsim.runner.sharding import WHOLE
    from otelsim.sinks.places import place_of
    from otelsim.sinks.places.local import LocalPlace

    if not output.isprintable() or not output:
        raise InputError("--output", "is not a path")
    if sink == "null":
        return None
    place = place_of(output)
    if sink == "otlp" and not isinstance(place, LocalPlace):
        raise InputError("--output", "is a folder with --sink otlp: it is kept there what was sent")
    return place if shard == WHOLE else place.within(shard.folder)


def new_target(place: Any, sink: str, compress: str | None, otlp: Any, prepared: Any, apart: bool) -> Any:
    """The target of a run into a place, None: nowhere. ``apart``: not all of it is made by this machine's processes."""
    from otelsim.runner.target import OTLP, PARQUET, Target
    from otelsim.sinks.places.local import folder_of

    if place is None:
        return Target(None, "", otlp)
    folder = folder_of(place)
    packed = compress or ("" if folder or sink == PARQUET else "zstd")
    target = Target(folder, "" if packed == "none" else packed, otlp, None, sink == PARQUET)
    in_groups = (apart or not folder or target.parquet) and target.sink != OTLP
    return grouped(target, place, prepared) if in_groups else target


def grouped(target: Any, place: Any, prepared: Any) -> Any:
    """A target in groups of slices."""
    from otelsim.runner.grouping import MOST_SLICES, group_slices
    from otelsim.runner.target import Groups

    # A small file of tables is mostly its own description.
    slices = MOST_SLICES if target.parquet else group_slices(len(prepared.slices))
    return target._replace(groups=Groups(place, slices))


def opened(place: Any, overwrite: bool, resume: bool = False) -> Any:
    """A run's folder in a place (`runner.folder.RunFolder`), held."""
    from otelsim.runner.folder import Folder
    from otelsim.runner.remote import RemoteFolder
    from otelsim.sinks.places.local import LocalPlace

    if isinstance(place, LocalPlace):
        return Folder(place.path, overwrite, resume)
    return RemoteFolder(place, overwrite, resume)


def is_begun(place: Any) -> bool:
    """Whether a place holds a run that can be resumed."""
    from otelsim.runner.folder import holds_journal
    from otelsim.runner.remote import holds_markers
    from otelsim.sinks.places.local import LocalPlace

    return holds_journal(place.path) if isinstance(place, LocalPlace) else holds_markers(place)


class Maker(NamedTuple):
    """All that a run is made with."""

    prepared: Any
    target: Any
    workers: int
    shard: Any
    engine: Any
    """Those who make it, None: processes of this machine."""

    def run(self, watch: Any) -> Any:
        """The run (`runner.running.Run`), of which nothing is made yet."""
        from otelsim.runner.grouped import GroupedRun
        from otelsim.runner.running import Run

        if self.target.parquet:
            # pyarrow's own pools keep what was let go of: 60 MB more in each worker. It reads this when it is loaded.
            os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        run = (GroupedRun if self.target.groups else Run)(self.prepared, self.target, self.workers, watch, self.shard)
        if self.engine is not None:
            run.engine = self.engine
        return run

    def folder(self, place: Any, overwrite: bool) -> Any:
        """Its folder, held and found to be seen by all who make it; None where nothing is kept."""
        if place is None:
            return None
        folder = opened(place, overwrite)
        try:
            self.check_place(place)
        except BaseException:
            folder.close()
            raise
        return folder

    def check_place(self, place: Any) -> None:
        """InputError where not all who make it see the place that it goes to, or is told of in."""
        if self.engine is not None and place is not None:
            self.engine.check_place(place)
