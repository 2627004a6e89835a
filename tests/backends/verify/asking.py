"""``otelsim verify`` asked inside the test's own process, which is quicker; and what it found."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from otelsim.cli.verify import verify
from otelsim.errors import RunError
from tests.backends.end_to_end.runs import DAY_S, MONDAY_S, Asked, day
from tests.backends.stores import Backends

DAY = day(200)
"""What most runs are; their ids tell them apart."""
DAYS = Asked("year", 300, 1_000, MONDAY_S, MONDAY_S + 3 * DAY_S)

GAUGES = {"request_duration_ms", "request_size_bytes", "response_size_bytes", "db_query_count", "cache_hit"}
HISTOGRAMS = ("http_server_request_duration_seconds", "rpc_server_call_duration_seconds")
PARTS = {f"{name}_{part}" for name in HISTOGRAMS for part in ("bucket", "count", "sum")}


def verified(backends: Backends, folder: Path, *words: object) -> tuple[Exception | None, dict[str, Any]]:
    """The error that the command ended with, and its report."""
    urls = {"metrics": backends.metrics.url, "logs": backends.logs.url, "traces": backends.spans.store.url}
    asked = [str(folder), *(f"--{name}-store={url}" for name, url in urls.items()), "--json", "--quiet"]
    done = CliRunner().invoke(verify, [*asked, *map(str, words)], standalone_mode=False)
    assert done.exception is None or isinstance(done.exception, RunError), done.exception
    report = json.loads(done.stdout)
    assert report["ok"] == (done.exception is None), (done.exception, report)
    return done.exception, report


def changes(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """(missing, doubled) by kind, of the kinds that are not whole."""
    return {t["kind"]: (t["missing"], t["doubled"]) for t in report["totals"] if t["verdict"] != "whole"}
