"""How a pool tells its workers to give their slices up.

An event of `multiprocessing` would do, but for workers that are killed while they wait for it: it then waits for them.
"""

import tempfile
import time
from pathlib import Path
from typing import Protocol


class Stopping(Protocol):
    """Whether to give up."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, seconds: float) -> bool:
        """The same after some time."""


class Stop:
    """A file in a folder that all processes of a pool see: while it is there they may go on."""

    def __init__(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile(prefix="go-on-", dir=folder, delete=False) as file:
            self.path = Path(file.name)

    def set(self) -> None:
        """Tell all to stop; it needs no room on a disk that may be full."""
        self.path.unlink(missing_ok=True)

    def is_set(self) -> bool:
        """Whether to stop; so it is where the folder is gone."""
        return not self.path.exists()

    def wait(self, seconds: float) -> bool:
        """The same after some time."""
        time.sleep(seconds)
        return self.is_set()
