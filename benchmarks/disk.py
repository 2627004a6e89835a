"""How fast this machine writes by itself: blocks of 2 MiB, the last fsync included."""

import mmap
import os
import time
from pathlib import Path

BLOCK = 2 << 20


def speeds(folder: Path, size: int) -> dict[str, float | None]:
    """Bytes a second past the page cache and through it; None where the file system has no O_DIRECT."""
    return {"O_DIRECT": _speed(folder, size, os.O_DIRECT), "buffered": _speed(folder, size, 0)}


def _speed(folder: Path, size: int, flag: int) -> float | None:
    path = folder / "disk"
    block = mmap.mmap(-1, BLOCK)
    # Not zeros: some devices store those for nothing.
    block[:] = os.urandom(BLOCK)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | flag, 0o600)
    except OSError:
        return None
    try:
        began = time.perf_counter()
        for _ in range(size // BLOCK):
            os.write(file, block)
        os.fsync(file)
        return size // BLOCK * BLOCK / (time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
