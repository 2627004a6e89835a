"""What the process that workers are forked from imports, for OTLP: see `server`."""

from otelsim.runner.server import load

load("otlp", ("numba", "otelsim.runner.worker", "otelsim.runner.warmed_otlp"))
