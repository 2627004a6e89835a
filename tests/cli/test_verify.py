"""``otelsim verify`` as a user calls it: what it refuses, and what it says where nobody answers."""

import json

import pytest

from tests.command import WEEK
from tests.doctor.conftest import closed_port


@pytest.fixture
def run(call, tmp_path):
    """The folder of a run in OTLP's notation."""
    folder = tmp_path / "run"
    words = (50, 10, *WEEK, "--sink", "otlp-file", "--workers", 1, "--output", folder, "--quiet")
    assert call("generate", *words).returncode == 0
    return folder


def test_bad_usage(refused, run, tmp_path):
    assert refused("verify", tmp_path / "none").endswith("not the folder of a finished run")
    assert refused("verify", run, "--signals", "spans").startswith("--signals: 'spans' is not one of traces, logs")
    assert refused("verify", run, "--logs-store", "localhost:9428").startswith(
        "--logs-store: the endpoint must be a URL"
    )
    assert refused("verify", run, "--certificate", "none.pem").startswith("--certificate: none.pem cannot be read")
    manifest = run / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"requests"', '"request"', 1))
    assert "is damaged" in refused("verify", run)
    manifest.write_text("{}")
    assert "is not the manifest of a run" in refused("verify", run)


def test_a_store_that_does_not_answer_is_no_whole_run(call, run):
    url = f"http://127.0.0.1:{closed_port()}"
    done = call("verify", run, "--signals", "logs", "--logs-store", url, "--sample", 5, "--json", "--quiet")
    assert done.returncode == 1
    assert done.stderr.startswith(f"otelsim: {url}: VictoriaLogs does not answer (Connection refused)")
    assert len(done.stderr.splitlines()) == 1
    assert json.loads(done.stdout)["ok"] is False
