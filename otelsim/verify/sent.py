"""A run that was sent: its manifest, held against itself, and what it takes to make the run again."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from otelsim.errors import InputError
from otelsim.runner.finished import open_finished, read_manifest
from otelsim.runner.folder import MANIFEST
from otelsim.runner.otlp_output import Notated, notated
from otelsim.runner.preparing import Prepared
from otelsim.runner.target import JSONL, OTLP, OTLP_FILE, notation_of
from otelsim.signals.notation import Notation
from otelsim.world.ids import derive_ids


@dataclass(frozen=True)
class SentRun:
    """A finished run of ``--sink otlp``, or one of JSON lines that were sent later."""

    manifest: dict[str, Any]
    notation: Notation
    prepared: Prepared

    @property
    def run_id(self) -> str:
        """What tells its records from those of other runs."""
        return self.notation.run_id

    @property
    def replayed(self) -> bool:
        """Whether what was sent was read from JSON lines, which have not all the fields."""
        return bool(self.manifest["sink"] == JSONL)

    @property
    def counts(self) -> dict[str, int]:
        """Records by kind, as the manifest has them."""
        return dict(self.manifest["counts"])

    @property
    def resent(self) -> int:
        """Records that were sent more than once, since nobody had answered for them."""
        return sum(int(tally["resent"]) for tally in self.manifest.get("account", {}).values())

    @property
    def refused(self) -> int:
        """Records that a receiver refused."""
        return sum(int(tally["rejected"]) for tally in self.manifest.get("account", {}).values())

    @cached_property
    def services(self) -> list[str]:
        """The service_id of every row of the calendar."""
        return [derive_ids(release_id)["service_id"] for release_id in self.prepared.calendar.release_id]

    @cached_property
    def notated(self) -> Notated:
        """Its tables for OTLP."""
        return notated(self.prepared, self.notation)


def open_run(directory: Path, world: str | None, replayed: Notation) -> SentRun:
    """The run in ``directory``; InputError says why there is none that can be held against stores.

    ``world`` is where its world is, if it is no longer where it was. ``replayed`` is how JSON lines were sent; an empty
    run id stands for the run's own.
    """
    sink = read_manifest(directory).get("sink")
    if sink not in (OTLP, OTLP_FILE, JSONL):
        raise InputError(str(directory / MANIFEST), f"the run went to --sink {sink}: no store can hold it")
    finished = open_finished(directory, world)
    return SentRun(finished.manifest, _notation(finished.manifest, replayed), finished.prepared)


def _notation(values: dict[str, Any], replayed: Notation) -> Notation:
    if values["sink"] != JSONL:
        return notation_of(values)[0]
    return replayed._replace(run_id=replayed.run_id or str(values["run_id"]))
