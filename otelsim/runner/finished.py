"""A finished run, read from its folder, and what it takes to make it again."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otelsim import __version__
from otelsim.errors import InputError
from otelsim.runner import manifest
from otelsim.runner.folder import MANIFEST, holds_journal
from otelsim.runner.journal import read_journal
from otelsim.runner.preparing import Prepared, prepare
from otelsim.runner.remote import HEAD, PARTS
from otelsim.runner.sealing import SEAL, sealed
from otelsim.runner.target import notation_of
from otelsim.runner.worker import JOURNAL
from otelsim.scenario import from_manifest
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world
from otelsim.world.model import World

_MERGE = "`otelsim merge`, on the folder that it is in, joins all"


@dataclass(frozen=True)
class Finished:
    """A run that has come to its end."""

    directory: Path
    manifest: dict[str, Any]
    prepared: Prepared


def open_finished(directory: Path, world: str | None = None) -> Finished:
    """The run in ``directory``; InputError says why it cannot be made again.

    ``world`` is where its world lies, if it is no longer where the run found it.
    """
    values = read_manifest(directory)
    if "shard" in values:
        raise InputError(str(directory), f"is shard {'/'.join(map(str, values['shard']))} of a run: {_MERGE}")
    try:
        values["counts"]["requests"], values["run_id"], values["workers"], values["sink"], values["compress"]
        dict(values["content_digest"]), dict(values["documents"]), "notation" not in values or notation_of(values)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(str(directory / MANIFEST), f"is garbled: {error!r}") from None
    return Finished(directory, values, prepared_again(directory, values, world))


def prepared_again(directory: Path, values: dict[str, Any], world: str | None) -> Prepared:
    """The tables of the run that has this manifest; InputError where they cannot be made again."""
    path = directory / MANIFEST
    if values.get("format") != manifest.FORMAT or values.get("otelsim") != __version__:
        raise InputError(str(path), f"the run was made by otelsim {values.get('otelsim')}, and this is {__version__}")
    try:
        scenario = from_manifest(values["scenario"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(str(path), f"is garbled: {error!r}") from None
    found = world_of(directory, world, scenario.world)
    try:
        prepared = prepare(scenario, found)
    except InputError as error:
        raise InputError(str(path), f"the world {found.name!r} does not fit the run: {error}") from None
    if values.get("tables") != manifest.tables_digest(prepared):
        raise InputError(str(path), f"the world {scenario.world!r} is no longer the one that the run was made with")
    return prepared


def world_of(directory: Path, world: str | None, name: str) -> World:
    """The world of the run in ``directory``: where ``world`` says, or where the run found it, or by its ``name``."""
    return load_world(find_world(world or _world_path(directory) or name))


def read_manifest(directory: Path) -> dict[str, Any]:
    """What the manifest says; InputError where there is none that is as it was written."""
    path = directory / MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _no_run(directory, error) from None
    if not isinstance(values, dict) or SEAL not in values:
        raise InputError(str(path), "is not the manifest of a run")
    if sealed(values) != values:
        raise InputError(str(path), "is damaged: its digest is not that of what it says")
    return values


def _no_run(directory: Path, error: OSError | ValueError) -> InputError:
    if isinstance(error, FileNotFoundError) and (holds_journal(directory) or (directory / PARTS / HEAD).exists()):
        return InputError(str(directory), f"the run is not finished: `otelsim resume {directory}` goes on with it")
    if isinstance(error, OSError):
        why = f"cannot be read: {error.strerror}: not the folder of a finished run"
        return InputError(str(directory / MANIFEST), why)
    return InputError(str(directory / MANIFEST), "is not the manifest of a run")


def _world_path(directory: Path) -> str | None:
    """Where a world of one's own lay when the run was begun, as its journal tells, or that of its first shard."""
    for folder in _with_journals(directory):
        for name in (JOURNAL, f"{PARTS}/{HEAD}"):
            with suppress(InputError):
                found = read_journal(folder / name).head.get(manifest.WORLD_PATH)
                return str(found) if found else None
    return None


def _with_journals(directory: Path) -> Iterator[Path]:
    """A run's folder, and that of a merged run's first slice, if it is one: the manifest is only then read again."""
    yield directory
    with suppress(OSError, ValueError, KeyError, IndexError, TypeError):
        yield directory / json.loads((directory / MANIFEST).read_text("utf-8"))["slices"][0]["folder"]
