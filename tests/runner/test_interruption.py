"""A run that is interrupted ends at once, leaves whole lines and no process."""

import json
import os
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import psutil
import pytest
import xxhash

from otelsim.errors import InputError
from otelsim.runner.folder import LOCK, Folder
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.preparing import prepare
from otelsim.runner.slicing import Simulator
from otelsim.scenario import from_manifest
from tests.command import OTELSIM, WEEK
from tests.simulated import world_of

PATIENCE_S = 5.0
WHOLE = ("600000", "--workers", "2", *WEEK)


class Begun:
    """A run in a session of its own, and all of its processes."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [*OTELSIM, "generate", *WHOLE, "--output", str(folder), *words]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.family: list[psutil.Process] = []

    def wait_for_slices(self, count: int) -> None:
        """Until that many slices are done and others are under way."""
        deadline = time.monotonic() + 90
        while len(self.journal()) < count:
            assert self.process.poll() is None, "the run has ended before it was interrupted"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.look()

    def look(self) -> None:
        me = psutil.Process(self.process.pid)
        self.family = [me, *me.children(recursive=True)]

    def journal(self) -> list[dict]:
        """The slices that are done."""
        path = self.folder / "journal.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()[1:]] if path.exists() else []

    def end(self) -> tuple[int, str]:
        """Exit code and stderr, in time."""
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        # click ends the line of the terminal in which ^C stands.
        return self.process.returncode, errors.removeprefix("\n")

    def survivors(self) -> list[str]:
        """Processes of the run that still live when patience is at its end."""
        deadline = time.monotonic() + PATIENCE_S
        while (alive := self._alive()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return alive

    def _alive(self) -> list[str]:
        known = {p.pid for p in self.family if p.is_running()}
        grouped = {p.pid for p in psutil.process_iter() if _session(p.pid) == self.process.pid}
        return [f"{pid}" for pid in known | grouped if _lives(pid)]

    def clear(self) -> None:
        """Leave nothing behind, whatever the test has found."""
        for pid in map(int, self._alive()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def interrupted(end: tuple[int, str]) -> bool:
    """Exit code 130, and one line that says so."""
    code, told = end
    return code == 130 and told.startswith("otelsim: interrupted") and told.count("\n") == 1


@pytest.fixture
def begun(tmp_path):
    run = Begun(tmp_path / "run", "--quiet")
    yield run
    run.clear()


def whole_prefix(folder: Path, slices: list[dict]) -> None:
    """The files left are those slices, one behind the other, as an uninterrupted run would have made them."""
    head = json.loads((folder / "journal.jsonl").read_text().splitlines()[0])
    simulator = Simulator(prepare(from_manifest(head["scenario"]), world_of(head["scenario"]["world"])))
    sizes: dict[str, int] = defaultdict(int)
    for entry in slices:
        (result,) = make_slices(simulator, [entry["slice"]], null_sinks())
        for name in ("logs", "metrics"):
            file, extent = f"{name}_{entry['lane']}.jsonl.part", entry[name]
            assert extent["offset"] == sizes[file]
            with (folder / file).open("rb") as stream:
                stream.seek(extent["offset"])
                data = stream.read(extent["bytes"])
            assert xxhash.xxh3_128(data).hexdigest() == result.extents[name].digest
            assert data.endswith(b"\n")
            sizes[file] += extent["bytes"]
    assert {p.name: p.stat().st_size for p in folder.glob("*.part")} == dict(sizes)


@pytest.mark.parametrize(
    ("number", "everybody"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "SIGTERM to all"],
)
def test_an_interrupted_run_leaves_whole_lines_and_no_process(begun, number, everybody):
    begun.wait_for_slices(3)
    (os.killpg if everybody else os.kill)(begun.process.pid, number)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    names = {p.name for p in begun.folder.iterdir()} - {".otelsim.lock", "journal.jsonl"}
    assert names == {f"{s}_{lane}.jsonl.part" for s in ("logs", "metrics") for lane in (0, 1)}
    whole_prefix(begun.folder, begun.journal())


def test_an_impatient_user_leaves_no_process_either(begun):
    begun.wait_for_slices(2)
    for _ in range(4):
        os.killpg(begun.process.pid, signal.SIGINT)
        time.sleep(0.03)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()


def test_a_run_can_be_interrupted_before_its_first_slice(begun):
    deadline = time.monotonic() + 60
    while not (begun.folder / "journal.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    begun.look()
    os.killpg(begun.process.pid, signal.SIGINT)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()


def test_no_process_outlives_a_killed_run_and_its_folder_can_be_used_again(begun):
    begun.wait_for_slices(2)
    begun.process.kill()
    begun.process.wait()
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()
    with pytest.raises(InputError, match="holds another run"):
        Folder(begun.folder, overwrite=False)
    Folder(begun.folder, overwrite=True).close()
    assert [p.name for p in begun.folder.iterdir()] == [LOCK]


def test_a_killed_worker_is_told_in_one_line(begun):
    begun.wait_for_slices(2)
    workers = [p for p in begun.family[1:] if len(p.open_files()) >= 2]
    assert workers
    workers[0].kill()
    code, errors = begun.end()
    assert code == 1
    assert errors.startswith("otelsim: a worker process died")
    assert len(errors.splitlines()) == 1
    assert begun.survivors() == []
