"""A run of the program that is under way: watched, interrupted, and held to leave no process."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil

from tests.command import OTELSIM, WEEK
from tests.memory import workers_of

PATIENCE_S = 5.0
WHOLE = ("100000", "--workers", "2", *WEEK)


class Begun:
    """A run in a session of its own, and all of its processes."""

    def __init__(self, folder: Path, *words: str, command: tuple[str, ...] = ()) -> None:
        """`generate` of a whole run into ``folder`` unless another ``command`` is given."""
        self.folder = folder
        command = [*OTELSIM, *(command or ("generate", *WHOLE, "--output", str(folder))), *words]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.family: list[psutil.Process] = []
        self.workers: list[psutil.Process] = []

    def wait_for_slices(self, count: int) -> None:
        """Until that many slices are done and others are under way."""
        wait_for_slices(self.process, self.folder, count)
        self.look()

    def look(self) -> None:
        """Who belongs to the run. It stands still meanwhile: looking takes as long as a few slices."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        me = psutil.Process(self.process.pid)
        self.family, self.workers = [me, *me.children(recursive=True)], workers_of(me.pid)
        os.killpg(self.process.pid, signal.SIGCONT)

    def journal(self) -> list[dict]:
        """The slices that are done: the line that is being written at this moment is not one of them."""
        path = self.folder / "journal.jsonl"
        whole = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in whole[1:]]

    def end(self, patience_s: float = PATIENCE_S) -> tuple[int, str]:
        """Exit code and stderr, in time."""
        _, errors = self.process.communicate(timeout=patience_s)
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
        # Half a GB, which no other test needs.
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for_slices(run: subprocess.Popen, folder: Path, count: int) -> None:
    """Until a run that is under way has that many slices in its journal."""
    journal, deadline = folder / "journal.jsonl", time.monotonic() + 90
    while not journal.exists() or journal.read_bytes().count(b"\n") <= count:
        assert run.poll() is None, f"the run has ended before it was interrupted: {run.communicate()}"
        assert time.monotonic() < deadline
        time.sleep(0.002)


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
