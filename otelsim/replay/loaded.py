"""What the process that a replay's workers are forked from imports: see `runner.server`."""

from otelsim.runner.server import load

load("replay", ("numba", "pyarrow.json", "otelsim.replay.worker", "otelsim.replay.warmed"))
