"""What happens in a Dask worker: the tasks of runs, and what it is asked about itself."""

import platform
import threading
from importlib import metadata
from typing import Any

import distributed

from otelsim import __version__
from otelsim.errors import InputError, RunError, one_line
from otelsim.runner.target import OTLP, Target
from otelsim.runner.worker import Doer, Tables
from otelsim.sinks.places.local import LocalPlace

_jobs: dict[str, "Job"] = {}
"""The runs it works for."""


class Job(distributed.WorkerPlugin):
    """A run as a worker knows it: its tables, and for each thread who does tasks with them."""

    def __init__(self, key: str, tables: Tables, target: Target) -> None:
        self.key, self.tables, self.target = key, tables, target
        self.versions, self.other = versions(), ""

    def setup(self, worker: Any) -> None:
        """Be found by tasks."""
        # One that joins late was not asked before: it would make other data, and nobody would know.
        self.other = other_version(worker.address, versions(), self.versions)
        self.stop, self.doers, self.here = threading.Event(), list[Doer](), threading.local()
        _jobs[self.key] = self

    def teardown(self, worker: Any) -> None:
        """The run is over."""
        self.give_up()
        _jobs.pop(self.key, None)

    def do(self, task: Any) -> Any:
        """Do a task, in one of the worker's threads; RunError where the worker is of another version."""
        if self.other:
            raise RunError(self.other)
        if not hasattr(self.here, "doer"):
            self.here.doer = self.tables.worker(self.target, self.stop)
            self.doers.append(self.here.doer)
        return self.here.doer.run(task)

    def give_up(self) -> None:
        """End what is in hand."""
        self.stop.set()
        for doer in self.doers:
            if self.target.sink == OTLP and doer.output:
                doer.output.stop()

    def waiting(self) -> list[str]:
        """Whom it waits for."""
        return [line for doer in self.doers if doer.output for line in doer.output.waiting()]


def do(key: str, task: Any) -> Any:
    """A task of a run, in a Dask worker."""
    return _jobs[key].do(task)


def give_up(key: str) -> None:
    """End what a Dask worker has in hand for a run."""
    if key in _jobs:
        _jobs[key].give_up()


def waiting(key: str) -> list[str]:
    """Whom a Dask worker waits for."""
    return _jobs[key].waiting() if key in _jobs else []


def versions() -> dict[str, str]:
    """What must be the same in client and workers, for them to understand each other and to make the same data."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"otelsim": __version__, "python": python, "distributed": metadata.version("distributed")}


def other_version(worker: str, theirs: dict[str, str], ours: dict[str, str]) -> str:
    """In which version a worker differs; empty where in none."""
    name = next((name for name in ours if theirs.get(name) != ours[name]), "")
    return f"worker {worker} has {name} {theirs.get(name)}, and this is {ours[name]}" if name else ""


def unreached(place: Any, mark: str) -> str:
    """Why it cannot write to a place; ``mark`` is a file that is in it, if it is a folder."""
    try:
        if isinstance(place, LocalPlace):
            seen = (place.path / mark).exists()
            return "" if seen else "it has no such folder: all must see it, as s3:// or a shared disk"
        place.check(writing=True)
    except (InputError, OSError) as error:
        return one_line(str(error))
    return ""
