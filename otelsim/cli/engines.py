"""Options that say who makes a run: this machine's processes, or a Dask cluster."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from otelsim.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])
MOST_WORKERS = 48
LOCAL, DASK = "local", "dask"


def engine_options(command: F) -> F:
    """The options that `engine_of` takes, but for ``--workers``."""
    command = click.option("--scheduler", metavar="URL", help="A Dask cluster's.  [one of processes is started]")(
        command
    )
    return click.option(
        "--engine", type=click.Choice([LOCAL, DASK]), help="Who makes it: processes, or a Dask cluster.  [local]"
    )(command)


@contextmanager
def engine_of(engine: str | None, scheduler: str | None, workers: int | None) -> Iterator[tuple[Any, int]]:
    """Who makes a run (`runner.pool.Engine`; None: whoever does anyway), and how many they are."""
    count = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    if engine != DASK:
        if scheduler is not None:
            raise InputError("--scheduler", "goes with --engine dask")
        yield None, count
        return
    if scheduler is not None and not scheduler.strip():
        raise InputError("--scheduler", "is no address: tcp://host:8786")
    try:
        from otelsim.runner.on_dask import Cluster
    except ModuleNotFoundError as error:
        raise InputError("--engine", f"dask needs `pip install otelsim[dask]` ({error.name} is missing)") from None
    with Cluster(scheduler, count) as cluster:
        yield cluster, workers or cluster.slots
