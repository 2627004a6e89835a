"""The output folder: refused, locked, published; and what happens where it cannot be written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otelsim.errors import InputError, RunError
from otelsim.runner.folder import LOCK, Folder
from otelsim.runner.journal import Journal
from tests.command import WEEK, generated, otelsim, told

FEW = ("200", "50", "--workers", 2)
NOBODY = 65_534


def generate(output: Path, *words: object, **more):
    return otelsim("generate", *FEW, *WEEK, "--output", output, "--quiet", *words, **more)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A run with files for everybody, if the umask had its way."""
    return generated(tmp_path_factory.mktemp("made") / "deep" / "run", *FEW, umask=0)


def test_a_run_leaves_these_files(made):
    numbered = [f"{s}_{n}.jsonl" for s in ("logs", "metrics") for n in (0, 1)]
    named = ["journal.jsonl", "manifest.json", "summary.json", "incidents.jsonl", LOCK]
    assert sorted(p.name for p in made.iterdir()) == sorted(numbered + named)


def test_nobody_else_can_read_them(made):
    assert {p.stat().st_mode & 0o777 & ~0o640 for p in made.iterdir()} == {0}
    assert made.stat().st_mode & 0o777 == 0o750
    assert made.parent.stat().st_mode & 0o777 & ~0o750 == 0


def test_the_manifest_says_what_is_there(made):
    manifest = json.loads((made / "manifest.json").read_text())
    for name, described in manifest["files"].items():
        data = (made / name).read_bytes()
        assert (len(data), data.count(b"\n")) == (described["bytes"], described["records"])
    assert len(manifest["files"]) == 4
    assert sum(s["requests"] for s in manifest["slices"]) == manifest["counts"]["requests"] == 200
    assert [s["slice"] for s in manifest["slices"]] == list(range(len(manifest["slices"])))


def test_a_second_run_is_refused_until_overwrite(tmp_path):
    output = generated(tmp_path / "run", *FEW)
    (output / "notes.txt").write_text("mine")
    (output / "logs_0.jsonl.bak").write_text("mine too")
    before = {p: p.read_bytes() for p in output.iterdir()}
    assert told(generate(output), 2).startswith(f"--output: {output} holds another run")
    assert {p: p.read_bytes() for p in output.iterdir()} == before
    assert generate(output, "--overwrite", "--seed", 9, "--workers", 1).returncode == 0
    assert (output / "notes.txt").read_text() == "mine"
    assert (output / "logs_0.jsonl.bak").read_text() == "mine too"
    assert not (output / "logs_1.jsonl").exists()
    assert json.loads((output / "manifest.json").read_text())["scenario"]["seed"] == 9


