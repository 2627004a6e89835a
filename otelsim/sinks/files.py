"""Files that are appended a slice at a time: directly to the device where it can be, compressed where asked.

A slice that is redone starts at a recorded offset: whatever stood behind it is cut off first.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import xxhash
import zstandard
from isal import isal_zlib

from otelsim.errors import RunError
from otelsim.sinks.buffers import BLOCK, Extent, new_room
from otelsim.wire.fragments import Bytes

MODE = 0o640
SUFFIX = {"": "", "zstd": ".zst", "gzip": ".gz"}
"""What a compression adds to a file's name."""
ZSTD = zstandard.ZstdCompressionParameters.from_level(1, window_log=17, hash_log=14)
"""Small tables that stay in the cache: these lines shrink 10 (logs) to 20 times (metrics) at over 1 GB/s."""


def open_output(path: Path, direct: bool) -> tuple[int, bool]:
    """A descriptor for writing, and whether it goes past the page cache; RunError names the path."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        if direct and hasattr(os, "O_DIRECT"):
            try:
                return os.open(path, flags | os.O_DIRECT, MODE), True
            except OSError as error:
                if error.errno != 22:  # EINVAL: this file system has no O_DIRECT
                    raise
        return os.open(path, flags, MODE), False
    except OSError as error:
        raise failure(path, error) from None


def failure(path: Path, error: OSError) -> RunError:
    """One line for a failed write."""
    return RunError(f"{path}: cannot be written: {error.strerror}")


def publish(part: Path, path: Path) -> None:
    """Give a complete file its name, durably: its content, then the name, is on the device; RunError names the path."""
    try:
        sync(part, os.O_RDONLY)
        part.rename(path)
        sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise failure(part, error) from None


def sync(path: Path, flags: int) -> None:
    """Have what was written to a file, or the names in a folder, on the device."""
    file = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def cut(file: int, path: Path, size: int) -> None:
    """Leave the first ``size`` bytes of a file; RunError if it has fewer, since filling it up would hide a loss."""
    try:
        if os.fstat(file).st_size < size:
            raise RunError(f"{path}: is shorter than its journal says")
        os.ftruncate(file, size)
    except OSError as error:
        raise failure(path, error) from None


class Appended:
    """What files of both kinds share: how they are changed, and that they no longer are."""

    def __init__(self, path: Path, direct: bool) -> None:
        self.path = path
        self.file, self.direct = open_output(path, direct)
        self.changing = threading.Lock()
        self.changed = 0

    def cut(self, size: int) -> None:
        """Leave the first ``size`` bytes."""
        with self.changing:
            cut(self.file, self.path, size)

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of it there."""
        with self.changing:
            try:
                while data:
                    done = os.pwrite(self.file, data, offset)
                    data, offset = data[done:], offset + done
            except OSError as error:
                raise failure(self.path, error) from None

    def halt(self, timeout_s: float) -> int:
        """Change the file no more, whoever asks for it waits for ever; returns when it was changed last (st_ctime_ns).

        OSError where a change that is under way takes longer.
        """
        if not self.changing.acquire(timeout=timeout_s):
            raise TimeoutError
        return self.changed or os.fstat(self.file).st_ctime_ns

    def close(self) -> None:
        """Close the file, and keep when it was changed last (st_ctime_ns)."""
        with self.changing:
            self.changed = os.fstat(self.file).st_ctime_ns
            os.close(self.file)


