"""A run's tasks on a Dask cluster, or on one of processes of this machine that is started for it.

The tables go to every worker once, as a plugin, also to those that join later. A worker that dies has its tasks done
again elsewhere, by Dask; what it had under way never got its name.
"""

import contextlib
import itertools
import logging
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from importlib import metadata
from typing import Any, Self

import dask
import distributed

from otelsim import __version__
from otelsim.errors import InputError, RunError, one_line
from otelsim.runner.folder import LOCK
from otelsim.runner.slicing import Interrupted
from otelsim.runner.target import OTLP, Target
from otelsim.runner.worker import Doer, Tables
from otelsim.sinks.places import Place
from otelsim.sinks.places.local import LocalPlace

CONNECTING_S = 10.0
"""How long a scheduler, and a first worker, are waited for."""
_LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado.application")
"""They tell of workers that died; what matters of it is told by the run."""
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.scheduler.active-memory-manager.start": False,
}
"""Of a cluster of our own: nobody looks at what these measure, and they take processors from those who work."""
_ASK_S = 2.0
"""How often workers are asked whom they wait for."""
_numbers = itertools.count()
_jobs: dict[str, "Job"] = {}
"""In a Dask worker: the runs it works for."""


class Job(distributed.WorkerPlugin):
    """A run as a worker knows it: its tables, and for each thread who does tasks with them."""

    def __init__(self, key: str, tables: Tables, target: Target) -> None:
        self.key, self.tables, self.target = key, tables, target

    def setup(self, worker: Any) -> None:
        """In the worker: be found by tasks."""
        self.stop, self.doers, self.here = threading.Event(), list[Doer](), threading.local()
        _jobs[self.key] = self

    def teardown(self, worker: Any) -> None:
        """In the worker: the run is over."""
        self.give_up()
        _jobs.pop(self.key, None)

    def do(self, task: Any) -> Any:
        """Do a task, in one of the worker's threads."""
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


class Cluster:
    """A Dask cluster, connected to and found to be of this version: an engine for `Work`."""

    def __init__(self, scheduler: str | None, workers: int) -> None:
        """Without a ``scheduler`` it is one of so many processes of this machine, which end with it.

        InputError where there is no such scheduler, or workers of other versions.
        """
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with contextlib.ExitStack() as held:
            self.client = (
                _connected(scheduler, held) if scheduler else held.enter_context(_client(_local(workers, held)))
            )
            self._check_versions()
            self.slots = sum(self.client.nthreads().values())
            self.held = held.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        self.held.close()

    def __call__(self, tables: Tables, target: Target, kernels: str, processes: int) -> "DaskPool":
        """Have its workers work for a run."""
        return DaskPool(self.client, tables, target, self.slots)

    def check_place(self, place: Place) -> None:
        """InputError where a worker does not reach the place that files are to go to."""
        for worker, why in self._of_all(_unreached, place).items():
            if why:
                raise InputError("--output", f"worker {worker} does not reach it: {why}")

    def _check_versions(self) -> None:
        ours = versions()
        for worker, theirs in self._of_all(versions).items():
            for name in ours:
                if theirs.get(name) != ours[name]:
                    told = f"worker {worker} has {name} {theirs.get(name)}, and this is {ours[name]}"
                    raise InputError("--scheduler", told)

    def _of_all(self, function: Any, *arguments: Any) -> dict[str, Any]:
        try:
            return dict(self.client.run(function, *arguments))
        except Exception as error:  # a worker's trouble comes as whatever it was, or as a bare Exception
            raise InputError("--scheduler", f"a worker has another otelsim, or none: {_reason(error)}") from None


def _connected(scheduler: str, held: contextlib.ExitStack) -> Any:
    try:
        client = held.enter_context(_client(scheduler))
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise InputError("--scheduler", f"{scheduler} cannot be reached: {_reason(error)}") from None
    try:
        client.wait_for_workers(1, timeout=CONNECTING_S)
    except TimeoutError:
        raise InputError("--scheduler", f"{scheduler} has no workers") from None
    return client


def _client(where: Any) -> Any:
    made: Any = distributed.Client  # it has no types
    return made(where, timeout=CONNECTING_S, set_as_default=False)


def _local(workers: int, held: contextlib.ExitStack) -> Any:
    scratch = held.enter_context(tempfile.TemporaryDirectory(prefix="otelsim-", ignore_cleanup_errors=True))
    made: Any = distributed.LocalCluster  # it has no types
    with dask.config.set(_QUIET):
        cluster = made(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # its own port may be taken
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
        )
    return held.enter_context(cluster)


class DaskPool:
    """The workers of a cluster, as one run's."""

    def __init__(self, client: Any, tables: Tables, target: Target, slots: int) -> None:
        self.client, self.target, self.slots = client, target, slots
        self.key, self.asked, self.told = f"otelsim-{client.id}-{next(_numbers)}", 0.0, set[str]()
        client.register_plugin(Job(self.key, tables, target), name=self.key)
        self.executor: Executor = client.get_executor(pure=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give up what they have in hand, and let them go."""
        self.executor.shutdown(wait=False)  # what is not done is cancelled
        with contextlib.suppress(Exception):  # the scheduler may be gone, and with it what is to be forgotten
            self.client.unregister_worker_plugin(self.key)

    def submit(self, task: Any) -> Future[Any]:
        """Have a task done."""
        with _loss_told():
            return self.executor.submit(do, self.key, task)

    def result(self, future: Future[Any]) -> Any:
        """What became of it; RunError where it was no worker's fault alone."""
        with _loss_told():
            return future.result()

    def give_up(self) -> None:
        """Tell the workers to end what they have in hand."""
        with contextlib.suppress(Exception):  # whoever is not there any more has given up
            self.client.run(give_up, self.key, on_error="ignore")

    def waiting(self) -> set[str]:
        """Whom workers wait for, and why; asked now and then."""
        if self.target.sink == OTLP and time.monotonic() - self.asked > _ASK_S:
            with contextlib.suppress(Exception):  # a worker that dies just now says nothing
                found = self.client.run(waiting, self.key, on_error="ignore").values()
                self.told = {line for lines in found if lines for line in lines}
            self.asked = time.monotonic()
        return self.told


def _unreached(place: Any) -> str:
    """In a Dask worker: why it cannot write to a place."""
    try:
        if isinstance(place, LocalPlace):
            return "" if LOCK in place.sizes() else "it has no such folder: all must see it, as s3:// or a shared disk"
        place.check(writing=True)
    except (InputError, OSError) as error:
        return one_line(str(error))
    return ""


def _reason(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__)


@contextlib.contextmanager
def _loss_told() -> Iterator[None]:
    try:
        yield
    except distributed.scheduler.KilledWorker:
        raise RunError("workers died of one task again and again: they may be out of memory") from None
    except (CancelledError, OSError) as error:
        raise RunError(f"the Dask scheduler is gone: {_reason(error)}") from None
    except Interrupted:
        raise RunError("a Dask worker gave its task up") from None
