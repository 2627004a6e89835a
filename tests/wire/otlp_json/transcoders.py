"""Transcoders for tests: of any message, and with forbidden memory behind their buffers."""

import ctypes
import mmap

import numpy as np

from otelsim.wire.otlp_json.tables import first_row
from otelsim.wire.otlp_json.transcoder import Transcoder

PAGE = mmap.PAGESIZE
_PROTECT = ctypes.CDLL(None, use_errno=True).mprotect


class OfMessage(Transcoder):
    """A transcoder of any message of the schema."""

    def __init__(self, name: str) -> None:
        super().__init__("traces")
        self._root = first_row(name)


def guarded(size: int) -> np.ndarray:
    """``size`` bytes; to touch the one behind them ends the process."""
    pages = -(-size // PAGE) * PAGE
    memory = mmap.mmap(-1, pages + PAGE)
    array = np.frombuffer(memory, np.uint8)
    if _PROTECT(ctypes.c_void_p(array.ctypes.data + pages), ctypes.c_size_t(PAGE), 0):
        raise OSError(ctypes.get_errno(), "mprotect")
    return array[pages - size : pages]


class Guarded(Transcoder):
    """A transcoder whose buffers end where forbidden memory begins."""

    def _bytes(self, size: int) -> np.ndarray:
        return guarded(size)
