"""The same run by Dask: on processes, on a cluster, on hosts; whoever dies or is interrupted."""

import json
import os
import shutil
import signal
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

import otelsim
from otelsim.cli.engines import engine_of
from otelsim.errors import InputError, RunError
from otelsim.runner import in_dask, on_dask
from otelsim.runner.grouping import GroupTask
from otelsim.runner.lanes import Groups
from otelsim.sinks.places import place_of
from tests.begun import Begun, interrupted
from tests.command import WEEK, generated, sorted_digest, told
from tests.command import otelsim as command
from tests.runner.engines.clusters import Cluster, cluster
from tests.runner.engines.conftest import LONGER
from tests.runner.engines.hosts import hosts

ENDING_S = 30.0
"""A cluster takes longer to end than processes of our own, most of all where they are traced."""
RUN = ("3000", "200", "--scenario", "incidents")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("dask"), 2) as made:
        yield made


def is_the_run(folder: Path, whole: Path) -> None:
    assert (folder / "summary.json").read_bytes() == (whole / "summary.json").read_bytes()
    assert sorted_digest(folder) == sorted_digest(whole)
    assert not [p.name for p in folder.iterdir() if ".part" in p.name]
    assert command("check", "--integrity", folder, "--quiet").returncode == 0


def test_processes_that_are_started_for_it(tmp_path, small_run):
    folder = generated(tmp_path / "run", *RUN, "--engine", "dask", "--workers", "4")
    is_the_run(folder, small_run)


def test_a_cluster(tmp_path, small_run, two):
    folder = generated(tmp_path / "run", *RUN, "--engine", "dask", "--scheduler", two.url, "--compress", "gzip")
    is_the_run(folder, small_run)
    assert {p.suffix for p in folder.glob("logs_*")} == {".gz"}


@pytest.mark.slow
def test_a_shard_of_it(tmp_path, small_run, two):
    for i in range(2):
        words = ("--engine", "dask", "--scheduler", two.url) if i else ()
        generated(tmp_path / "run", *RUN, "--shard", f"{i}/2", *words)
    assert command("merge", tmp_path / "run", "--quiet").returncode == 0
    is_the_run(tmp_path / "run", small_run)


@pytest.mark.untraced
def test_a_run_that_is_sent(tmp_path, two, small_run, receiver, protocol):
    words = ("--sink", "otlp", "--protocol", protocol, "--endpoint", receiver.url)
    folder = generated(tmp_path / "run", *RUN, *words, "--engine", "dask", "--scheduler", two.url)
    summary, made = (json.loads((f / "summary.json").read_text()) for f in (folder, small_run))
    acknowledged = {signal: tally["acknowledged"] for signal, tally in summary["account"].items()}
    assert sum(acknowledged.values()) == receiver.served
    assert (acknowledged["traces"], acknowledged["logs"]) == (made["counts"]["spans"], made["counts"]["logs"])


@pytest.mark.slow
def test_a_worker_that_is_killed(tmp_path, longer):
    with cluster(tmp_path, 3) as made:
        begun = _begun(tmp_path / "run", made)
        begun.wait_for_slices(20)
        os.killpg(made.workers[1].pid, signal.SIGKILL)
        before = len(begun.journal())
        _, errors = begun.process.communicate(timeout=60)
    assert (begun.process.returncode, errors) == (0, "")
    assert before < 96
    is_the_run(begun.folder, longer)
    print(f"a Dask worker of three was killed after {before} of 96 slices: the same run")


def _begun(folder: Path, made: Cluster) -> Begun:
    words = ("generate", *LONGER, "--quiet", "--output", str(folder), "--engine", "dask", "--scheduler", made.url)
    return Begun(folder, command=words)


