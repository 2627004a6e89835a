"""The Collector stops reading for a while: the workers wait within their memory, then all of it arrives."""

import json
import os
import signal
import subprocess

import pytest

from tests.begun import wait_for_slices
from tests.command import OTELSIM, WEEK
from tests.memory import watched

pytestmark = pytest.mark.backends
MOST_MIB = 250


@pytest.mark.parametrize(
    ("requests", "stopped_s", "protocol"),
    [
        (30_000, 13, "http/protobuf"),
        pytest.param(300_000, 60, "http/protobuf", marks=pytest.mark.slow),
        pytest.param(300_000, 60, "grpc", marks=pytest.mark.slow),
    ],
)
def test_a_stopped_collector_is_waited_for_within_bounded_memory(
    fresh_backends, tmp_path, requests, stopped_s, protocol
):
    with fresh_backends("stalled") as backends:
        url = f"http://{backends.collector.grpc_endpoint}" if protocol == "grpc" else backends.collector.url
        words = ("--sink", "otlp", "--endpoint", url, "--protocol", protocol, "--signals", "traces,logs")
        more = ("--workers", "2", "--json", "--output", str(tmp_path / "run"))
        command = [*OTELSIM, "generate", str(requests), *WEEK, *words, *more]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        collector = backends.collector.pid()
        wait_for_slices(run, tmp_path / "run", 4)
        os.kill(collector, signal.SIGSTOP)
        try:
            most = watched(run, stopped_s)
            assert run.poll() is None, "the run ended though nobody took anything"
        finally:
            os.kill(collector, signal.SIGCONT)
        most = max(most, watched(run, 500))
        out, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors
        summary = json.loads(out)
        backends.collector.drain()
        print(f"most of a worker: {most:.0f} MiB; {summary['account']}")
        assert 50 < most < MOST_MIB
        assert "waiting for" in errors
        assert backends.spans.count == len(backends.spans.ids) == summary["counts"]["spans"]
        assert backends.logs.count() == summary["counts"]["logs"]
        assert [tally["resent"] for tally in summary["account"].values()] == [0, 0]
        assert backends.collector.failures() == {}
