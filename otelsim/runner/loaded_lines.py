"""What the process that workers are forked from imports, for JSON lines and tables: see `server`."""

from otelsim.runner.server import load

load("lines", ("numba", "otelsim.runner.worker", "otelsim.runner.warmed"))
