"""What tests of several packages share."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

# A kernel is compiled at its first call, and machines are busy: time says nothing here.
settings.register_profile("otelsim", deadline=None)
settings.load_profile("otelsim")


def pytest_xdist_make_scheduler(config, log):
    """Tests that share what is dear to make have one process."""
    from tests.scheduling import Together

    return Together(config, log)


UNTRACED = {"backends", "faults", "hostile"}
"""Tests whose runs are not traced for coverage, which would make them twice as long: others go the same ways.

So are single tests that are marked as untraced."""
_TRACING: dict[str, str] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Have the processes that a test starts traced, or not, before its first fixture starts one."""
    traced = not UNTRACED & set(item.path.parts) and item.get_closest_marker("untraced") is None
    _TRACING.update({name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")})
    for name, value in _TRACING.items():
        if traced:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A week of 3,000 requests with every component failing, made once."""
    directory = tmp_path_factory.mktemp("small") / "run"
    when = ["--start", "2025-03-03", "--end", "2025-03-10", "--scenario", "incidents", "--workers", "2"]
    command = [sys.executable, "-m", "otelsim", "generate", "3000", "200", *when, "--output", str(directory), "--quiet"]
    subprocess.run(command, check=True)
    return directory


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """A real S3 server; where it cannot be built because Go is missing, what needs it is skipped."""
    from tests.backends import buckets, building

    with buckets.running(building.gateway_or_skip(), tmp_path_factory.mktemp("gateway")) as server:
        yield server


@pytest.fixture
def bucket(gateway):
    """A bucket of the test's own."""
    return gateway.bucket()
