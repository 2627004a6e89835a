"""Every corruption is caught, and by its own law alone."""

import json
import shutil

import pytest

from otelsim.check import run_check
from otelsim.check.files import open_run
from otelsim.check.run import scenario_of
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world
from otelsim.world.releases import calendar
from tests.check.corrupt import CORRUPTIONS
from tests.check.editor import Editor
from tests.check.synthetic import broken, check_here, make_calendar, make_world, write_run
from tests.command import otelsim

WORLD = make_world()


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("tiny") / "run")


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_one_law_alone_catches_it_in_a_run_by_hand(name, tiny_run, tmp_path):
    directory = shutil.copytree(tiny_run, tmp_path / "run")
    law, spoil = CORRUPTIONS[name]
    _spoil(directory, WORLD, make_calendar(WORLD), spoil)
    assert broken(check_here(directory, WORLD, make_calendar(WORLD), tmp_path / "ids")) == {law}


def test_rewriting_a_run_changes_nothing(tiny_run, tmp_path):
    directory = shutil.copytree(tiny_run, tmp_path / "run")
    _spoil(directory, WORLD, make_calendar(WORLD), lambda run: None)
    assert (directory / "logs_0.jsonl").read_bytes() == (tiny_run / "logs_0.jsonl").read_bytes()
    assert (directory / "metrics_1.jsonl").read_bytes() == (tiny_run / "metrics_1.jsonl").read_bytes()
    assert check_here(directory, WORLD, make_calendar(WORLD), tmp_path / "ids").ok


def test_a_real_run_keeps_all_laws(small_run):
    report = run_check(small_run, 2, lambda done, total: None)
    assert [law for law in report.laws if law.name in _of_records(report)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_one_law_alone_catches_it_in_a_real_run(name, small_run, tmp_path):
    directory = shutil.copytree(small_run, tmp_path / "run")
    scenario = scenario_of(open_run(directory))
    world = load_world(find_world(scenario.world))
    law, spoil = CORRUPTIONS[name]
    _spoil(directory, world, calendar(world, scenario), spoil)
    assert _of_records(check_here(directory, world, calendar(world, scenario), tmp_path / "ids")) == {law}


def test_the_command_catches_a_corruption(small_run, tmp_path):
    directory = shutil.copytree(small_run, tmp_path / "run")
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["slices"][0]["logs"]["digest"] = "0" * 32
    (directory / "manifest.json").write_text(json.dumps(manifest))
    assert _of_records(run_check(directory, 2, lambda done, total: None)) == {"files.digest"}


def _spoil(directory, world, calendar, spoil):
    editor = Editor(directory, world, calendar)
    spoil(editor)
    editor.save()


def _of_records(report):
    """Broken laws but those of coverage: the small run asks for more errors than 3,000 requests can have."""
    return {name for name in broken(report) if not name.startswith("coverage.")}


def test_the_second_world_keeps_all_laws_at_full_depth(tmp_path):
    words = ("--start", "2025-01-01", "--world", "multi_cloud", "--call-depth", 0, "--compress", "gzip")
    done = otelsim("generate", 5_000, 50, *words, "--output", tmp_path / "run", "--quiet")
    assert done.returncode == 0, done.stderr
    report = run_check(tmp_path / "run", 2, lambda done, total: None)
    assert [law.name for law in report.laws if law.violations] == []
