"""A worker that is to end lets its files alone, and says when it changed each of them last."""

import threading
from pathlib import Path

import pytest

from otelsim.runner.target import Target
from otelsim.runner.worker import PART, Task, Worker
from tests.simulated import prepared


def changes(folder: Path) -> dict[str, int]:
    return {path.name.removesuffix(PART): path.stat().st_ctime_ns for path in folder.iterdir()}


@pytest.mark.parametrize("compression", ["", "zstd"])
def test_a_halted_worker_tells_of_the_files_of_all_its_lanes_and_changes_none(tmp_path, compression):
    worker = Worker(prepared(total_events=2_000, total_users=200), Target(tmp_path, compression))
    nothing = dict.fromkeys(worker.target.signals, 0)
    worker.run(Task(0, 0, nothing))
    done = worker.run(Task(1, 1, nothing))
    told = worker.halt()
    assert len(told) == 4
    assert told == changes(tmp_path)
    ends = {name: extent.offset + extent.stored for name, extent in done.extents.items()}
    later = threading.Thread(target=worker.run, args=(Task(3, 1, ends),), daemon=True)
    later.start()
    later.join(0.5)
    assert later.is_alive(), "it waits until the process ends"
    assert told == changes(tmp_path)
    for file in worker.files.values():
        file.changing.release()
    later.join()
    assert told != changes(tmp_path), "it would have gone on"
    worker.output.close()
