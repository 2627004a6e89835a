"""Stores that many runs share, and a run in them that is whole."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.backends import stores
from tests.backends.building import Programs
from tests.backends.end_to_end.runs import Run, send
from tests.backends.stores import COLLECTOR_CONFIG, Backends
from tests.backends.verify.asking import DAY
from tests.backends.verify.trace_store import TraceStore


@contextmanager
def stores_of(programs: Programs, directory: Path) -> Iterator[Backends]:
    """A Collector with fresh stores behind it; the traces' stand-in is a second VictoriaLogs."""
    (directory / "traces").mkdir()
    with ExitStack() as stack:
        metrics = stack.enter_context(stores.victoria_metrics(programs, directory))
        logs = stack.enter_context(stores.victoria_logs(programs, directory))
        traces = stack.enter_context(stores.victoria_logs(programs, directory / "traces"))
        spans = stack.enter_context(TraceStore(traces))
        urls = {"VICTORIAMETRICS_URL": metrics.url, "VICTORIALOGS_URL": logs.url, "VICTORIATRACES_URL": spans.url}
        front = stack.enter_context(stores.collector(programs, directory, urls, COLLECTOR_CONFIG))
        yield Backends(front, metrics, logs, spans)


@pytest.fixture(scope="session")
def shared(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """Stores for runs that are told apart by their ids."""
    with stores_of(programs, tmp_path_factory.mktemp("verify")) as started:
        yield started


@pytest.fixture(scope="session")
def whole(shared: Backends, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that arrived as it was sent."""
    run = send(DAY, tmp_path_factory.mktemp("whole") / "run", shared.collector.url, "--run-id", "whole")
    shared.collector.drain(60)
    return run
