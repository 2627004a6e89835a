"""A run that was sent: its manifest, held against itself, and what it takes to make the run again."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from otelsim import __version__
from otelsim.errors import InputError
from otelsim.runner import manifest
from otelsim.runner.folder import MANIFEST
from otelsim.runner.journal import read_journal
from otelsim.runner.otlp_output import Notated, notated
from otelsim.runner.preparing import Prepared, prepare
from otelsim.runner.sealing import SEAL, sealed
from otelsim.runner.target import JSONL, OTLP, OTLP_FILE, notation_of
from otelsim.runner.worker import JOURNAL
from otelsim.scenario import from_manifest
from otelsim.signals.notation import Notation
from otelsim.world.finding import find_world
from otelsim.world.ids import derive_ids
from otelsim.world.loading import load_world


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
    path = directory / MANIFEST
    values = _read(path)
    if values.get("sink") not in (OTLP, OTLP_FILE, JSONL):
        raise InputError(str(path), f"the run went to --sink {values.get('sink')}: no store can hold it")
    if values.get("otelsim") != __version__:
        raise InputError(str(path), f"the run was made by otelsim {values.get('otelsim')}, and this is {__version__}")
    try:
        scenario, notation = from_manifest(values["scenario"]), _notation(values, replayed)
        values["counts"]["requests"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(str(path), f"is garbled: {error!r}") from None
    prepared = prepare(scenario, load_world(find_world(world or _world_path(directory) or scenario.world)))
    if values.get("tables") != manifest.tables_digest(prepared):
        raise InputError(str(path), f"the world {scenario.world!r} is no longer the one that the run was made with")
    return SentRun(values, notation, prepared)


def _notation(values: dict[str, Any], replayed: Notation) -> Notation:
    if values["sink"] != JSONL:
        return notation_of(values)[0]
    return replayed._replace(run_id=replayed.run_id or str(values["run_id"]))


def _world_path(directory: Path) -> str | None:
    """Where a world of one's own was, which the journal has, if it can still be read."""
    try:
        found = read_journal(directory / JOURNAL).head.get(manifest.WORLD_PATH)
    except InputError:
        return None
    return None if found is None else str(found)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}: not the folder of a finished run") from None
    except ValueError:
        raise InputError(str(path), "is not the manifest of a run") from None
    if not isinstance(values, dict) or SEAL not in values:
        raise InputError(str(path), "is not the manifest of a run")
    if sealed(values) != values:
        raise InputError(str(path), "is damaged: its digest is not that of what it says")
    return values