@pytest.mark.parametrize(("number", "engine"), [(signal.SIGINT, ()), (signal.SIGKILL, ("--engine", "dask"))])
@pytest.mark.untraced
def test_an_interrupted_run_is_gone_on_with_by_anybody(tmp_path, two, longer, number, engine):
    begun = _begun(tmp_path / "run", two)
    begun.wait_for_slices(10)
    os.kill(begun.process.pid, number)
    end = begun.end(ENDING_S)
    assert interrupted(end) if number == signal.SIGINT else end == (-number, "")
    known = len(begun.journal())
    assert 10 <= known < 96
    words = (*engine, "--scheduler", two.url) if engine else ()
    done = command("resume", begun.folder, *words)
    assert done.returncode == 0, done.stderr
    assert f"{known} of 96 slices are whole" in done.stderr
    is_the_run(begun.folder, longer)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_told_of_and_not_waited_for(tmp_path, longer):
    with cluster(tmp_path, 1) as made:
        words = ("generate", *LONGER, "--output", str(tmp_path / "run"), "--engine", "dask", "--scheduler", made.url)
        begun = Begun(tmp_path / "run", command=words)
        begun.wait_for_slices(2)
        os.kill(made.scheduler.pid, signal.SIGSTOP)
        while "waiting for the Dask cluster: it does not answer" not in (line := begun.process.stderr.readline()):
            assert line, "the run has ended"
        begun.process.send_signal(signal.SIGINT)
        code, told_last = begun.end(ENDING_S)
    assert (code, "otelsim: interrupted" in told_last) == (130, True)
    known = len(begun.journal())
    done = command("resume", begun.folder)
    assert f"{known} of 96 slices are whole" in done.stderr
    is_the_run(begun.folder, longer)


@pytest.mark.untraced
def test_three_hosts_of_which_one_is_killed(tmp_path, longer):
    with hosts(3) as (address, three), cluster(tmp_path, address=address) as made:
        for host in three:
            made.add(host.command(), host.address)
        begun = _begun(tmp_path / "run", made)
        begun.wait_for_slices(20)
        os.killpg(made.workers[0].pid, signal.SIGKILL)
        before = len(begun.journal())
        _, errors = begun.process.communicate(timeout=60)
        seen = {host.address for host in three if f"tcp://{host.address}:" in (tmp_path / "scheduler").read_text()}
    assert (begun.process.returncode, errors) == (0, "")
    assert len(seen) == 3
    is_the_run(begun.folder, longer)
    print(f"workers on {sorted(seen)}, one killed after {before} of 96 slices: the same run")


def test_a_scheduler_that_is_not_there(monkeypatch):
    monkeypatch.setattr(on_dask, "CONNECTING_S", 0.5)
    for url in (
        "tcp://127.0.0.1:1",
        "tcp://no.such.host.invalid:1",
        "ftp://x:1",
        "tcp://127.0.0.1:x",
    ):
        with pytest.raises(InputError, match=r"--scheduler: .*cannot be reached: "):
            on_dask.Cluster(url, 1)


def test_a_cluster_without_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(on_dask, "CONNECTING_S", 1)
    with cluster(tmp_path) as made, pytest.raises(InputError, match="has no workers"):
        on_dask.Cluster(made.url, 1)


def _another(folder: Path) -> Path:
    """A copy of the package, to be altered."""
    here = Path(otelsim.__file__).parent
    return shutil.copytree(here, folder / "otelsim", ignore=shutil.ignore_patterns("__pycache__"))


def test_a_worker_of_another_version(tmp_path):
    package = _another(tmp_path)
    text = (package / "__init__.py").read_text()
    (package / "__init__.py").write_text(text.replace(f'"{otelsim.__version__}"', '"0.0.7"'))
    with cluster(tmp_path) as made:
        made.add(PYTHONPATH=str(tmp_path))
        words = (*RUN, *WEEK, "--engine", "dask", "--scheduler", made.url, "--output", tmp_path / "run")
        line = told(command("generate", *words), 2)
    assert line.endswith(f"has otelsim 0.0.7, and this is {otelsim.__version__}")
    assert not (tmp_path / "run").exists()


def test_a_worker_without_it(tmp_path):
    (_another(tmp_path) / "runner" / "in_dask.py").unlink()
    with cluster(tmp_path) as made:
        made.add(PYTHONPATH=str(tmp_path))
        with pytest.raises(InputError, match="a worker has another otelsim, or none"):
            on_dask.Cluster(made.url, 1)


