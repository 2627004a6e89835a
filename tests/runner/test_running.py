"""Lanes of slices into files: whatever is redone or cut short, the same bytes."""

import json
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from otelsim.errors import RunError
from otelsim.runner import lanes, pool, worker
from otelsim.runner.folder import Folder
from otelsim.runner.lanes import Lanes
from otelsim.runner.running import Run
from otelsim.runner.target import Target
from otelsim.runner.worker import PART, Done, Task, Worker
from otelsim.runner.working import Progress
from tests.command import content
from tests.simulated import MONDAY, prepared

NOTHING = {"logs": 0, "metrics": 0}


@pytest.fixture(scope="module")
def small():
    return prepared("incidents", total_events=600, duration_s=1_500)


def after(done: Done) -> dict[str, int]:
    return {name: e.offset + e.stored for name, e in done.extents.items()}


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def made(small, folder: Path, compression: str = "", numbers=(0, 1, 2)) -> dict[str, int]:
    folder.mkdir()
    maker, offsets = Worker(small, Target(folder, compression)), NOTHING
    for number in numbers:
        offsets = after(maker.run(Task(number, 0, offsets)))
    return offsets


@pytest.mark.parametrize("compression", ["", "zstd", "gzip"])
def test_a_slice_redone_after_a_torn_tail_gives_the_same_bytes(small, tmp_path, compression):
    made(small, tmp_path / "whole", compression)
    offsets = made(small, tmp_path / "torn", compression, numbers=(0, 1))
    for file in (tmp_path / "torn").iterdir():
        with file.open("ab") as stream:
            stream.write(b'{"timestamp":"20')
    Worker(small, Target(tmp_path / "torn", compression)).run(Task(2, 0, offsets))
    assert files(tmp_path / "torn") == files(tmp_path / "whole")


def test_a_worker_changes_lanes(small, tmp_path):
    maker = Worker(small, Target(tmp_path))
    first = maker.run(Task(0, 0, NOTHING))
    maker.run(Task(1, 1, NOTHING))
    maker.run(Task(2, 0, after(first)))
    made(small, tmp_path / "other", numbers=(0, 2))
    for name in NOTHING:
        assert (tmp_path / f"{name}_0.jsonl.part").read_bytes() == files(tmp_path / "other")[f"{name}_0.jsonl.part"]


class Inline(Executor):
    """Does everything at once, here."""

    def __init__(self, fails_at: int = -1) -> None:
        self.fails_at = fails_at

    def submit(self, function, /, *arguments, **_):
        future: Future = Future()
        if arguments[0].number == self.fails_at:
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(function(*arguments))
        return future


class Here(pool.LocalPool):
    """A pool with an executor of ours."""

    def __init__(self, executor: Executor) -> None:
        self.executor, self.slots = executor, 2


@pytest.fixture
def here(small, monkeypatch):
    """This process as a worker."""
    monkeypatch.setattr(worker, "_here", [Worker(small, Target(None))])


def test_lanes_go_through_an_executor_in_order(small, here):
    todo, offsets = [[0, 2, 4], [1, 3]], [dict(NOTHING), dict(NOTHING)]
    done = [d for each in Lanes(Here(Inline()), todo, offsets) for d in each]
    assert [[d.number for d in done if d.lane == lane] for lane in (0, 1)] == todo
    assert offsets == [NOTHING, NOTHING]


def test_a_dead_worker_is_told(here):
    with pytest.raises(RunError, match="a worker process died"):
        list(Lanes(Here(Inline(fails_at=1)), [[0], [1]], [dict(NOTHING), dict(NOTHING)]))


def test_whoever_waits_hears_that_nothing_happens(monkeypatch):
    class Never(Executor):
        def submit(self, *_, **__):
            return Future()

    monkeypatch.setattr(lanes, "_TICK_S", 0.01)
    assert next(iter(Lanes(Here(Never()), [[0]], [dict(NOTHING)]))) == ()


def test_kernels_that_do_not_compile_are_told(monkeypatch):
    monkeypatch.setattr(pool.sys, "executable", "/bin/false")
    with pytest.raises(RunError, match="the kernels could not be compiled"):
        pool.compile_kernels("lines")


@pytest.mark.parametrize("compression", ["", "zstd"])
def test_a_run_in_this_process(small, tmp_path, compression):
    heard: list[Progress] = []
    folder = Folder(tmp_path / "run", overwrite=False)
    run = Run(small, Target(folder.path, compression), 2, heard.append)
    summary = run.generate(folder)
    folder.close()
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert json.loads(json.dumps(summary)) == json.loads((folder.path / "summary.json").read_text())
    assert manifest["compress"] == (compression or None)
    assert (heard[-1].slices, heard[-1].all_slices) == (len(small.slices),) * 2
    assert heard[-1].counts == summary["counts"]
    assert heard[-1].content_bytes == sum(summary["bytes"].values())
    lines = {name: sum(len(content(f)) for f in folder.path.glob(f"{name}_*")) for name in NOTHING}
    assert lines == summary["bytes"]
    assert list(folder.path.glob(f"*{PART}")) == []
    for part in ("personas", "stacks", "levels"):
        whole = summary["counts"]["requests" if part == "personas" else "logs"]
        assert sum(summary[part].values()) == whole
    assert sum(summary["error_sources"].values()) == summary["levels"]["WARN"] + summary["levels"]["ERROR"]
    effects = [json.loads(line) for line in (folder.path / "incidents.jsonl").read_text().splitlines()]
    assert effects == summary["incidents"]


def test_a_run_of_nothing_but_numbers(small):
    run = Run(small, Target(None), 1, lambda _: None)
    assert run.generate(None)["counts"]["requests"] == 600


def test_a_failure_leaves_whole_slices(small, tmp_path):
    def fail(now: Progress) -> None:
        if now.slices == 2:
            raise RunError("enough")

    folder = Folder(tmp_path / "run", overwrite=False)
    with pytest.raises(RunError, match="enough"):
        Run(small, Target(folder.path), 1, fail).generate(folder)
    folder.close()
    made(small, tmp_path / "whole", numbers=(0, 1))
    left = files(folder.path)
    assert {n: left[n] for n in left if n.endswith(PART)} == files(tmp_path / "whole")
    assert "manifest.json" not in left
    assert small.scenario.start == MONDAY
