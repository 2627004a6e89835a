"""The fast path against the oracle: field for field in memory, byte for byte on disk."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from otelsim.runner.preparing import prepare
from otelsim.runner.slices import slice_bounds
from otelsim.scenario import Scenario
from otelsim.world.model import World

from .arrivals import BIN_S, CELL_REQUESTS
from .cases import CASES, FIXTURES, Case
from .columns import OracleRows, fast_rows
from .oracle import Oracle, simulate

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
BY_NAME = {case.name: case for case in CASES}


@every_case
def test_fields_agree(case: Case):
    world, scenario = case.world, case.scenario
    prepared, oracle = prepare(scenario, world), OracleRows(world, Oracle(world, scenario))
    for start_s, end_s in slice_bounds(scenario):
        fast, plain = fast_rows(prepared, start_s, end_s), oracle.rows(start_s, end_s)
        assert [(r["number"], r["node"]) for r in fast] == [(r["number"], r["node"]) for r in plain]
        different = [{k: (f[k], p[k]) for k in p if f[k] != p[k]} for f, p in zip(fast, plain, strict=True) if f != p]
        assert different == [], f"(fast, plain) of {len(different)} in {len(plain)} calls: {different[:3]}"


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory):
    """A function that gives the folder of a case's run, made once."""
    runs: dict[str, Path] = {}

    def run(case: Case) -> Path:
        if case.name not in runs:
            runs[case.name] = _generate(case, tmp_path_factory.mktemp(case.name))
        return runs[case.name]

    return run


def _generate(case: Case, folder: Path) -> Path:
    scenario, output = folder / f"{case.name}.toml", folder / "run"
    scenario.write_text(case.text)
    asked = ["--scenario", scenario, "--world", FIXTURES / case.world_name, "--workers", "1", "--output", output]
    command = [sys.executable, "-m", "otelsim", "generate", case.requests, case.users, *asked]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return output


@every_case
def test_files_agree(case: Case, written):
    folder = written(case)
    lines = list(simulate(case.world, case.scenario))
    _same(folder, "logs", [log for log, _ in lines])
    _same(folder, "metrics", [metric for _, metrics in lines for metric in metrics])


def _same(folder: Path, signal: str, plain: list[str]) -> None:
    (file,) = folder.glob(f"{signal}_*.jsonl")
    fast = file.read_bytes()
    for number, (ours, oracles) in enumerate(zip(fast.decode().split("\n"), plain, strict=False), 1):
        assert ours == oracles, f"{file.name}:{number}"
    assert fast == "".join(f"{line}\n" for line in plain).encode()


def _sources(world: World, scenario: Scenario) -> Counter[str]:
    oracle, seen = Oracle(world, scenario), Counter[str]()
    for bounds in slice_bounds(scenario):
        for call in oracle.calls(*bounds):
            failure = call.failure
            climbed = failure and failure.upstream and failure.upstream.failure.source == "dependency"
            seen["climbed" if climbed else failure.source if failure else "none"] += 1
    return seen


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("year", {"self"}),
        ("incidents", {"self", "infrastructure", "dependency"}),
        ("deep", {"self", "infrastructure", "dependency", "climbed"}),
        ("slow", {"infrastructure", "dependency", "climbed"}),
        ("edges", {"infrastructure", "dependency", "climbed"}),
        ("multi_cloud", {"infrastructure", "dependency"}),
    ],
)
def test_cases_reach_every_kind_of_error(name: str, kinds: set[str]):
    seen = _sources(BY_NAME[name].world, BY_NAME[name].scenario)
    assert kinds <= set(seen), seen


def test_dense_case_cuts_cells():
    case = BY_NAME["dense"]
    arrivals = Oracle(case.world, case.scenario).arrivals
    assert any(
        arrivals.number(min(edge + BIN_S, end_s)) - arrivals.number(edge) > CELL_REQUESTS
        for start_s, end_s in slice_bounds(case.scenario)
        for edge in range(start_s, end_s, BIN_S)
    )


def test_few_users_leave_personas_empty():
    case = BY_NAME["few_users"]
    assert case.users < len(case.world.personas)
    assert Counter(Oracle(case.world, case.scenario).roots.people.count)[0] > 0
