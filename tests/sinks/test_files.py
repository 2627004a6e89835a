"""Files that are written a slice at a time: the same bytes directly, buffered or compressed."""

import errno
import gzip
import os
import random
from pathlib import Path

import numpy as np
import pytest
import xxhash
import zstandard

from otelsim.errors import RunError
from otelsim.sinks import files
from otelsim.sinks.buffers import BLOCK, Extent, NullSink, new_room
from otelsim.sinks.files import COMPRESSORS, CompressedFile, PlainFile, open_output
from tests.command import content

ROOM = 4 * BLOCK
LENGTHS = [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 17, 0, 2 * BLOCK, 100]


def text(size: int, seed: int) -> bytes:
    """Lines that compress, ``size`` bytes of them."""
    chance = random.Random(seed)
    return b"".join(b"%d\n" % chance.randrange(10**9) for _ in range(size // 4 + 1))[:size]


SLICES = [text(size, i) for i, size in enumerate(LENGTHS)]


def add(sink, data: bytes, offset: int):
    """A slice in pieces, as an encoder puts it: never more than the room holds."""
    sink.begin(offset)
    while data:
        piece = data[: len(sink.room) - sink.at]
        sink.room[sink.at : sink.at + len(piece)] = np.frombuffer(piece, np.uint8)
        sink.at += len(piece)
        data = data[len(piece) :]
        if data:
            sink.drain()
    return sink.end()


def write(sink, slices, offset: int = 0):
    extents = []
    for data in slices:
        extents.append(add(sink, data, offset))
        offset += extents[-1].stored
    return extents


@pytest.fixture
def plain(tmp_path):
    """A function that opens a plain file; all are closed at the end."""
    opened = []

    def make(direct: bool, name: str = "file") -> PlainFile:
        opened.append(PlainFile(tmp_path / name, new_room(ROOM), direct))
        return opened[-1]

    yield make
    for sink in opened:
        sink.close()


@pytest.mark.parametrize("direct", [True, False])
def test_all_slices_stand_one_behind_the_other(plain, direct):
    sink = plain(direct)
    extents = write(sink, SLICES)
    assert sink.path.read_bytes() == b"".join(SLICES)
    assert [e.stored for e in extents] == [e.content for e in extents] == LENGTHS
    assert [e.offset for e in extents] == [sum(LENGTHS[:i]) for i in range(len(LENGTHS))]
    assert [e.digest for e in extents] == [xxhash.xxh3_128(s).hexdigest() for s in SLICES]


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("offset", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_another_process_goes_on_at_any_offset(plain, direct, offset):
    before = text(offset, 99)
    plain(direct).path.write_bytes(before + b"torn tail of a sli")
    again = plain(direct)
    (extent,) = write(again, [SLICES[5]], offset)
    assert again.path.read_bytes() == before + SLICES[5]
    assert extent == Extent(offset, len(SLICES[5]), len(SLICES[5]), xxhash.xxh3_128(SLICES[5]).hexdigest())


@pytest.mark.parametrize("direct", [True, False])
def test_a_slice_given_up_leaves_nothing_of_it(plain, direct):
    sink = plain(direct)
    (first,) = write(sink, [SLICES[5]])
    sink.begin(first.stored)
    sink.at = len(sink.room)
    sink.drain()
    write(sink, [SLICES[3]], first.stored)
    assert sink.path.read_bytes() == SLICES[5] + SLICES[3]


def test_a_file_shorter_than_its_journal_is_told(plain):
    sink = plain(False)
    sink.path.write_bytes(b"short")
    with pytest.raises(RunError, match="is shorter than its journal says"):
        sink.begin(BLOCK + 100)


def test_without_o_direct_it_falls_back(plain, monkeypatch):
    real = os.open

    def refuse(path, flags, mode=0o777):
        if flags & os.O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(path, flags, mode)

    monkeypatch.setattr(files.os, "open", refuse)
    sink = plain(True)
    assert not sink.direct
    write(sink, SLICES)
    assert sink.path.read_bytes() == b"".join(SLICES)


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a tmpfs at /dev/shm")
@pytest.mark.parametrize("direct", [True, False])
def test_a_file_system_in_memory_takes_the_same_bytes(direct):
    path = Path("/dev/shm") / f"otelsim-test-{os.getpid()}"
    try:
        sink = PlainFile(path, new_room(ROOM), direct)
        write(sink, SLICES)
        sink.close()
        assert path.read_bytes() == b"".join(SLICES)
    finally:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_each_slice_is_compressed_for_itself(tmp_path, compression):
    path = tmp_path / f"file{files.SUFFIX[compression]}"
    sink = CompressedFile(path, new_room(ROOM), compression)
    extents = write(sink, SLICES)
    sink.close()
    data, unpack = path.read_bytes(), {"zstd": unzstd, "gzip": gzip.decompress}[compression]
    assert content(path) == b"".join(SLICES)
    for extent, lines in zip(extents, SLICES, strict=True):
        stored = data[extent.offset : extent.offset + extent.stored]
        assert unpack(stored) == lines
        assert extent.stored_digest == xxhash.xxh3_128(stored).hexdigest()
        assert (extent.content, extent.digest) == (len(lines), xxhash.xxh3_128(lines).hexdigest())
    assert sum(e.stored for e in extents) == len(data)


def unzstd(frame: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(frame)


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_a_compressed_file_can_be_cut_at_a_slice(tmp_path, compression):
    path = tmp_path / f"file{files.SUFFIX[compression]}"
    sink = CompressedFile(path, new_room(ROOM), compression)
    extents = write(sink, SLICES[:6])
    add(sink, SLICES[7], extents[3].offset)
    sink.close()
    assert content(path) == b"".join([*SLICES[:3], SLICES[7]])


def test_nothing_is_written_without_a_file():
    sink = NullSink(new_room(ROOM))
    extents = write(sink, SLICES)
    assert [e.digest for e in extents] == [xxhash.xxh3_128(s).hexdigest() for s in SLICES]
    assert [(e.offset, e.stored, e.content) for e in extents] == [(0, 0, size) for size in LENGTHS]
    sink.close()


@pytest.mark.parametrize("kind", ["plain", "zstd"])
def test_a_full_disk_names_the_file(kind):
    path, room = Path("/dev/full"), new_room(ROOM)
    sink = PlainFile(path, room, direct=False) if kind == "plain" else CompressedFile(path, room, kind)
    room[:] = np.frombuffer(random.Random(1).randbytes(ROOM), np.uint8)

    def write_much() -> None:
        for _ in range(100):
            sink.at = ROOM
            sink.drain()

    with pytest.raises(RunError, match=r"^/dev/full: cannot be written: No space left on device"):
        write_much()
    sink.close()


@pytest.mark.parametrize("direct", [True, False])
def test_a_folder_or_a_link_in_its_place_is_told(tmp_path, direct):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path, what in ((tmp_path, "Is a directory"), (tmp_path / "link", "symbolic links")):
        with pytest.raises(RunError, match=f"^{path}: cannot be written: .*{what}"):
            open_output(path, direct)
    assert not (tmp_path / "elsewhere").exists()


def test_files_are_not_for_everybody(tmp_path):
    old = os.umask(0)
    try:
        PlainFile(tmp_path / "file", new_room(ROOM)).close()
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
