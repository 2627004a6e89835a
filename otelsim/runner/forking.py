"""The process that workers are forked from, and how processes are kept from hearing what a terminal says.

Whoever starts it first has loaded nothing heavy yet, so nothing heavy is imported here.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, resource_tracker


def start_server(module: str) -> None:
    """Start it with a module loaded, deaf to ^C from its first instruction on; one that runs already stays as it is."""
    get_context("forkserver").set_forkserver_preload([module])
    with deaf({signal.SIGINT}):
        forkserver.ensure_running()


def without_scipy() -> None:
    """Keep numba from loading scipy, where there is one, for the BLAS that no kernel of ours calls: 0.1 s a process."""
    sys.modules.setdefault("scipy", None)  # type: ignore[arg-type]


@contextmanager
def deaf(signals: set[signal.Signals]) -> Iterator[None]:
    """Whatever threads and processes are started in the block never hear these signals.

    The signals of a process outlive fork and exec only where they are blocked or ignored; ours come through afterwards.
    """
    resource_tracker.ensure_running()  # it unblocks the signals of whoever starts it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
