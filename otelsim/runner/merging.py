"""Shards that were made apart, joined to one run: all of them are there, of one scenario, and what they made adds up.

Their files stay where they are; what sums them up is written beside their folders.
"""

from functools import cached_property
from typing import Any

from otelsim.errors import InputError
from otelsim.runner.finished import prepared_again, read_manifest
from otelsim.runner.folder import MANIFEST, RunFolder
from otelsim.runner.preparing import Prepared
from otelsim.runner.resuming import differing
from otelsim.runner.running import Run
from otelsim.runner.sealing import SEAL
from otelsim.runner.sharding import FOLDER, Shard
from otelsim.runner.stored_files import sizes_of
from otelsim.runner.target import OTLP, target_of
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.sinks.places import Place
from otelsim.sinks.places.local import folder_of
from otelsim.sinks.places.paths import PlacePath

_OF_A_SHARD = ("workers", "shard", "sending")
"""A shard may be sent to a Collector of its own."""
_MADE = ("counts", "account", "content_digest", "files", "documents", "slices", "tally", SEAL)
Manifest = dict[str, Any]


def read_shards(place: Place) -> list[Manifest]:
    """The manifests of all shards in a place, in order; InputError where one is missing or another run's."""
    found = sorted({Shard(int(m[1]), int(m[2])) for name in place.folders() if (m := FOLDER.fullmatch(name))})
    if not found:
        raise InputError(place.name, "there are no shards here: folders named shard-0-of-5 and so on")
    of = found[0].of
    if other := next((shard for shard in found if shard.of != of), None):
        raise InputError(place.name, f"there are shards of two runs here: {found[0].folder} and {other.folder}")
    if missing := sorted(set(range(of)) - {shard.number for shard in found}):
        more = f" and {len(missing) - 1:,} others are" if len(missing) > 1 else " is"
        raise InputError(place.name, f"{Shard(missing[0], of).folder}{more} missing")
    manifests = [_read(place, shard) for shard in found]
    for shard, values in zip(found, manifests, strict=True):
        if difference := differing(_head(manifests[0]), _head(values), f"in {shard.folder}"):
            told = difference.replace("in the journal", f"in {found[0].folder}")
            raise InputError(place.within(shard.folder).name, f"is of another run: {told}")
    return manifests


def _read(place: Place, shard: Shard) -> Manifest:
    where = place.within(shard.folder)
    values = read_manifest(PlacePath(where))
    if values.get("shard") != list(shard) or not isinstance(values.get("tally"), dict):
        raise InputError(f"{where.name}/{MANIFEST}", f"is not that of shard {shard.number}/{shard.of}")
    sizes = sizes_of(where, values["files"])
    for name, file in values["files"].items():
        if sizes.get(name) != file["bytes"]:
            there = f"{sizes[name]:,} bytes" if name in sizes else "no such file"
            raise InputError(f"{where.name}/{name}", f"{there}, and {file['bytes']:,} bytes by its manifest")
    return values


def _head(values: Manifest) -> Manifest:
    """What shards of one run have in common."""
    return {key: value for key, value in values.items() if key not in (*_OF_A_SHARD, *_MADE)}


class Merged(Run):
    """A run that consists of shards."""

    def __init__(self, prepared: Prepared, place: Place, shards: list[Manifest]) -> None:
        self.shards = shards
        # Where it was sent is not told: a shard may have been sent elsewhere.
        sent: dict[str, OtlpSettings] | None = {} if shards[0]["sink"] == OTLP else None
        target = target_of(shards[0], place, folder_of(place), sent)
        super().__init__(prepared, target, sum(values["workers"] for values in shards), lambda _: None)
        for values in shards:
            self._join(values)

    @cached_property
    def head(self) -> Manifest:
        """What the manifest says before anything is made."""
        values = {key: value for key, value in self.shards[0].items() if key not in (*_MADE, "shard")}
        return {**values, "workers": self.workers}

    def _join(self, values: Manifest) -> None:
        folder, records = Shard(*values["shard"]).folder, dict[str, int]()
        for each in values["slices"]:
            self._enter({**each, "folder": folder})
            for kind, count in each.get("records", {}).items():
                records[kind] = records.get(kind, 0) + count
        self.totals.add(values["tally"])
        self.delivered.add(values.get("account", {}), records)

    def conclude(self, folder: RunFolder) -> dict[str, Any]:
        """Publish what sums the run up; returns the summary. RunError where not all that was sent was taken."""
        summary = self._summary()
        self._publish(folder, summary)
        self.delivered.check(self.counts())
        return summary

    def _publish_files(self, folder: RunFolder, names: list[str]) -> None:
        """They are where the shards made them."""


def merged(place: Place, shards: list[Manifest], world: str | None) -> Merged:
    """The run that shards make; InputError where they are garbled, not all of it, or of another version or world."""
    path = PlacePath(place.within(Shard(*shards[0]["shard"]).folder))
    prepared = prepared_again(path, shards[0], world)
    try:
        run = Merged(prepared, place, shards)
        numbers = sorted(int(each["slice"]) for each in run.entries)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(place.name, f"a shard's manifest is garbled: {error!r}") from None
    if numbers != list(run.numbers):
        raise InputError(place.name, "the shards do not have every slice once")
    return run
