"""What tests of engines share."""

import pytest

from tests.command import WEEK, generated
from tests.sinks.otlp.conftest import protocol, receiver

__all__ = ["protocol", "receiver"]
LONGER = ("60000", *WEEK, "--compress", "zstd")


@pytest.fixture(scope="session")
def longer(tmp_path_factory):
    """A run that takes a while, made on one machine."""
    return generated(tmp_path_factory.mktemp("longer") / "run", *LONGER, "--workers", "2")
