"""A run that is interrupted ends at once, leaves whole lines and no process."""

import json
import os
import signal
import time
from collections import defaultdict
from pathlib import Path

import pytest
import xxhash

from otelsim.errors import InputError
from otelsim.runner.folder import LOCK, Folder
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.preparing import prepare
from otelsim.runner.slicing import Simulator
from otelsim.scenario import from_manifest
from tests.begun import Begun, interrupted
from tests.simulated import world_of


@pytest.fixture
def begun(tmp_path):
    run = Begun(tmp_path / "run", "--quiet")
    yield run
    run.clear()


def whole_prefix(folder: Path, slices: list[dict]) -> None:
    """The files left are those slices, one behind the other, as an uninterrupted run would have made them."""
    head = json.loads((folder / "journal.jsonl").read_text().splitlines()[0])
    simulator = Simulator(prepare(from_manifest(head["scenario"]), world_of(head["scenario"]["world"])))
    sizes: dict[str, int] = defaultdict(int)
    for entry in slices:
        (result,) = make_slices(simulator, [entry["slice"]], null_sinks())
        for name in ("logs", "metrics"):
            file, extent = f"{name}_{entry['lane']}.jsonl.part", entry[name]
            assert extent["offset"] == sizes[file]
            with (folder / file).open("rb") as stream:
                stream.seek(extent["offset"])
                data = stream.read(extent["bytes"])
            assert xxhash.xxh3_128(data).hexdigest() == result.extents[name].digest
            assert data.endswith(b"\n")
            sizes[file] += extent["bytes"]
    assert {p.name: p.stat().st_size for p in folder.glob("*.part")} == dict(sizes)


@pytest.mark.parametrize(
    ("number", "everybody"),
    [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM", "SIGTERM to all"],
)
def test_an_interrupted_run_leaves_whole_lines_and_no_process(begun, number, everybody):
    begun.wait_for_slices(3)
    (os.killpg if everybody else os.kill)(begun.process.pid, number)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    names = {p.name for p in begun.folder.iterdir()} - {".otelsim.lock", ".otelsim-left", "journal.jsonl"}
    assert names == {f"{s}_{lane}.jsonl.part" for s in ("logs", "metrics") for lane in (0, 1)}
    whole_prefix(begun.folder, begun.journal())


def test_an_impatient_user_leaves_no_process_either(begun):
    begun.wait_for_slices(2)
    for _ in range(4):
        os.killpg(begun.process.pid, signal.SIGINT)
        time.sleep(0.03)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()


def test_a_run_can_be_interrupted_before_its_first_slice(begun):
    deadline = time.monotonic() + 60
    while not (begun.folder / "journal.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    begun.look()
    os.killpg(begun.process.pid, signal.SIGINT)
    assert interrupted(begun.end())
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()


def test_no_process_outlives_a_killed_run_and_its_folder_can_be_used_again(begun):
    begun.wait_for_slices(2)
    begun.process.kill()
    begun.process.wait()
    assert begun.survivors() == []
    assert not (begun.folder / "manifest.json").exists()
    with pytest.raises(InputError, match="holds another run"):
        Folder(begun.folder, overwrite=False)
    Folder(begun.folder, overwrite=True).close()
    assert [p.name for p in begun.folder.iterdir()] == [LOCK]
