"""``otelsim verify`` of full volumes in fresh stores that have their default limits."""

import json
import os
import subprocess
import time
from dataclasses import replace

import pytest

from tests.backends.end_to_end.runs import send, week, year
from tests.backends.verify.conftest import stores_of
from tests.command import OTELSIM

pytestmark = [pytest.mark.backends, pytest.mark.slow]
RUNS = {"incidents": week(1_000_000), "year": year(100_000)}
MOST_S, MOST_MIB = 600, 700


def measured(folder, backends):
    """The report of the command, its seconds, and the most memory that it had in MiB."""
    urls = ("--metrics-store", backends.metrics.url, "--logs-store", backends.logs.url)
    command = [*OTELSIM, "verify", str(folder), *urls, "--json", "--quiet"]
    began = time.monotonic()
    with (folder / "report.json").open("w") as report:
        process = subprocess.Popen(command, stdout=report)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    return json.loads((folder / "report.json").read_text()), seconds, usage.ru_maxrss / 1_024


@pytest.mark.parametrize("name", RUNS)
def test_a_full_volume_is_whole(programs, tmp_path, name):
    with stores_of(programs, tmp_path) as fresh:
        # The traces' stand-in is too slow for so many spans.
        run = send(replace(RUNS[name], seed=7), tmp_path / "run", fresh.collector.url, "--signals", "logs,metrics")
        fresh.collector.drain(3_600)
        report, seconds, mib = measured(run.folder, fresh)
        slow = [line for line in fresh.metrics.log.read_text().splitlines() if "slow query" in line]
    held = sum(total["held"] for total in report["totals"])
    print(f"{name}: {held:,} samples and records verified in {seconds:.0f} s, {mib:.0f} MiB, {len(slow)} slow queries")
    assert report["ok"], report["findings"]
    assert report["totals"][0]["held"] == run.manifest["counts"]["logs"]
    assert seconds < MOST_S
    assert mib < MOST_MIB
