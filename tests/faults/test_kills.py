"""Runs of which a worker, the parent or all is killed: `resume` leaves what a run leaves that nothing interrupts."""

import random
import re
import signal
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.begun import Begun
from tests.command import generated, otelsim
from tests.faults.folders import READING, altered, digests

SLICES = 96
FULL = pytest.mark.slow
WORKERS = 2
DEATH = "a worker process died: what it had in hand is made again"
MOST_AGAIN = 0.15
"""Of the slices, what a resumed run may make after nine in ten were made."""


class Moment(NamedTuple):
    """When something is killed: so many slices are done, and a little later."""

    slices: int
    after_s: float

    def __str__(self) -> str:
        return f"{self.slices}+{self.after_s:.3f}s"


def moments(seed: int, count: int) -> list[Moment]:
    """Seeded moments all over a run."""
    draw = random.Random(seed)
    return [Moment(draw.randrange(1, SLICES - 8), draw.random() * 0.02) for _ in range(count)]


def some(seed: int, few: int, all_of_them: int) -> list:
    """The moments of a quick and of a full test: the first few are both's."""
    return [pytest.param(m, marks=() if i < few else FULL, id=str(m)) for i, m in enumerate(moments(seed, all_of_them))]


@pytest.fixture
def begun(tmp_path):
    run = Begun(tmp_path / "run")
    yield run
    run.clear()


def resumed(folder: Path, *words: object) -> str:
    done = otelsim("resume", folder, *words)
    assert done.returncode == 0, done.stderr
    return done.stderr


def made_again(told: str) -> int:
    """How many slices a resumed run says it has to make."""
    (found,) = re.findall(r"^\d+ of 96 slices are whole, (\d+) are to be made$", told, re.MULTILINE)
    return int(found)


@pytest.mark.parametrize("moment", some(1, 3, 50))
def test_a_killed_worker_is_made_up_for(begun, uninterrupted, moment):
    begun.wait_for_slices(moment.slices)
    time.sleep(moment.after_s)
    begun.workers[moment.slices % len(begun.workers)].kill()
    done = len(begun.journal())
    _, errors = begun.process.communicate(timeout=120)
    assert begun.process.returncode == 0, errors
    # Nobody misses a worker that dies when all is made, though not all that was made has come to the journal.
    assert errors.count(DEATH) == 1 or (done >= SLICES - WORKERS and DEATH not in errors)
    assert digests(begun.folder) == uninterrupted
    assert begun.survivors() == []
    missed = "missed" if DEATH in errors else "not missed"
    print(f"worker killed at {moment}, {done} of {SLICES} slices done, {missed}: {len(uninterrupted)} files equal")


@pytest.mark.parametrize(
    ("number", "moment"),
    [pytest.param(signal.SIGKILL, *p.values, marks=p.marks, id=f"KILL {p.id}") for p in some(2, 2, 20)]
    + [pytest.param(signal.SIGTERM, *p.values, marks=p.marks, id=f"TERM {p.id}") for p in some(3, 2, 10)],
)
def test_a_killed_run_is_resumed_to_the_same_files(begun, uninterrupted, number, moment):
    begun.wait_for_slices(moment.slices)
    time.sleep(moment.after_s)
    begun.process.send_signal(number)
    begun.process.communicate(timeout=60)
    assert begun.process.returncode == (130 if number == signal.SIGTERM else -number)
    assert begun.survivors() == []
    done = len(begun.journal())
    told = resumed(begun.folder)
    assert made_again(told) == SLICES - done
    assert READING not in told, "nobody touched the files"
    assert digests(begun.folder) == uninterrupted
    print(f"killed by {number.name} at {moment}: {SLICES - done} slices made again, {len(uninterrupted)} files equal")


def test_a_run_killed_again_and_again_gets_done(begun, uninterrupted):
    """Each time it is a resumed run that is killed, and once it is resumed by fewer processes."""
    begun.wait_for_slices(10)
    begun.process.kill()
    begun.process.communicate()
    left = []
    for target in (40, 70):
        again = Begun(begun.folder, command=("resume", str(begun.folder)))
        again.wait_for_slices(target)
        again.process.kill()
        again.process.communicate()
        assert again.survivors() == []
        left.append(SLICES - len(again.journal()))
    assert made_again(resumed(begun.folder, "--workers", 1)) == left[-1]
    assert digests(begun.folder) == uninterrupted


def test_three_deaths_end_a_run_which_can_be_resumed(begun, uninterrupted):
    for deaths in range(3):
        begun.wait_for_slices(10 * (deaths + 1))
        begun.workers[0].kill()
    _, errors = begun.process.communicate(timeout=30)
    assert begun.process.returncode == 1
    assert errors.splitlines()[-1].startswith("otelsim: a worker process died")
    assert begun.survivors() == []
    resumed(begun.folder)
    assert digests(begun.folder) == uninterrupted


def test_resuming_is_not_starting_again(begun, uninterrupted):
    begun.wait_for_slices(SLICES * 9 // 10)
    begun.process.kill()
    begun.process.communicate()
    told = resumed(begun.folder)
    assert READING not in told
    again = made_again(told)
    print(f"killed at 90 %: {again} of {SLICES} slices made again")
    assert 0 < again <= MOST_AGAIN * SLICES
    assert digests(begun.folder) == uninterrupted


def test_a_difference_is_seen(tmp_path):
    """What compares folders is not blind: a record dropped, repeated, altered."""
    run = generated(tmp_path / "run", 300, "--workers", 2)
    before = digests(run)
    for how in ("dropped", "repeated", "altered"):
        assert digests(altered(run, tmp_path / how, how)) != before
    assert digests(altered(run, tmp_path / "copied", "copied")) == before
