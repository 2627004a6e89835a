"""A disk that is full, and a device that fails: a clear error, nothing half published, and on once there is room."""

import errno
import os
import random
import subprocess
from pathlib import Path

import pytest

from otelsim.errors import RunError
from otelsim.runner.folder import Folder
from otelsim.runner.leaving import LEFT
from otelsim.runner.running import Run
from otelsim.runner.target import Target
from tests.command import WEEK, generated, otelsim, told
from tests.faults.folders import digests
from tests.simulated import prepared

REQUESTS = "20000"
WORDS = (REQUESTS, "--workers", "2")
MIB = 2**20
FEW = 3


def can_mount(folder: Path) -> bool:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        return False
    subprocess.run(["umount", folder], check=True)
    return True


class Disk:
    """A small file system in memory, whose size can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)

    def resize(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size // 4096 * 4096}", self.folder], check=True)

    def close(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    if os.getuid() or not can_mount(tmp_path):
        pytest.skip("only who may mount can have a disk of its own")
    made = Disk(tmp_path / "disk")
    yield made
    made.close()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    return generated(tmp_path_factory.mktemp("uninterrupted") / "run", *WORDS)


def size_of(folder: Path) -> int:
    """Bytes of all files, rounded up to pages as the file system does."""
    return sum(-(-p.stat().st_size // 4096) * 4096 for p in folder.iterdir())


def shares(count: int) -> list[float]:
    """Seeded shares of a run that there is room for, the first and the last page among them."""
    draw = random.Random(7)
    return [0.002, 0.9995, *(draw.random() for _ in range(count - 2))]


@pytest.mark.parametrize(
    "share", [pytest.param(s, marks=() if i < FEW else pytest.mark.slow) for i, s in enumerate(shares(20))]
)
def test_a_full_disk_is_told_and_room_is_all_that_resuming_needs(disk, uninterrupted, share):
    disk.resize(max(64 << 10, int(size_of(uninterrupted) * share)))
    run = disk.folder / "run"
    line = told(otelsim("generate", *WORDS, *WEEK, "--output", run, "--quiet"), 1)
    assert line.endswith(": cannot be written: No space left on device")
    assert line.startswith(str(run))
    left = digests(run) if (run / "journal.jsonl").exists() else {}
    whole = digests(uninterrupted)
    published = [name for name in left if not name.endswith(".part") and name != LEFT]
    assert {name: left[name] for name in published} == {name: whole[name] for name in published}
    assert not (run / "manifest.json").exists()
    assert share < 0.999 or published, "there was room for all but the last files"
    disk.resize(size_of(uninterrupted) * 2 + MIB)
    done = otelsim("resume", run, "--quiet") if left else otelsim("generate", *WORDS, *WEEK, "--output", run, "--quiet")
    assert done.returncode == 0, done.stderr
    assert digests(run) == whole
    print(f"full at {share:.2%}: {len(published)} published files valid, {len(whole)} files equal after resuming")


def failing_fsync(nth: int):
    """An fsync of which the ``nth`` fails."""
    real, calls = os.fsync, iter(range(1, 10_000))

    def fsync(file: int) -> None:
        if next(calls) == nth:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(file)

    return fsync


@pytest.mark.parametrize("nth", [1, 2, 3, *(pytest.param(n, marks=pytest.mark.slow) for n in (6, 9, 12, 15)), 16])
def test_a_failing_fsync_is_told_and_nothing_is_taken_for_published(tmp_path, monkeypatch, nth):
    """Two a file: of what is in it, and of the folder with its name; the journal's come first, the manifest's last."""
    small = prepared("incidents", total_events=600, duration_s=1_500)
    folder = Folder(tmp_path / "run", overwrite=False)
    monkeypatch.setattr(os, "fsync", failing_fsync(nth))
    try:
        with pytest.raises(RunError, match=r": cannot be written: Input/output error$") as error:
            Run(small, Target(folder.path), 2, lambda _: None).generate(folder)
    finally:
        folder.close()
    monkeypatch.undo()
    assert str(error.value).startswith(str(tmp_path / "run"))
    if nth == 1:
        assert otelsim("resume", tmp_path / "run").returncode == 2
        return
    assert otelsim("resume", tmp_path / "run", "--quiet").returncode == 0
    assert otelsim("check", tmp_path / "run", "--integrity", "--quiet").returncode == 0
