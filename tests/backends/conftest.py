"""Real back ends: built once, started once a session, or fresh for a test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.backends import building, stores
from tests.backends.building import Programs
from tests.backends.stores import Backends


@pytest.fixture(scope="session")
def programs() -> Programs:
    """The built programs; where they cannot be built because Go is missing, what needs them is skipped."""
    return building.programs_or_skip()


@pytest.fixture(scope="session")
def backends(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """A Collector and stores shared by the session's tests, which tell their data apart by its labels."""
    with stores.running(programs, tmp_path_factory.mktemp("backends")) as started:
        yield started


@pytest.fixture
def fresh_backends(programs: Programs, tmp_path: Path) -> Callable[[str], AbstractContextManager[Backends]]:
    """A Collector and empty stores: ``with fresh_backends("name") as backends``, as often as a test needs them."""

    def start(name: str) -> AbstractContextManager[Backends]:
        directory = tmp_path / name
        directory.mkdir()
        return stores.running(programs, directory)

    return start
