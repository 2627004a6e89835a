"""A page of a small run, made once."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.browser import Opened
from tests.command import otelsim


class Reported(NamedTuple):
    """A run's folder, its page, and the page's numbers."""

    run: Path
    page: Path
    values: dict[str, Any]

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.run / "summary.json").read_text())


@pytest.fixture(scope="session")
def reported(small_run, tmp_path_factory):
    """The page of a week of 3,000 requests, in which everything fails."""
    page = tmp_path_factory.mktemp("report") / "page.html"
    done = otelsim("report", small_run, "--output", page, "--json", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    return Reported(small_run, page, json.loads(done.stdout))


def faults(made: Opened) -> list[str]:
    """All that a page complains of, and all that it asks for beside itself."""
    return made.errors + made.failed + made.outgoing()


def rows_of(made: Opened, table: str) -> list[list[str]]:
    """The cells of a table, also of one that is folded away."""
    rows = f"[...document.querySelectorAll('#{table} tbody tr')]"
    return made.page.evaluate(f"{rows}.map((row) => [...row.cells].map((cell) => cell.textContent))")
