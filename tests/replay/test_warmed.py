"""All kernels that a replay calls are loaded before workers are forked: none is compiled or loaded by each of them."""

import subprocess
import sys

SCRIPT = """
import sys
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from otelsim.replay import warmed


def loaded():
    modules = [module for name, module in sys.modules.items() if name.startswith("otelsim.")]
    kernels = {id(x): x for module in modules for x in vars(module).values() if isinstance(x, Dispatcher)}
    return {f"{x.py_func.__module__}.{x.py_func.__name__} {x.signatures}" for x in kernels.values() if x.signatures}


before = loaded()
from tests.replay.lines import part_of, replayed
from tests.replay.test_faults import LOG, POINT, line

folder = Path(sys.argv[1])
exemplar = {"trace_id": "1" * 32, "span_id": "2" * 16}
log, point = (line(record) + b"\\n" for record in (LOG, {**POINT, "exemplar": exemplar}))
replayed(part_of(folder, log * 2_000, point * 2_000))
replayed(part_of(folder, log.replace(b"INFO", b"WO"), point.replace(b"prod", b"")), stop=False)
print(len(before))
print(sorted(loaded() - before))
"""


def test_workers_have_every_kernel_from_the_begin(tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count, more = done.stdout.splitlines()
    assert int(count) >= 12
    assert more == "[]"


def test_what_workers_are_forked_from_has_them_and_nothing_that_no_worker_needs():
    script = "import sys, otelsim.replay.loaded as _; print(*(name in sys.modules for name in sys.argv[1:]))"
    command = [sys.executable, "-c", script, "otelsim.replay.warmed", "grpc", "scipy.linalg"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]
