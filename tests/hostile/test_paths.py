"""Whatever stands in the output folder, in options and in fixtures: nothing outside the output folder is written to."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from otelsim.compiled import cache_folder
from otelsim.runner.folder import LOCK
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world
from tests.command import WEEK, otelsim
from tests.hostile.conftest import FEW, SINKS, to_sink
from tests.hostile.judging import tree
from tests.hostile.writing import Writes

KERNELS = cache_folder().parent


def outside(paths: set[Path], *folders: Path) -> set[Path]:
    """Paths that are neither one of the folders nor below one."""
    return {p for p in paths if not any(p.is_relative_to(folder) for folder in folders)}


@pytest.mark.parametrize("kind", SINKS)
def test_a_run_writes_into_its_folder_and_a_temporary_one(open_run, kind):
    made = open_run(kind)
    inside = {p for p in made.written if p.is_relative_to(made.output)}
    assert outside(made.written, made.output, made.output.parent, made.temporary, KERNELS) == set()
    print(f"{kind}: {len(made.written)} paths written to, {len(inside)} in the run's folder, none elsewhere")
    assert made.output / "manifest.json.part" in inside
    assert any(p.name.startswith("otelsim-") for p in made.written)


def test_what_is_written_elsewhere_is_heard(tmp_path):
    writes = Writes(tmp_path / "heard")
    code = "import os, pathlib; pathlib.Path('a').write_text(''); os.rename('a', 'b'); os.mkdir('c'); open('b').close()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, **writes.env}, check=True)
    assert writes.paths() == outside(writes.paths(), tmp_path / "heard") == {tmp_path / name for name in "abc"}


@pytest.mark.parametrize("kind", ["lines", "OTLP files, gzip", "OTLP"])
def test_links_planted_under_every_name_lead_nowhere(open_run, http_url, tmp_path, kind):
    """Every name that such a run opens, as a link to a file of somebody's, to a new one, or to a folder."""
    names = {p.name for p in open_run(kind).written if p.parent == open_run(kind).output} - {LOCK}
    output, other = tmp_path / "run", tmp_path / "other"
    output.mkdir()
    (other / "folder").mkdir(parents=True)
    for number, name in enumerate(sorted(names)):
        (other / f"mine-{number}").write_text("mine")
        for turn, start in enumerate(("", "x")):
            target = (f"mine-{number}", f"new-{number}", "folder")[(number + turn) % 3]
            (output / (start + name)).symlink_to(other / target)
    kept = {p.name for p in output.iterdir() if p.name.startswith("x")}
    before = tree(other)
    done = otelsim("generate", *FEW, *to_sink(kind, http_url), "--output", output, "--overwrite", "--quiet")
    assert done.returncode == 0, done.stderr
    assert tree(other) == before
    assert all(p.read_text() == "mine" for p in other.glob("mine-*"))
    assert {p.name for p in output.iterdir() if p.is_symlink()} == kept
    print(f"{kind}: {len(names)} links under names of outputs replaced, none followed")
    assert len(names) >= 8


@pytest.mark.parametrize(
    ("output", "real"),
    [("./a/b/../../../here/run/", "run"), ("link/../run", "../away/run")],
)
def test_a_path_with_dots_is_where_the_system_says(tmp_path, output, real):
    """``link/..`` is the folder above the link's target: reading it as text would lead elsewhere."""
    here = tmp_path / "here"
    (here / "a" / "b").mkdir(parents=True)
    (tmp_path / "away" / "deep").mkdir(parents=True)
    (here / "link").symlink_to(tmp_path / "away" / "deep")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    writes, before = Writes(tmp_path / "heard"), tree(here)
    env = {**writes.env, "TMPDIR": str(temporary)}
    done = otelsim("generate", *FEW, "--output", output, "--quiet", cwd=here, env=env)
    assert done.returncode == 0, done.stderr
    made = (here / real).resolve()
    assert (made / "manifest.json").is_file()
    assert outside(writes.paths(), made, temporary, KERNELS) == set()
    assert {name for name in tree(here) if not name.startswith("run")} == set(before)


ODD = [
    ("front:web", "front:../../escaped"), ("front\tweb\t", "front\t../../escaped\t"), ("memorystore", "{absolute}"),
    ("spanner_locks", "../../escaped"), ('"multi_cloud"', '"../../escaped"'),
]  # fmt: skip


@pytest.fixture
def odd_world(tmp_path) -> Path:
    """A world whose names are paths."""
    folder = Path(shutil.copytree(find_world("multi_cloud"), tmp_path / "deep" / "mine"))
    for file in (p for p in folder.rglob("*") if p.is_file()):
        text = file.read_text()
        text = re.sub(r"(?m)^(shop:front\t)web\t", r"\1../../escaped\t", text)
        for old, new in ODD:
            text = text.replace(old, new.format(absolute=tmp_path / "absolute"))
        file.write_text(text)
    return folder


@pytest.mark.parametrize("kind", ["lines", "OTLP files"])
def test_names_that_are_paths_are_only_names(tmp_path, odd_world, kind):
    world = load_world(odd_world)
    writes, before = Writes(tmp_path / "heard"), set(tree(tmp_path))
    output, temporary = tmp_path / "deep" / "a" / "run", tmp_path / "tmp"
    temporary.mkdir()
    scenario = tmp_path / "mine.toml"
    incident = '[[incidents]]\ncomponent = "../../escaped"\nstart="+0s"\nduration="5d"'
    scenario.write_text(f'world = "{odd_world}/../mine"\n{incident}')
    words = ("--scenario", scenario, *FEW, *SINKS[kind], *(("--run-id", "../../escaped") if kind != "lines" else ()))
    env = {**writes.env, "TMPDIR": str(temporary)}
    done = otelsim("generate", *words, "--output", output, "--quiet", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert outside(writes.paths(), output, output.parent, temporary, KERNELS) == set()
    new = set(tree(tmp_path)) - before
    assert {name for name in new if not name.startswith(("deep/a", "heard/", "tmp", "mine.toml"))} == set()
    assert b"../../escaped" in (output / "incidents.jsonl").read_bytes()
    odd = sum("../" in c.name or c.name.startswith("/") for c in world.components)
    print(f"{kind}: {len(writes.paths())} paths written to with {odd} components named as paths, none outside")
    assert odd == 2


@pytest.mark.parametrize(
    "name", ["..", "../other.txt", "/etc/hostname", "a/../../other.txt", "link/other.txt", "folder"]
)
def test_a_file_of_names_is_inside_the_world(refused, tmp_path, name):
    world = Path(shutil.copytree(find_world("multi_cloud"), tmp_path / "mine"))
    (tmp_path / "other.txt").write_text("one\n")
    (world / "link").symlink_to(tmp_path)
    (world / "folder").mkdir()
    text = (world / "objects.tsv").read_text()
    (world / "objects.tsv").write_text(text.replace("terms.txt", name))
    line = refused("generate", "--world", world)
    if name == "folder":
        assert line == f"{world}/folder:1: this is not a regular file"
    else:
        assert f"names {name!r} is not a file inside the world's folder" in line


@pytest.mark.parametrize("option", ["--output", "--scenario", "--world", "--certificate", "--client-key"])
@pytest.mark.parametrize("text", ["a\0b", "\0", "/\0", "..\0"])
def test_a_name_with_nul_is_refused(refused, option, text):
    assert refused("generate", *WEEK, "--sink", "otlp", option, text).startswith(f"{option}: ")
