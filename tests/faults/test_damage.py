"""What has become other than it was: named, and made again, as far as it was damaged and no further."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from otelsim import __version__
from otelsim.world.finding import find_world
from tests.command import generated, otelsim, told
from tests.faults.folders import digests

WORDS = ("20000", "--workers", "2")
SUFFIX = {"": "", "zstd": ".zst", "gzip": ".gz"}


PACKED = [
    pytest.param("", id="plain"),
    pytest.param("zstd", id="zstd"),
    pytest.param("gzip", id="gzip", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=PACKED)
def whole(request, tmp_path_factory):
    compress = ("--compress", request.param) if request.param else ()
    run = generated(tmp_path_factory.mktemp("whole") / "run", *WORDS, *compress)
    return run, SUFFIX[request.param]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return generated(tmp_path_factory.mktemp("plain") / "run", *WORDS)


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(at)
        (byte,) = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def spoil_line(journal: Path, number: int) -> int:
    """Alter a line of the journal; returns its slice."""
    lines = journal.read_text().splitlines(keepends=True)
    number_of = json.loads(lines[number - 1])["slice"]
    lines[number - 1] = lines[number - 1].replace('"requests":', '"requests":1', 1)
    journal.write_text("".join(lines))
    return number_of


def resumed(folder: Path) -> tuple[list[str], int]:
    """The faults that `resume` names, and how many slices it has to make."""
    done = otelsim("resume", folder)
    assert done.returncode == 0, done.stderr
    faults = [line.removeprefix("otelsim: ") for line in done.stderr.splitlines() if line.startswith("otelsim: ")]
    made = re.findall(r"^\d+ of 96 slices are whole, (\d+) are to be made$", done.stderr, re.MULTILINE)
    return faults, int(made[0]) if made else 0


def entry(run: Path, number: int) -> dict:
    return json.loads((run / "manifest.json").read_text())["slices"][number]


def test_flipped_bytes_cost_their_slices_alone(whole, tmp_path):
    run, suffix = whole
    before = digests(run)
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    places = [(7, "logs"), (50, "metrics"), (51, "metrics"), (94, "logs")]
    for number, signal in places:
        extent = entry(run, number)[signal]
        flip(copy / f"{signal}_{number % 2}.jsonl{suffix}", extent["offset"] + extent["bytes"] // 2)
    report = otelsim("check", copy, "--integrity")
    assert report.returncode == 1
    assert "4 of 192" in report.stdout
    faults, made = resumed(copy)
    assert len(faults) == made == len(places)
    for number, signal in places:
        assert any(f.startswith(f"{signal}_{number % 2}.jsonl{suffix}: slice {number} ") for f in faults)
    assert digests(copy) == before
    assert otelsim("check", copy, "--integrity").returncode == 0
    print(f"{len(places)} bytes flipped: {made} slices made again")


def test_a_torn_tail_costs_the_last_slice(whole, tmp_path):
    run, suffix = whole
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    file = copy / f"logs_1.jsonl{suffix}"
    os.truncate(file, file.stat().st_size - 10)
    faults, made = resumed(copy)
    assert (faults, made) == ([f"logs_1.jsonl{suffix}: slice 95 is cut short"], 1)
    assert digests(copy) == digests(run)


def test_lines_of_the_journal_cost_their_slices_alone(whole, tmp_path):
    run, _ = whole
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    journal = copy / "journal.jsonl"
    for number in (5, 30, 31):
        spoil_line(journal, number)
    with journal.open("a") as stream:
        stream.write('{"slice":3,"lane"')
    faults, made = resumed(copy)
    assert [f.split(": ")[0] for f in faults] == [f"{journal}:{n}" for n in (5, 30, 31, 98)]
    assert made == 3
    assert digests(copy) == digests(run)
    assert resumed(copy) == ([], 0)


def test_slices_one_after_the_other_in_a_lane_are_made_again_where_they_stood(plain, tmp_path):
    """The journal does not know where the second one began."""
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    journal = copy / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    kept = [line for line in lines[1:] if json.loads(line)["slice"] not in (10, 12, 14)]
    journal.write_text("".join([lines[0], *kept]))
    flip(copy / "logs_0.jsonl", entry(plain, 12)["logs"]["offset"] + 5)
    assert resumed(copy)[1] == 3
    assert digests(copy) == digests(plain)


@pytest.mark.parametrize("gone", ["logs_0.jsonl", "metrics_1.jsonl"])
def test_a_file_that_is_gone_costs_its_lane(plain, tmp_path, gone):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    (copy / gone).unlink()
    faults, made = resumed(copy)
    assert made == 48
    assert faults[0] == f"{gone}: slice {gone.split('_')[1][0]} cannot be read: No such file or directory"
    assert digests(copy) == digests(plain)


@pytest.mark.parametrize("name", ["summary.json", "incidents.jsonl", "manifest.json"])
def test_small_files_are_made_again(plain, tmp_path, name):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    text = (copy / name).read_text() or "{}"
    (copy / name).write_text(text.replace("1", "2"))
    changed = (copy / name).read_text() != (plain / name).read_text()
    assert otelsim("check", copy, "--integrity").returncode == changed
    resumed(copy)
    assert digests(copy) == digests(plain)


def test_where_there_is_no_journal_nothing_is_resumed(plain, tmp_path):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    (copy / "journal.jsonl").unlink()
    assert told(otelsim("resume", copy), 2) == f"{copy}: there is no journal, so there is no run to resume here"
    assert told(otelsim("resume", tmp_path / "nowhere"), 2).endswith("there is no run to resume here")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("text", ["", "{}\n", '{"scenario":{}}\n', "\0" * 500, "[" * 100_000])
def test_a_journal_without_a_beginning_is_none(plain, tmp_path, text):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    (copy / "journal.jsonl").write_text(text)
    before = digests(copy)
    assert "the first line is no journal's, or damaged" in told(otelsim("resume", copy), 2)
    assert digests(copy) == before


def altered_head(journal: Path, **values: object) -> None:
    """A journal whose first line says something else, and has the digest of it."""
    from otelsim.runner.sealing import line_of

    head, *rest = journal.read_bytes().splitlines(keepends=True)
    said = json.loads(head)
    del said["check"]
    journal.write_bytes(line_of({**said, **values}) + b"".join(rest))


def test_another_version_is_refused(plain, tmp_path):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    altered_head(copy / "journal.jsonl", otelsim="0.0.1")
    line = told(otelsim("resume", copy), 2)
    assert line == f"{copy}/journal.jsonl:1: the run was begun by otelsim 0.0.1, and this is {__version__}"


def test_another_world_is_refused(plain, tmp_path):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    altered_head(copy / "journal.jsonl", tables="0" * 32)
    assert 'tables is "' in told(otelsim("resume", copy), 2)
    (copy / "manifest.json").unlink()
    assert "the world 'social_network' is no longer the one" in told(otelsim("resume", copy), 2)


def test_a_foreign_journal_is_refused_with_what_differs(plain, tmp_path):
    other = generated(tmp_path / "other", *WORDS, "--seed", 7)
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    shutil.copy(other / "journal.jsonl", copy)
    before = digests(copy)
    line = told(otelsim("resume", copy), 2)
    assert line == f"{copy}/manifest.json: is of another run than the journal: seed is 42 there, and 7 in the journal"
    assert digests(copy) == before


def test_a_foreign_journal_without_a_manifest_replaces_what_is_not_its_own(plain, tmp_path):
    """Nothing says which is right but the journal; no byte of the other run is taken for its own."""
    other = generated(tmp_path / "other", *WORDS, "--seed", 7)
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    shutil.copy(other / "journal.jsonl", copy)
    (copy / "manifest.json").unlink()
    faults, made = resumed(copy)
    assert made == 96
    assert len(faults) == 192
    assert digests(copy) == digests(other)


@pytest.mark.parametrize(
    ("words", "difference"),
    [
        (("20001", "--workers", "2"), "total_events is 20001 here, and 20000 in the journal"),
        ((*WORDS, "--seed", "1"), "seed is 1 here, and 42 in the journal"),
        ((*WORDS, "--compress", "zstd"), 'compress is "zstd" here, and null in the journal'),
        ((*WORDS, "--scenario", "incidents"), 'name is "incidents" here, and "year" in the journal'),
    ],
)
def test_a_changed_scenario_is_refused_with_the_parameter(plain, tmp_path, words, difference):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    week = ("--start", "2025-03-03", "--end", "2025-03-10")
    line = told(otelsim("generate", *words, *week, "--output", copy, "--resume"), 2)
    assert line == f"--resume: the run in the folder is another one: {difference}"
    assert digests(copy) == digests(plain)


def test_generate_goes_on_with_the_same_run(plain, tmp_path):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    flip(copy / "logs_0.jsonl", 1_000)
    assert generated(copy, *WORDS, "--resume") == copy
    assert digests(copy) == digests(plain)
    assert digests(generated(tmp_path / "new", *WORDS, "--resume")) == digests(plain)


def test_a_folder_in_use_is_not_resumed(plain, tmp_path):
    from otelsim.runner.folder import Folder

    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    held = Folder(copy, overwrite=False, resume=True)
    try:
        assert told(otelsim("resume", copy), 2) == f"--output: {copy} is in use by another run"
    finally:
        held.close()


def own_world(folder: Path, name: str) -> Path:
    """A copy of a bundled world, which has its name inside still, or another."""
    world = Path(shutil.copytree(find_world("multi_cloud"), folder))
    about = world / "world.toml"
    about.write_text(about.read_text().replace('name = "multi_cloud"', f'name = "{name}"'))
    return world


def unfinished(run: Path) -> None:
    """As if it had been killed before it was published."""
    for name in ("manifest.json", "summary.json", "incidents.jsonl"):
        (run / name).unlink()
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (run / "journal.jsonl").write_bytes(b"".join(lines[:40]))


@pytest.mark.parametrize("name", ["mine", pytest.param("multi_cloud", marks=pytest.mark.slow)])
@pytest.mark.parametrize("how", ["resume", "generate --resume", "moved"])
def test_a_run_of_a_world_of_ones_own_is_resumed(tmp_path, name, how):
    world = own_world(tmp_path / "world", name)
    words = ("2000", "--workers", "2", "--world", world)
    run = generated(tmp_path / "run", *words)
    before = digests(run)
    unfinished(run)
    if how == "generate --resume":
        generated(run, *words, "--resume")
    elif how == "moved":
        world.rename(tmp_path / "moved")
        assert otelsim("resume", run).returncode == 2
        assert otelsim("resume", run, "--world", tmp_path / "moved").returncode == 0
    else:
        assert otelsim("resume", run).returncode == 0
    assert digests(run) == before


def test_a_world_that_differs_in_what_is_told_as_otlp_alone_is_refused(tmp_path):
    world = own_world(tmp_path / "world", "mine")
    run = generated(tmp_path / "run", "500", "--workers", "2", "--world", world, "--sink", "otlp-file")
    unfinished(run)
    actions = world / "actions.tsv"
    lines = actions.read_text().splitlines(keepends=True)
    changed = [line.replace("/", "/other", 1) if "/" in line and not line.startswith("#") else line for line in lines]
    assert changed != lines
    actions.write_text("".join(changed))
    assert "is no longer the one that the run was begun with" in told(otelsim("resume", run), 2)
    actions.write_text("".join(lines))
    assert otelsim("resume", run).returncode == 0


def test_what_stands_behind_the_last_slice_is_cut_off(plain, tmp_path):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    with (copy / "logs_1.jsonl").open("a") as stream:
        stream.write("{}\n")
    faults, _ = resumed(copy)
    assert faults == [f"{copy}/logs_1.jsonl: has more than its slices: that is cut off"]
    assert digests(copy) == digests(plain)


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_a_link_in_the_place_of_a_file_is_not_followed(plain, tmp_path, suffix):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    unfinished(copy)
    other = tmp_path / "other"
    other.write_text("not ours")
    (copy / "logs_0.jsonl").unlink()
    (copy / f"logs_0.jsonl{suffix}").symlink_to(other)
    done = otelsim("resume", copy, "--quiet")
    assert done.returncode == 1
    assert "cannot be written: Too many levels of symbolic links" in done.stderr.splitlines()[-1]
    assert other.read_text() == "not ours"


@pytest.mark.parametrize(
    "values",
    [{"workers": 0}, {"workers": "2"}, {"workers": 10**9}, {"sink": "kafka"}, {"compress": "rar"}, {"sink": "otlp"}],
)
def test_a_head_that_is_none_of_ours_is_refused(plain, tmp_path, values):
    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    altered_head(copy / "journal.jsonl", **values)
    assert "workers, sink, compress or notation are unknown" in told(otelsim("resume", copy), 2)


@pytest.mark.parametrize(
    "values", [{"slice": "x"}, {"slice": -1}, {"slice": 10**9}, {"lane": 7}, {"tally": None}, {"logs": {"offset": -1}}]
)
def test_lines_that_are_none_of_this_runs_are_left_out(plain, tmp_path, values):
    from otelsim.runner.sealing import line_of

    copy = Path(shutil.copytree(plain, tmp_path / "run"))
    lines = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    said = json.loads(lines[20])
    del said["check"]
    lines[20] = line_of({**said, **values})
    (copy / "journal.jsonl").write_bytes(b"".join(lines))
    faults, made = resumed(copy)
    assert made == 1
    assert "is none of this run's: it is left out" in faults[0]
    assert digests(copy) == digests(plain)
