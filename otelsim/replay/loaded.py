"""What the process that workers are forked from imports: see `server`."""

from otelsim.replay.server import load

load()
