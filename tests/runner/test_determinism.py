"""Seed and scenario alone decide the records: not the workers, the hash seed, the processor or the compression."""

import json
from pathlib import Path

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tests.command import WEEK, content, files_of, generated, otelsim, sorted_digest

SIZE = ("3000", "200", "--scenario", "incidents")
AVX512 = [name for name in __cpu_dispatch__ if name.startswith(("AVX512", "X86_V4")) and __cpu_features__[name]]
VARIANTS = {
    "1": (("--workers", 1), {}),
    "2": (("--workers", 2), {}),
    "2 again": (("--workers", 2), {}),
    "7": (("--workers", 7), {}),
    "48": (("--workers", 48), {}),
    "hash seed 0": (("--workers", 2), {"PYTHONHASHSEED": "0"}),
    "hash seed 1": (("--workers", 2), {"PYTHONHASHSEED": "1"}),
    # Only what the machine has: numpy warns of anything else.
    "without AVX-512": (("--workers", 2), {"NPY_DISABLE_CPU_FEATURES": " ".join(AVX512)} if AVX512 else {}),
    "zstd": (("--workers", 2, "--compress", "zstd"), {}),
    "gzip": (("--workers", 2, "--compress", "gzip"), {}),
    "another seed": (("--workers", 2, "--seed", 43), {}),
}
pytestmark = pytest.mark.untraced  # dozens of workers do what others' few do
SAME = [name for name in VARIANTS if name not in ("1", "another seed")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that gives the folder of a variant, made once."""
    folders: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in folders:
            words, env = VARIANTS[name]
            folders[name] = generated(tmp_path_factory.mktemp("run") / "out", *SIZE, *words, env=env)
        return folders[name]

    return folder


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("name", SAME)
def test_the_records_are_the_same(run, name):
    assert sorted_digest(run(name)) == sorted_digest(run("1"))
    assert manifest(run(name))["content_digest"] == manifest(run("1"))["content_digest"]
    assert manifest(run(name))["run_id"] == manifest(run("1"))["run_id"]


@pytest.mark.parametrize("name", ["2 again", "hash seed 0", "hash seed 1", "without AVX-512"])
def test_files_of_as_many_workers_are_the_same_byte_for_byte(run, name):
    assert len(files_of(run("2"))) == 4
    assert files_of(run(name)) == files_of(run("2"))


@pytest.mark.parametrize(("name", "suffix"), [("zstd", ".zst"), ("gzip", ".gz")])
def test_compressed_files_hold_the_same_lines(run, name, suffix):
    for file in run("2").glob("*s_?.jsonl"):
        assert content(run(name) / (file.name + suffix)) == file.read_bytes()


def test_a_file_a_worker(run):
    for name in ("1", "7", "48"):
        assert len(files_of(run(name))) == 2 * int(name)


def test_another_seed_gives_other_records(run):
    assert sorted_digest(run("another seed")) != sorted_digest(run("1"))
    ours, other = manifest(run("1")), manifest(run("another seed"))
    assert ours["run_id"] != other["run_id"]
    for signal in ("logs", "metrics"):
        assert ours["content_digest"][signal] != other["content_digest"][signal]


def test_the_null_sink_reports_the_same_digest(run, tmp_path):
    done = otelsim("generate", *SIZE, *WEEK, "--workers", 1, "--sink", "null", "--json", "--quiet", cwd=tmp_path)
    summary = json.loads(done.stdout)
    assert summary["content_digest"] == manifest(run("2"))["content_digest"]
    assert summary == json.loads((run("2") / "summary.json").read_text())
    # (A coverage run leaves its own file in the working folder.)
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".coverage")] == []


@pytest.mark.slow
def test_another_processor_gives_the_same_records(run, tmp_path):
    """The kernels compiled for any processor of the architecture, without fused or wide instructions."""
    env = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    folder = generated(tmp_path / "out", *SIZE, "--workers", 2, env=env)
    assert files_of(folder) == files_of(run("2"))
