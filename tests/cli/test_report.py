"""``otelsim report`` as a user calls it: what it makes, what it refuses, and what it says of other totals."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from otelsim import report
from otelsim.report.page import LIBRARY, SCRIPTS
from otelsim.runner.folder import SUMMARY
from otelsim.runner.sealing import sealed
from otelsim.world.finding import find_world
from tests.command import WEEK, told


@pytest.fixture
def run(small_run, tmp_path):
    """The small files of a run, without its records: those are not read."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("manifest.json", "summary.json", "incidents.jsonl", "journal.jsonl"):
        shutil.copy(small_run / name, folder)
    return folder


def edited(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def altered(run, change):
    """Alter a manifest, and have it look as if it had been written so."""
    path = run / "manifest.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(sealed(values)))


def test_the_page_lies_in_the_run_or_goes_to_stdout(call, run):
    done = call("report", run)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("3,000 requests on a page of ")
    page = (run / "report.html").read_text()
    assert "<title>3,000 requests to a simulated social network, 3 Mar 2025 to 9 Mar 2025</title>" in page
    before = sorted(run.iterdir())
    assert call("report", run, "--output", "-").stdout == page
    assert sorted(run.iterdir()) == before


def test_other_totals_are_told_and_shown(call, run):
    def change(values):
        values["levels"]["WARN"] += 1
        values["personas"]["lurker_1"] = None
        values["error_sources"]["self"] = "many"
        values["incidents"][0]["cascades"] += 5
        values["content_digest"]["logs"] = "0"

    edited(run / SUMMARY, change)
    done = call("report", run, "--json", "--quiet")
    assert done.returncode == 1
    lines = [line.removeprefix(f"otelsim: {run}: ") for line in done.stderr.splitlines()]
    starts = ("summary.json: is not as it", "summary.json, personas, lurker_1: None, and made again:",
              "summary.json, levels, WARN: ", "summary.json, error_sources, self: many, and made again: ",
              "summary.json, incidents, aurora_primary of 2025-03-03", "summary.json, content_digest: ")  # fmt: skip
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)
    assert len(json.loads(done.stdout)["differences"]) == 6
    assert "summary.json, levels, WARN" in (run / "report.html").read_text()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"personas": 3, "incidents": [1, {"component": []}]}'])
def test_a_summary_that_is_none(call, run, text):
    (run / SUMMARY).unlink() if text is None else (run / SUMMARY).write_text(text)
    done = call("report", run, "--quiet")
    assert done.returncode == 1
    assert done.stderr.startswith(f"otelsim: {run}: summary.json: is not as it was written")
    assert len(done.stderr.splitlines()) <= 21


def test_other_counts_in_the_manifest(call, run):
    altered(run, lambda values: values["counts"].update(logs=1))
    done = call("report", run, "--quiet")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"otelsim: {run}: manifest.json, counts, logs: 1, and made again: 7,994"[:-4])


def test_what_is_no_finished_run(refused, run, tmp_path):
    assert refused("report", tmp_path / "none").endswith("not the folder of a finished run")
    manifest = run / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"requests"', '"request"', 1))
    assert "is damaged" in refused("report", run)
    manifest.write_text("[]")
    assert "is not the manifest of a run" in refused("report", run)
    manifest.write_text("{")
    assert "is not the manifest of a run" in refused("report", run)
    manifest.unlink()
    assert refused("report", run) == f"{run}: the run is not finished: `otelsim resume {run}` goes on with it"


def test_runs_that_cannot_be_made_again(refused, run):
    text = (run / "manifest.json").read_text()
    altered(run, lambda values: values.update(otelsim="0.0.9"))
    assert "was made by otelsim 0.0.9" in refused("report", run)
    (run / "manifest.json").write_text(text)
    altered(run, lambda values: values["scenario"].pop("seed"))
    altered(run, lambda values: values["scenario"].pop("start"))
    assert "is garbled: KeyError('start')" in refused("report", run)
    (run / "manifest.json").write_text(text)
    wanted = "does not fit the run: --scenario: incident 1: unknown component 'aurora_primary' in this world"
    assert refused("report", run, "--world", "multi_cloud").endswith(wanted)
    altered(run, lambda values: values.update(tables="0"))
    assert refused("report", run).endswith("'social_network' is no longer the one that the run was made with")


def test_bad_usage(refused, run, tmp_path):
    assert refused("report", run, "--output", tmp_path) == f"--output: {tmp_path} is a folder: name a file"
    assert refused("report", run, "--output", tmp_path / "no" / "x").endswith(
        "x has no place: its folder is none, or its name is no name"
    )
    assert refused("report", run, "--output", "a\0b").startswith("--output: a\\x00b has no place")
    assert refused("report", "a\0b") == "a\\x00b/manifest.json: is not the manifest of a run"
    assert refused("report", run, "--output", "-", "--json") == "--json: and --output - both print to stdout"


def test_a_file_that_cannot_be_written(call, run):
    (run / "report.html.part").symlink_to(run / "elsewhere")
    assert "report.html.part: cannot be written" in told(call("report", run, "--quiet"), 1)
    assert not (run / "elsewhere").exists()


def test_a_world_of_ones_own_and_a_run_that_was_told_as_opentelemetry(call, tmp_path):
    folder, world = tmp_path / "run", tmp_path / "mine"
    shutil.copytree(find_world("multi_cloud"), world)
    words = (400, 20, *WEEK, "--world", world, "--sink", "otlp-file", "--metrics", "histograms", "--client-spans")
    assert call("generate", *words, "--workers", 1, "--output", folder, "--quiet").returncode == 0
    for file in folder.glob("otlp_*"):
        file.unlink()
    assert call("report", folder, "--quiet").returncode == 0
    assert "400 requests to a simulated multi cloud, 3 Mar 2025 to 9 Mar 2025" in (folder / "report.html").read_text()
    world.rename(tmp_path / "moved")
    words = ("report", folder, "--world", tmp_path / "moved")
    assert call(*words, "--quiet").returncode == 0
    edited(folder / SUMMARY, lambda values: values["counts"].update(requests=401))
    assert "summary.json, counts, requests: 401, and made again: 400" in call(*words, "--quiet").stderr


def test_the_wheel_holds_what_pages_are_made_of(tmp_path):
    root = Path(report.__file__).parents[2]
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for asset in ("page.html", "page.css", LIBRARY, "LICENSE-echarts.txt", *SCRIPTS):
        assert f"otelsim/report/assets/{asset}" in names
