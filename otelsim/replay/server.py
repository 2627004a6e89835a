"""The process that workers are forked from, started first of all: it loads their kernels while files are looked at.

Whoever starts it has loaded nothing heavy yet, so nothing heavy is imported here.
"""

import os
from importlib import import_module

from otelsim.runner.forking import start_server, without_scipy

_LOADED = ("numba", "pyarrow.json", "otelsim.replay.worker", "otelsim.replay.warmed")
"""One after the other."""


def start() -> None:
    """Start it; `runner.pool` finds it running."""
    start_server("otelsim.replay.loaded")


def load() -> None:
    """Load what workers need, if it is compiled; end as soon as whoever started this is gone."""
    without_scipy()
    from otelsim.compiled import marker

    parent = os.getppid()
    for name in _LOADED if marker("replay").exists() else ():
        import_module(name)
        if os.getppid() != parent:
            os._exit(0)