class PlainFile(Appended):
    """Lines as they are, in aligned blocks; the last part of a block waits for the next slice.

    One buffer is written while the next is filled: the device, not the processor, is waited for.
    """

    def __init__(self, path: Path, room: Bytes, direct: bool = True) -> None:
        super().__init__(path, direct)
        self.room, self.other, self.at = room, new_room(len(room)), 0
        self.offset = self.start = self.hashed = 0
        self.digest = xxhash.xxh3_128()
        self.writer = ThreadPoolExecutor(1)
        self.writing: Future[None] | None = None

    def begin(self, offset: int) -> None:
        """Cut the file at ``offset`` and go on from there."""
        self.start, self.at = offset, offset % BLOCK
        self.offset, self.hashed = offset - self.at, self.at
        self.digest.reset()
        self.cut(offset)
        try:
            if self.at:
                os.preadv(self.file, [self.room[:BLOCK].data], self.offset)
        except OSError as error:
            raise failure(self.path, error) from None

    def drain(self) -> None:
        """Start to write whole blocks, and go on with what is left in the other buffer."""
        whole = self.at // BLOCK * BLOCK
        self.digest.update(self.room[self.hashed : self.at].data)
        self._wait()
        self.writing = self.writer.submit(self.write, self.room[:whole].data, self.offset)
        self.other[: self.at - whole] = self.room[whole : self.at]
        self.room, self.other = self.other, self.room
        self.at = self.hashed = self.at - whole
        self.offset += whole

    def end(self) -> Extent:
        """Write the rest, padded to a block, and cut the padding off."""
        self.drain()
        self._wait()
        size = self.offset + self.at
        if self.at:
            self.write(self.room[: BLOCK if self.direct else self.at].data, self.offset)
        self.cut(size)
        length = size - self.start
        return Extent(self.start, length, length, self.digest.hexdigest())

    def close(self) -> None:
        """Close the file."""
        self.writer.shutdown(wait=True)
        super().close()

    def _wait(self) -> None:
        if self.writing is not None:
            writing, self.writing = self.writing, None
            writing.result()


class Compressor(Protocol):
    """A frame or member in the making."""

    def compress(self, data: memoryview, /) -> bytes | memoryview:
        """Compressed bytes that are ready."""

    def flush(self) -> bytes:
        """The rest, and the end."""


def zstd_frame() -> Compressor:
    """A new zstd frame."""
    return zstandard.ZstdCompressor(compression_params=ZSTD).compressobj()


def gzip_member() -> Compressor:
    """A new gzip member, without a time in its header."""
    compressor: Compressor = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
    return compressor


class Plain:
    """No compression."""

    def compress(self, data: memoryview, /) -> memoryview:
        """The bytes themselves."""
        return data

    def flush(self) -> bytes:
        """Nothing."""
        return b""


COMPRESSORS: dict[str, Callable[[], Compressor]] = {"zstd": zstd_frame, "gzip": gzip_member}


class Stream:
    """Lines handed on as they come, compressed or as they are; each slice is a frame or member of its own."""

    def __init__(self, room: Bytes, compression: str) -> None:
        self.new = COMPRESSORS[compression] if compression else Plain
        self.room, self.packed = room, bool(compression)
        self.at = self.start = self.offset = self.content = 0
        self.digest, self.stored = xxhash.xxh3_128(), xxhash.xxh3_128()
        self.frame = self.new()

    def begin(self, offset: int) -> None:
        """Begin a slice at ``offset``."""
        self.start = self.offset = offset
        self.at = self.content = 0
        self.digest.reset()
        self.stored.reset()
        self.frame = self.new()

    def drain(self) -> None:
        """Compress what is there."""
        lines = self.room[: self.at]
        self.digest.update(lines.data)
        self.content += self.at
        self.at = 0
        self._append(self.frame.compress(lines.data))

    def end(self) -> Extent:
        """End the slice."""
        self.drain()
        self._append(self.frame.flush())
        length, stored = self.offset - self.start, self.stored.hexdigest() if self.packed else ""
        return Extent(self.start, length, self.content, self.digest.hexdigest(), stored)

    def _append(self, data: bytes | memoryview) -> None:
        if self.packed:
            self.stored.update(data)
        self.put(memoryview(data), self.offset)
        self.offset += len(data)

    def put(self, data: memoryview, offset: int) -> None:
        """Hand bytes on, which stand at ``offset``."""
        raise NotImplementedError


class CompressedFile(Stream, Appended):
    """Lines compressed into a file."""

    def __init__(self, path: Path, room: Bytes, compression: str) -> None:
        Stream.__init__(self, room, compression)
        Appended.__init__(self, path, direct=False)

    def begin(self, offset: int) -> None:
        """Cut the file at ``offset`` and begin a frame there."""
        super().begin(offset)
        self.cut(offset)

    def put(self, data: memoryview, offset: int) -> None:
        """Write."""
        self.write(data, offset)
