"""A run's numbers, from its folder."""

from collections.abc import Callable
from typing import Any

from otelsim.report.comparing import Difference, differences
from otelsim.report.content import content
from otelsim.report.remaking import remade
from otelsim.report.traces import traces
from otelsim.runner.finished import Finished


def made(run: Finished, workers: int, told: Callable[[int, int], None]) -> tuple[dict[str, Any], list[Difference]]:
    """The values of the page (see `content.content`), and what the run's own files say else."""
    again = remade(run.prepared, workers, told)
    found = differences(run, again.totals)
    examples = traces(run.prepared, again.lookup, again.examples)
    return content(run, again, examples, found), found
