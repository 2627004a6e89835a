"""What tests of several packages share."""

import subprocess
import sys

import pytest
from hypothesis import settings

# A kernel is compiled at its first call, and machines are busy: time says nothing here.
settings.register_profile("otelsim", deadline=None)
settings.load_profile("otelsim")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A week of 3,000 requests with every component failing, made once."""
    directory = tmp_path_factory.mktemp("small") / "run"
    when = ["--start", "2025-03-03", "--end", "2025-03-10", "--scenario", "incidents", "--workers", "2"]
    command = [sys.executable, "-m", "otelsim", "generate", "3000", "200", *when, "--output", str(directory), "--quiet"]
    subprocess.run(command, check=True)
    return directory
