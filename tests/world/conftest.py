"""A copy of each bundled world to spoil."""

import shutil
from pathlib import Path

import pytest

from otelsim.world.finding import find_world


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_world("multi_cloud"), tmp_path / "small"))
