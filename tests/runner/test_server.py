"""The process that workers are forked from: when it is started, and what it has loaded."""

import subprocess
import sys

import pytest

BEGUN = """
import sys
from otelsim.runner import server

server.start = lambda kernels: print(kernels, "numpy" in sys.modules)
from otelsim.cli import main

main()
"""
LOADED = """
import sys
from importlib import import_module

import_module(sys.argv[1])
print(*(name in sys.modules for name in (sys.argv[2], "grpc", "scipy.linalg")))
"""


def _said(script: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("sink", "kernels"), [("jsonl", "lines"), ("parquet", "lines"), ("otlp", "otlp"), ("otlp-file", "otlp")]
)
def test_it_is_started_before_anything_heavy_is_loaded(sink, kernels):
    assert _said(BEGUN, "generate", "--sink", sink, "--output", "") == f"{kernels} False"


def test_a_dask_cluster_needs_none():
    assert _said(BEGUN, "generate", "--engine", "dask", "--output", "") == ""


@pytest.mark.parametrize(
    ("module", "kernels"),
    [
        ("otelsim.runner.loaded_lines", "otelsim.runner.warmed"),
        ("otelsim.runner.loaded_otlp", "otelsim.runner.warmed_otlp"),
        ("otelsim.replay.loaded", "otelsim.replay.warmed"),
    ],
)
def test_it_has_kernels_and_nothing_that_no_worker_needs(module, kernels):
    assert _said(LOADED, module, kernels) == "True False False"


def test_what_is_not_compiled_is_not_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert _said(LOADED, "otelsim.runner.loaded_lines", "otelsim.runner.warmed") == "False False False"