def test_a_worker_that_does_not_see_the_folder(tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    cover = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{hidden}" && exec "$@"', "sh"]
    with cluster(tmp_path) as made:
        made.add(cover)
        words = (*RUN, *WEEK, "--engine", "dask", "--scheduler", made.url, "--output", hidden / "run")
        line = told(command("generate", *words), 2)
    assert "does not reach it: it has no such folder" in line
    assert [p.name for p in (hidden / "run").iterdir()] == [".otelsim.lock"]


def test_options_that_do_not_go_together(tmp_path):
    assert "goes with --engine dask" in told(command("generate", "--scheduler", "tcp://a:1", "--output", tmp_path), 2)
    # An empty one is what a variable that is not set comes to, and no wish for a cluster of our own.
    with pytest.raises(InputError, match="--scheduler: is no address"), engine_of("dask", " ", None):
        pass


@pytest.mark.slow
def test_files_that_one_machine_appends_to_are_not_gone_on_with_by_others(tmp_path, two):
    few = ("200", "20", "--metric-interval", "86400s")
    folder = generated(tmp_path / "run", *few, "--workers", "2")
    (folder / "manifest.json").unlink()
    words = ("--engine", "dask", "--scheduler", two.url)
    assert "append to the files of this run" in told(command("resume", folder, *words), 2)
    # Who begins a run lays its files out, and whoever asks for it in full goes on with them.
    other = generated(tmp_path / "other", *few, *words)
    (other / "manifest.json").unlink()
    (other / "logs_1.jsonl").unlink()
    done = command("generate", *few, *WEEK, "--resume", "--output", other)
    assert done.returncode == 0, done.stderr
    assert "6 of 7 slices are whole" in done.stderr
    assert sorted_digest(other) == sorted_digest(folder)


def test_a_place_that_is_reached(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with on_dask._marked(on_dask._everywhere(place_of("."))) as (place, mark):
        assert place.path == tmp_path
        assert in_dask.unreached(place, mark) == ""
    # Another host's folder of that name has no such file.
    assert "no such folder" in in_dask.unreached(place, mark)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.untraced
def test_workers_name_a_folder_as_we_do(tmp_path, small_run, two):
    (two.folder / "run").mkdir()
    (two.folder / "run" / ".otelsim.lock").touch()
    words = (*RUN, *WEEK, "--engine", "dask", "--scheduler", two.url, "--quiet", "--output", "run")
    assert command("generate", *words, cwd=tmp_path).returncode == 0
    is_the_run(tmp_path / "run", small_run)
    assert [p.name for p in (two.folder / "run").iterdir()] == [".otelsim.lock"]


def test_a_worker_that_joins_late_and_is_of_another_version(monkeypatch):
    job = in_dask.Job("key", None, None)
    monkeypatch.setattr(in_dask, "versions", lambda: {**job.versions, "otelsim": "0.0.7"})
    job.setup(SimpleNamespace(address="tcp://late:1"))
    try:
        with pytest.raises(RunError, match=r"^worker tcp://late:1 has otelsim 0\.0\.7, and this is "):
            in_dask.do("key", None)
    finally:
        in_dask._jobs.clear()


def test_workers_that_join_late_get_work():
    pool = SimpleNamespace(slots=1, submit=lambda _: Future())
    groups = Groups(pool, [GroupTask(n, (n,)) for n in range(9)])
    ticks = iter(groups)
    assert (next(ticks), len(groups.running)) == ((), 2)
    pool.slots = 3
    assert (next(ticks), len(groups.running)) == ((), 6)


@pytest.mark.untraced
def test_processes_of_a_terminal_leave_its_interrupt_to_their_parent(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    words = ("generate", *LONGER, "--output", str(tmp_path / "run"), "--engine", "dask", "--workers", "2", "--quiet")
    begun = Begun(tmp_path / "run", command=words)
    begun.wait_for_slices(2)
    os.killpg(begun.process.pid, signal.SIGINT)
    assert interrupted(begun.end(ENDING_S))
    assert begun.survivors() == []
    assert list((tmp_path / "temporary").iterdir()) == []
