"""Runs made inside the test's own process."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.preparing import Prepared, prepare
from otelsim.runner.slicing import Simulator
from otelsim.scenario import load, resolve
from otelsim.sinks.buffers import NullSink, new_room
from otelsim.times import instant_s
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world
from otelsim.world.model import World

MONDAY = instant_s("2025-03-03")
DAY = 86_400


def world_of(name: str = "social_network") -> World:
    """A bundled world."""
    return load_world(find_world(name))


def prepared(scenario: str = "year", world: str | World = "social_network", **changes: Any) -> Prepared:
    """A shipped scenario from that Monday on, a week long unless told."""
    asked = replace(load(scenario), **{"start_s": MONDAY, "duration_s": 7 * DAY, "end_s": None, **changes})
    return prepare(resolve(asked, 0), world_of(world) if isinstance(world, str) else world)


class LineSink(NullSink):
    """Keeps its lines."""

    def __init__(self) -> None:
        super().__init__(new_room())
        self.text = b""

    def drain(self) -> None:
        self.text += self.room[: self.at].tobytes()
        super().drain()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


class Watched(Simulator):
    """Keeps the calls it has written."""

    def __init__(self, p: Prepared) -> None:
        super().__init__(p)
        self.seen: list[np.ndarray] = []

    def _keep(self, written: np.ndarray) -> None:
        self.seen.append(self.calls[:, written])
        super()._keep(written)


def calls_of(p: Prepared) -> np.ndarray:
    """All calls of a run, int64[24, n] (see `outcome.tables.CALL`)."""
    simulator = Watched(p)
    make_slices(simulator, range(len(p.slices)), null_sinks())
    return np.concatenate(simulator.seen, axis=1)
