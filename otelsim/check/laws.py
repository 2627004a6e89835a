"""The registries: laws of a block of points, of one slice, and of the whole run."""

from typing import TYPE_CHECKING

from otelsim.check.registry import Registry

if TYPE_CHECKING:
    from otelsim.check.frames import PointFrames, SliceFrames
    from otelsim.check.tally import RunTally

POINTS: "Registry[PointFrames]" = Registry()
SLICE: "Registry[SliceFrames]" = Registry()
RUN: "Registry[RunTally]" = Registry()
