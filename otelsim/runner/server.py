"""The process that workers are forked from, started first of all: it loads their kernels while a command makes ready.

Whoever starts it has loaded nothing heavy yet, so nothing heavy is imported here.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from otelsim.runner.forking import start_server


def start(kernels: str) -> None:
    """Start it with kernels that `runner.pool` knows by this name, which finds it running then."""
    start_server(f"otelsim.{'replay.loaded' if kernels == 'replay' else f'runner.loaded_{kernels}'}")


def load(kernels: str, modules: Sequence[str]) -> None:
    """Load what workers need, one after the other, if it is compiled; end as soon as whoever started this is gone."""
    # numba would load scipy, where there is one, for the BLAS that no kernel of ours calls.
    sys.modules.setdefault("scipy", None)  # type: ignore[arg-type]
    from otelsim.compiled import marker

    parent = os.getppid()
    for name in modules if marker(kernels).exists() else ():
        import_module(name)
        if os.getppid() != parent:
            os._exit(0)
