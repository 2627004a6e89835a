"""The check of a run: its slices side by side in processes, then the laws of the whole."""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from otelsim.check import ids, laws_coverage, laws_run
from otelsim.check.files import RunFiles, open_run
from otelsim.check.laws import RUN
from otelsim.check.report import LawResult, Report, in_order, merge
from otelsim.check.tally import RunTally, Tally
from otelsim.errors import InputError
from otelsim.runner.finished import world_of
from otelsim.scenario import Scenario, from_manifest
from otelsim.world.model import World

if TYPE_CHECKING:
    from otelsim.check.slices import SliceChecker, SliceResult

LAW_MODULES = (laws_run, laws_coverage)
"""Loading a module of laws registers them."""
Progress = Callable[[int, int], None]

_checker: "SliceChecker | None" = None
"""In a worker: what its slices share."""


def run_check(directory: Path, workers: int, progress: Progress, world_path: str | None = None) -> Report:
    """Try all laws on the run in ``directory``, by ``workers`` processes; ``progress(done, all)`` after each slice.

    ``world_path`` is where its world is, if it is no longer where the run found it. InputError if ``directory`` is no
    run, or there is no such world.
    """
    run = open_run(directory)
    scenario = scenario_of(run)
    world = world_of(directory, world_path, scenario.world)
    with tempfile.TemporaryDirectory(prefix="otelsim-check-") as folder:
        laws, tally = _try_slices(run, (world, Path(folder)), workers, progress)
        whole = RunTally(run, scenario, world, tally, partial(ids.duplicates, Path(folder)))
        return Report(in_order(laws + RUN.results(whole)))


def scenario_of(run: RunFiles) -> Scenario:
    """The scenario that the manifest resolved."""
    try:
        return from_manifest(run.scenario)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(run.directory / "manifest.json"), f"scenario: {error!r}") from error


def _try_slices(
    run: RunFiles, shared: tuple[World, Path], workers: int, progress: Progress
) -> tuple[list[LawResult], Tally]:
    count = len(run.slices)
    tally, laws = Tally(), list[LawResult]()
    with _pool(max(1, min(workers, count)), run.directory, shared) as pool:
        for done, result in enumerate(pool.map(_check, range(count)), 1):
            tally.add(result.tally)
            laws = merge([laws, result.laws])
            progress(done, count)
    return laws, tally


def _pool(workers: int, directory: Path, shared: tuple[World, Path]) -> ProcessPoolExecutor:
    context = get_context("forkserver")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(directory, *shared))


def _start(directory: Path, world: World, folder: Path) -> None:
    # One thread each: the slices run side by side already. polars reads this once, when it is loaded.
    os.environ["POLARS_MAX_THREADS"] = "1"
    from otelsim.check import slices

    global _checker
    run = open_run(directory)
    _checker = slices.checker(run, scenario_of(run), world, folder)


def _check(number: int) -> "SliceResult":
    assert _checker is not None, "a worker starts with _start"
    return _checker.check(number)
