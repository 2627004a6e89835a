"""Where a run goes, and how it is told."""

from pathlib import Path
from typing import Any, NamedTuple

from otelsim.signals.notation import SIGNALS, Notation
from otelsim.sinks.files import SUFFIX
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.sinks.places import Place

JSONL, NULL, OTLP, OTLP_FILE, PARQUET = "jsonl", "null", "otlp", "otlp-file", "parquet"
FAST, SDK = "fast", "sdk"
"""The encoders of OTLP."""
LINES = ("logs", "metrics")


class OtlpTarget(NamedTuple):
    """A run told as OpenTelemetry."""

    notation: Notation
    settings: dict[str, OtlpSettings] | None
    """By signal where it is sent; None where it goes into files."""
    encoder: str = FAST


class Groups(NamedTuple):
    """Files of some slices each."""

    place: Place
    slices: int
    """Of one group, but for the last one, which may have fewer."""


class Target(NamedTuple):
    """Where a run goes: JSON lines into a folder, or nowhere where it is None; or OTLP."""

    directory: Path | None
    compression: str = ""
    """zstd, gzip or nothing."""
    otlp: OtlpTarget | None = None
    groups: Groups | None = None
    """Of files made whole; None where workers append to files of their own."""
    parquet: bool = False
    """Tables instead of lines; always in groups."""

    @property
    def sink(self) -> str:
        """The name of the sink."""
        if self.parquet:
            return PARQUET
        if self.otlp:
            return OTLP if self.otlp.settings is not None else OTLP_FILE
        return NULL if self.directory is None and self.groups is None else JSONL

    @property
    def where(self) -> str:
        """Where it stands, for people; empty where nothing does."""
        return self.groups.place.name if self.groups else str(self.directory or "")

    def lane(self, number: int, lanes: int) -> int:
        """The lane of a slice: the number in the names of its files."""
        return number // self.groups.slices if self.groups else number % lanes

    def place_of_groups(self) -> Place:
        """Where groups are made."""
        assert self.groups is not None
        return self.groups.place

    @property
    def signals(self) -> tuple[str, ...]:
        """What a slice has an extent for."""
        if self.otlp:
            return self.otlp.notation.signals
        return SIGNALS if self.parquet else LINES

    @property
    def has_files(self) -> bool:
        """Whether records go into files."""
        return self.sink in (JSONL, OTLP_FILE, PARQUET)

    def file_name(self, signal_name: str, lane: int) -> str:
        """The published name of a lane's file of lines."""
        return f"{'otlp_' if self.otlp else ''}{signal_name}_{lane}.jsonl{SUFFIX[self.compression]}"

    def told(self) -> dict[str, Any]:
        """What a manifest says of it."""
        known: dict[str, Any] = {"sink": self.sink, "compress": self.compression or None}
        if self.groups:
            known["group_slices"] = self.groups.slices
        if self.otlp is None:
            return known
        notation = self.otlp.notation._asdict()
        del notation["run_id"]
        sending = {signal: each.told() for signal, each in (self.otlp.settings or {}).items()}
        told = {**known, "notation": {**notation, "encoder": self.otlp.encoder}}
        return {**told, "sending": sending} if sending else told


def target_of(
    head: dict[str, Any], place: Place | None, directory: Path | None, settings: dict[str, OtlpSettings] | None = None
) -> Target:
    """The target that a manifest's head tells of; KeyError or TypeError where it does not.

    ``settings`` are those of a run that is sent, which it does not tell of.
    """
    groups = Groups(place, head["group_slices"]) if place and "group_slices" in head else None
    target = Target(directory, head["compress"] or "", None, groups, head["sink"] == PARQUET)
    if "notation" not in head:
        return target
    notation, encoder = notation_of(head)
    return target._replace(otlp=OtlpTarget(notation, settings, encoder))


def notation_of(head: dict[str, Any]) -> tuple[Notation, str]:
    """The notation and the encoder that a manifest's head tells of; KeyError or TypeError where it does not."""
    told = dict(head["notation"])
    encoder = str(told.pop("encoder"))
    return Notation(run_id=head["run_id"], **{**told, "signals": tuple(told["signals"])}), encoder
