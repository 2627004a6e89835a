"""The check of a run whose world is none that is shipped."""

import shutil

from otelsim.world.finding import find_world
from tests.command import generated, otelsim, told


def test_a_run_of_a_world_of_ones_own_is_checked_wherever_that_lies(tmp_path):
    mine, moved = tmp_path / "mine", tmp_path / "moved"
    shutil.copytree(find_world("multi_cloud"), mine)
    run = generated(tmp_path / "run", 300, "--world", mine)
    assert otelsim("check", run, "--quiet").returncode == 0
    mine.rename(moved)
    assert told(otelsim("check", run, "--quiet"), 2).startswith("--world: ")
    assert otelsim("check", run, "--quiet", "--world", moved).returncode == 0
