"""Receivers, and what a run makes and sends where nothing fails."""

import contextlib
import shutil
from collections.abc import Callable
from functools import cache

import pytest

from tests.begun import WHOLE
from tests.command import generated
from tests.faults.counting import Counts, counted, span_ids, totals
from tests.faults.folders import digests
from tests.faults.programs import sent
from tests.sinks.otlp.conftest import RECEIVERS


@contextlib.contextmanager
def receiving(protocol: str, **more):
    """A receiver that knows its protocol."""
    with contextlib.closing(RECEIVERS[protocol](**more)) as made:
        made.protocol = protocol
        yield made


@pytest.fixture(params=RECEIVERS)
def receiver(request):
    with receiving(request.param) as made:
        yield made


HTTP_FIRST = pytest.mark.parametrize(
    "receiver", ["http/protobuf", pytest.param("grpc", marks=pytest.mark.slow)], indirect=True
)
"""Of tests whose matter is above transports: by gRPC too at full volume's time."""


@pytest.fixture
def http():
    with receiving("http/protobuf") as made:
        yield made


@pytest.fixture
def rpc():
    with receiving("grpc") as made:
        yield made


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Callable[[int], Counts]:
    """The records of a run of so many requests, as a receiver without faults takes them."""

    @cache
    def records(requests: int) -> Counts:
        with receiving("http/protobuf") as made:
            done = sent(made, tmp_path_factory.mktemp("whole") / "run", requests, "--workers", "2")
            found = counted(made.arrivals)
            assert done.code == 0
            assert done.of("acknowledged") == totals(found)
            assert set(span_ids(made.arrivals).values()) == {1}
        return found

    return records


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory) -> dict[str, str]:
    """The files of the run that nothing happens to."""
    run = generated(tmp_path_factory.mktemp("uninterrupted") / "run", *WHOLE[:3])
    found = digests(run)
    shutil.rmtree(run)
    return found
