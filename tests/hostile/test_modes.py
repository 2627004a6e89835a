"""Under a umask that forbids nothing, what a run makes is for its user and group only, and for nobody else to write."""

import contextlib
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.command import OTELSIM, WEEK, otelsim
from tests.hostile.conftest import SINKS, to_sink
from tests.hostile.judging import below

FILE, FOLDER = 0o640, 0o750


def too_open(folder: Path) -> list[str]:
    """What below a folder, and itself, may be used by more than it should."""
    found = []
    for path in (folder, *below(folder)):
        with contextlib.suppress(FileNotFoundError):  # it may be a running command's
            mode = path.lstat().st_mode
            if stat.S_IMODE(mode) & ~(FOLDER if stat.S_ISDIR(mode) else FILE):
                found.append(f"{path}: {stat.S_IMODE(mode):o}")
    return found


@pytest.mark.parametrize("kind", SINKS)
def test_no_file_of_a_run_is_for_others(open_run, kind):
    made = open_run(kind)
    files = [p for p in made.output.iterdir() if p.is_file()]
    assert too_open(made.place / "deep") == []
    assert list(made.temporary.iterdir()) == []
    print(f"{kind}: {len(files)} files of mode 640 at most under umask 000")
    assert len(files) >= 5


@pytest.mark.parametrize("kind", ["lines", "OTLP"])
def test_nor_is_what_stands_there_while_it_runs_and_after_a_kill(tmp_path, http_url, kind):
    (tmp_path / "tmp").mkdir(mode=0o700)
    words = ("generate", "3000000", *WEEK, "--workers", "2", *to_sink(kind, http_url), "--output", tmp_path / "run")
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    run = subprocess.Popen([*OTELSIM, *map(str, words)], stderr=subprocess.DEVNULL, env=env, umask=0)
    try:
        deadline = time.monotonic() + 60
        while not journalled(tmp_path / "run") and time.monotonic() < deadline:
            time.sleep(0.05)
        looked = [p for p in below(tmp_path) if p.is_file()]
        assert too_open(tmp_path / "run") == too_open(tmp_path / "tmp") == []
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert too_open(tmp_path / "run") == too_open(tmp_path / "tmp") == []
    print(f"{kind}: {len(looked)} files in the middle of a run: {sorted(p.name for p in looked)}")
    assert {"tables", "journal.jsonl"} <= {p.name for p in looked}


def journalled(folder: Path) -> bool:
    """Whether a slice is in the journal."""
    journal = folder / "journal.jsonl"
    return journal.exists() and journal.read_bytes().count(b"\n") >= 2


def test_the_folder_of_compiled_kernels_is_nobody_elses(tmp_path):
    """Others must not put code there, nor put another folder in its place."""
    done = otelsim("plan", "--world", "nowhere", env={"HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}, umask=0)
    assert done.returncode == 2
    assert too_open(tmp_path / ".cache") == []
    assert (tmp_path / ".cache" / "otelsim").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_nor_are_the_kernels(tmp_path):
    done = otelsim("plan", "10", *WEEK, env={"HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}, umask=0, timeout=600)
    assert done.returncode == 0, done.stderr
    assert too_open(tmp_path / ".cache") == []
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    print(f"{len(files)} files of compiled kernels of mode 640 at most")
    assert len(files) > 10


@pytest.mark.parametrize(("mode", "kind"), [(0o644, "file"), (0o660, "file"), (0o755, "folder"), (0o777, "folder")])
def test_what_is_too_open_is_seen(tmp_path, mode, kind):
    tmp_path.chmod(0o700)
    made = tmp_path / "made"
    made.mkdir() if kind == "folder" else made.touch()
    made.chmod(mode)
    assert too_open(tmp_path) == [f"{made}: {mode:o}"]
    made.chmod(FOLDER if kind == "folder" else FILE)
    assert too_open(tmp_path) == []