def test_a_folder_in_use_is_refused(tmp_path):
    held = Folder(tmp_path, overwrite=False)
    try:
        for words in ((), ("--overwrite",)):
            assert told(generate(tmp_path, *words), 2) == f"--output: {tmp_path} is in use by another run"
    finally:
        held.close()
    assert [p.name for p in tmp_path.iterdir()] == [LOCK]
    Folder(tmp_path, overwrite=False).close()


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_a_file_in_its_place_is_refused(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    done = generate(tmp_path / "file" / below)
    assert told(done, 2) == f"--output: {tmp_path / 'file'} is not a folder"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_link_to_nowhere_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "is not a folder" in told(generate(tmp_path / "link"), 2)
    assert not (tmp_path / "nowhere").exists()


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert generate(tmp_path / "link").returncode == 0
    assert (tmp_path / "real" / "manifest.json").is_file()


def test_links_with_the_names_of_outputs_are_replaced_not_followed(tmp_path):
    outside, output = tmp_path / "outside", tmp_path / "run"
    outside.write_text("mine")
    output.mkdir()
    for name in ("logs_0.jsonl", "logs_0.jsonl.part", "metrics_1.jsonl.zst", "manifest.json", "journal.jsonl"):
        (output / name).symlink_to(outside)
        with pytest.raises(InputError, match="holds another run"):
            Folder(output, overwrite=False)
    assert generate(output, "--overwrite").returncode == 0
    assert outside.read_text() == "mine"
    assert not any(p.is_symlink() for p in output.iterdir())


def test_a_link_in_the_locks_place_is_not_followed(tmp_path):
    (tmp_path / LOCK).symlink_to(tmp_path / "outside")
    with pytest.raises(RunError, match=f"^{tmp_path}: cannot be written: "):
        Folder(tmp_path, overwrite=True)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("name", ["manifest.json", "summary.json", "incidents.jsonl"])
def test_a_link_in_a_small_files_place_is_not_followed(tmp_path, name):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = Folder(tmp_path, overwrite=False)
    (tmp_path / (name + ".part")).symlink_to(outside)
    with pytest.raises(RunError, match=rf"^{tmp_path / name}\.part: cannot be written: "):
        folder.write(name, "text")
    folder.close()
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("name", ["manifest.json.part", "logs_1.jsonl.zst.part-17-0"])
def test_what_a_crash_left_is_a_run_too(tmp_path, name):
    (tmp_path / name).write_text("{")
    with pytest.raises(InputError, match="holds another run"):
        Folder(tmp_path, overwrite=False)
    Folder(tmp_path, overwrite=True).close()
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_a_folder_named_like_an_output_is_told_by_its_name(tmp_path):
    (tmp_path / "logs_0.jsonl").mkdir()
    with pytest.raises(RunError, match=f"^{tmp_path / 'logs_0.jsonl'}: "):
        Folder(tmp_path, overwrite=True)


@pytest.fixture
def tiny(tmp_path):
    """A file system of 1 MiB."""
    place = tmp_path / "tiny"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("words", [(), ("--compress", "zstd"), ("--compress", "gzip")])
def test_a_full_disk_is_told_in_one_line(tiny, words):
    done = otelsim("generate", "60000", *WEEK, "--workers", 2, "--output", tiny / "run", "--quiet", *words)
    line = told(done, 1)
    assert line.startswith(f"{tiny / 'run'}/")
    assert line.endswith("cannot be written: No space left on device")
    assert not (tiny / "run" / "manifest.json").exists()


@pytest.mark.parametrize("left", [0, 8_192, 65_536])
def test_a_disk_that_is_full_before_the_run_is_told(tiny, left):
    with (tiny / "filler").open("wb") as file:
        file.write(bytes((1 << 20) - 4_096 - left))
    line = told(generate(tiny / "run"), 1)
    assert str(tiny / "run") in line
    assert "No space left on device" in line


def test_a_full_folder_for_temporary_files_is_told(tiny, tmp_path):
    done = generate(tmp_path / "run", env={"TMPDIR": str(tiny)}) if fill(tiny, 16_384) else None
    line = told(done, 1)
    assert str(tiny) in line
    assert "No space left on device" in line


def fill(place: Path, left: int) -> bool:
    return bool((place / "filler").write_bytes(bytes((1 << 20) - 4_096 - left)))


def uncovered() -> dict[str, str]:
    """The environment without what makes a subprocess record its coverage: nobody may not write that file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


AS_NOBODY = f"""
import os, sys
from otelsim.cli import main
from tests.simulated import prepared
import otelsim.runner.running
prepared(total_events=10)
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
main()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("exists", [True, False])
def test_no_permission_is_told_in_one_line(tmp_path, exists):
    # Parallel tests have a folder more above theirs.
    for folder in [tmp_path, *tmp_path.parents][: 4 if "PYTEST_XDIST_WORKER" in os.environ else 3]:
        folder.chmod(0o755)
    output = tmp_path / "run"
    if exists:
        output.mkdir(mode=0o755)
    words = ["generate", *map(str, FEW), *WEEK, "--output", str(output), "--quiet"]
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", AS_NOBODY, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, env=uncovered())
    assert told(done, 1) == f"{output}: cannot be written: Permission denied"
    assert output.exists() == exists
    assert not exists or list(output.iterdir()) == []


def test_closing_a_journal_on_a_full_disk_says_no_more(tmp_path):
    """The end of a journal must not hide the error with another."""
    journal = Journal(tmp_path / "journal", {})
    os.close(journal.file)
    journal.file = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(RunError, match="No space left"):
        journal.append({"slice": 1})
    journal.close()


HOLDING = """
import fcntl, os, sys, time
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(file, fcntl.LOCK_SH)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize(("patience_s", "held_s"), [(20, 0.6), (0.2, 30)])
def test_the_workers_of_a_killed_run_are_waited_for(made, tmp_path, monkeypatch, patience_s, held_s):
    monkeypatch.setattr("otelsim.runner.folder.PATIENCE_S", patience_s)
    command = [sys.executable, "-c", HOLDING, made / "journal.jsonl", str(held_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=uncovered()) as worker:
        assert worker.stdout.readline() == b"held\n"
        if held_s > patience_s:
            with pytest.raises(InputError, match="is in use by the workers of another run"):
                Folder(made, overwrite=False, resume=True)
            worker.kill()
        else:
            Folder(made, overwrite=False, resume=True).close()
            assert worker.wait(5) == 0
