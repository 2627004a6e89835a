"""The two runs that all statistics are taken from."""

import pytest

from .runs import Run, generate


@pytest.fixture(scope="session")
def incident_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return generate(tmp_path_factory.mktemp("incidents"), "incidents")


@pytest.fixture(scope="session")
def year_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return generate(tmp_path_factory.mktemp("year"), "year", 300_000, 1_000)
