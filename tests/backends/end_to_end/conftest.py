"""Fresh stores behind the real Collector, with a receiver that tells runs' spans apart."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.backends import stores
from tests.backends.building import Programs
from tests.backends.end_to_end.spans import SpansOfRuns
from tests.backends.stores import COLLECTOR_CONFIG, Backends

Starter = Callable[[Path], AbstractContextManager[Backends]]


@pytest.fixture(scope="session")
def fresh(programs: Programs) -> Starter:
    """``with fresh(directory) as backends``: a Collector and empty stores, as often as they are needed."""

    @contextmanager
    def start(directory: Path) -> Iterator[Backends]:
        with ExitStack() as stack:
            stack.callback(_remove_data, directory)
            metrics = stack.enter_context(stores.victoria_metrics(programs, directory))
            logs = stack.enter_context(stores.victoria_logs(programs, directory))
            spans = stack.enter_context(SpansOfRuns())
            urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
            front = stack.enter_context(stores.collector(programs, directory, urls, COLLECTOR_CONFIG))
            yield Backends(front, metrics, logs, spans)

    return start


def _remove_data(directory: Path) -> None:
    """Full volumes are many gigabytes, which pytest would keep for three sessions. The programs' logs stay."""
    for data in (directory / name for name in ("victoria-metrics", "victoria-logs", "queue")):
        shutil.rmtree(data, ignore_errors=True)
