"""A run's tasks on a Dask cluster, or on one of processes of this machine that is started for it.

The tables go to every worker once, as a plugin, also to those that join later. A worker that dies has its tasks done
again elsewhere, by Dask; what it had under way never got its name.
"""

import contextlib
import itertools
import logging
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from pathlib import Path
from typing import Any, NamedTuple, Self

import dask
import distributed

from otelsim.errors import InputError, RunError, one_line
from otelsim.runner.asking import Asked, answer
from otelsim.runner.folder import told
from otelsim.runner.forking import deaf
from otelsim.runner.in_dask import Job, do, give_up, other_version, unreached, versions, waiting
from otelsim.runner.slicing import Interrupted
from otelsim.runner.target import OTLP, Target
from otelsim.runner.worker import Tables
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
"""How often workers are counted, and asked whom they wait for."""
SILENT_S = 10.0
"""How long a cluster may be busy with something else before it is told that it is waited for."""
ANSWERING_S = 30.0
"""How long workers may take to say who they are."""
LEAVING_S = 5.0
"""How long a cluster may take to be told that all is over."""
_numbers = itertools.count()


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
            self.slots = _threads(self.client)
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
        with _marked(_everywhere(place)) as marked:
            for worker, why in self._of_all(unreached, *marked).items():
                if why:
                    raise InputError("--output", f"worker {worker} does not reach it: {why}")

    def _check_versions(self) -> None:
        for worker, theirs in self._of_all(versions).items():
            if other := other_version(worker, theirs, versions()):
                raise InputError("--scheduler", other)

    def _of_all(self, function: Any, *arguments: Any) -> dict[str, Any]:
        try:
            return answer(lambda: dict(self.client.run(function, *arguments)), ANSWERING_S)
        except TimeoutError:
            raise InputError("--scheduler", f"a worker does not answer for {ANSWERING_S:.0f} s") from None
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
    # A terminal tells ^C, and that it is closed, to all of its processes: workers leave that to their parent.
    with deaf({signal.SIGINT, signal.SIGHUP}):
        loop = held.enter_context(_loop())
    with dask.config.set(_QUIET):
        cluster = made(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            # It cannot be left out, and without a port it would be one for all, which warns where that is taken.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False, "local_directory": scratch},
            local_directory=scratch,
            silence_logs=logging.CRITICAL,
            loop=loop,
        )
    return held.enter_context(cluster)


@contextlib.contextmanager
def _loop() -> Iterator[Any]:
    """A thread that looks after connections, and starts whatever processes there are."""
    runner: Any = distributed.utils.LoopRunner()
    runner.start()
    try:
        yield runner.loop
    finally:
        runner.stop()


class Heard(NamedTuple):
    """What a cluster said of itself last."""

    slots: int
    """The threads of all workers, also of those that have joined."""
    waiting: frozenset[str] = frozenset()
    """Whom workers wait for, and why."""


class DaskPool:
    """The workers of a cluster, as one run's."""

    def __init__(self, client: Any, tables: Tables, target: Target, slots: int) -> None:
        self.client, self.target = client, target
        self.key = f"otelsim-{client.id}-{next(_numbers)}"
        with _loss_told():
            client.register_plugin(Job(self.key, tables, _target_everywhere(target)), name=self.key)
        self.executor: Executor = client.get_executor(pure=False)
        self.asked = Asked(self._ask, _ASK_S, Heard(slots))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the workers to give up what they have in hand, and let them go."""
        self.asked.close()
        self.executor.shutdown(wait=False)  # what is not done is cancelled
        with contextlib.suppress(Exception):  # the scheduler may be gone, and with it what is to be forgotten
            answer(lambda: self.client.unregister_worker_plugin(self.key), LEAVING_S)

    @property
    def slots(self) -> int:
        """How many tasks can be done at a time, as it was when that was last asked."""
        return self.asked.newest.slots

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
            answer(lambda: self.client.run(give_up, self.key, on_error="ignore"), LEAVING_S)

    def waiting(self) -> set[str]:
        """Whom workers wait for, and why, and the cluster where it is silent itself."""
        silent = self.asked.silent_s() > SILENT_S
        return {*self.asked.newest.waiting, *(["waiting for the Dask cluster: it does not answer"] if silent else [])}

    def _ask(self) -> Heard:
        slots = max(1, _threads(self.client))
        if self.target.sink != OTLP:
            return Heard(slots)
        found = self.client.run(waiting, self.key, on_error="ignore").values()
        return Heard(slots, frozenset(line for lines in found if lines for line in lines))


def _threads(client: Any) -> int:
    """Those of all workers."""
    return sum(client.nthreads().values())


def _everywhere(place: Place) -> Place:
    """A place as workers name it too, whose current folder is another one."""
    return LocalPlace(place.path.absolute(), place.name) if isinstance(place, LocalPlace) else place


def _target_everywhere(target: Target) -> Target:
    directory, groups = target.directory and target.directory.absolute(), target.groups
    return target._replace(directory=directory, groups=groups and groups._replace(place=_everywhere(groups.place)))


@contextlib.contextmanager
def _marked(place: Place) -> Iterator[tuple[Place, str]]:
    """A place, and the name of a file in it, if it is a folder: another host may have a folder of the same name."""
    if not isinstance(place, LocalPlace):
        yield place, ""
        return
    with told(place.path), tempfile.NamedTemporaryFile(prefix=".otelsim-seen-", dir=place.path) as mark:
        yield place, Path(mark.name).name


def _reason(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__)


@contextlib.contextmanager
def _loss_told() -> Iterator[None]:
    try:
        yield
    except distributed.scheduler.KilledWorker:
        raise RunError("workers died of one task again and again: they may be out of memory") from None
    except CancelledError:
        raise RunError("the Dask scheduler is gone") from None
    except OSError as error:
        raise RunError(f"the Dask scheduler is gone: {_reason(error)}") from None
    except Interrupted:
        raise RunError("a Dask worker gave its task up") from None
