"""Parts of a run that are made apart, and joined."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.errors import InputError
from otelsim.replay.files import given as to_be_replayed
from otelsim.runner.finished import world_of
from otelsim.runner.merging import merged, read_shards
from otelsim.runner.sealing import sealed
from otelsim.runner.sharding import WHOLE, Shard, shard_of
from otelsim.sinks.places import place_of
from otelsim.world.finding import DEFAULT, bundled
from tests.command import WEEK, generated, otelsim, sorted_digest, told

RUN = ("3000", "200", "--scenario", "incidents", "--workers", "2")
SHARDS = 5


@given(st.integers(1, 50), st.integers(0, 300))
def test_shards_share_everything_out(of, count):
    shares = [Shard(i, of).share(count) for i in range(of)]
    assert sorted(n for share in shares for n in share) == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_shard_as_it_is_given():
    assert shard_of("2/5") == (2, 5)
    assert shard_of(None) == WHOLE == shard_of("0/1")


@pytest.mark.parametrize(
    "text", ["5/5", "6/5", "-1/5", "0/0", "1", "a/b", "", "1/2/3", "\u0662/\u0665", "0/100001", "1.0/2"]
)
def test_a_shard_that_is_none(text):
    with pytest.raises(InputError, match="--shard: must be i/n"):
        shard_of(text)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Five shards in one folder, by one to three workers each."""
    folder = tmp_path_factory.mktemp("shards") / "run"
    for i in range(SHARDS):
        words = (*RUN[:-1], 1 + i % 3, "--shard", f"{i}/{SHARDS}", "--compress", "zstd")
        generated(folder, *words)
    return folder


@pytest.fixture
def copied(shards, tmp_path):
    """The same, to be changed."""
    return shutil.copytree(shards, tmp_path / "copy")


@pytest.mark.untraced
def test_shards_that_are_merged_are_the_run(copied, small_run):
    done = otelsim("merge", copied, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((small_run / "summary.json").read_text())
    whole, merged = (json.loads((folder / "manifest.json").read_text()) for folder in (small_run, copied))
    assert merged["content_digest"] == whole["content_digest"]
    assert [s["slice"] for s in merged["slices"]] == [s["slice"] for s in whole["slices"]]
    assert sorted_digest(copied) == sorted_digest(small_run)
    assert (copied / "incidents.jsonl").read_bytes() == (small_run / "incidents.jsonl").read_bytes()
    assert otelsim("check", "--integrity", copied, "--quiet").returncode == 0
    assert "files.size" not in _broken(copied)
    found = to_be_replayed([copied])
    assert found.run is not None
    assert len(found.pairs) == len(list(copied.glob("shard-*/logs_*")))
    # A second one is told apart from the first, and may replace it.
    assert "holds another run" in told(otelsim("merge", copied), 2)
    assert otelsim("merge", copied, "--overwrite", "--quiet").returncode == 0


def _broken(folder):
    report = json.loads(otelsim("check", folder, "--json", "--quiet").stdout)
    return {law["name"] for law in report["laws"] if law["violations"]}


def test_a_shard_of_a_merged_run_that_was_altered_is_found(copied):
    assert otelsim("merge", copied, "--quiet").returncode == 0
    file = next((copied / "shard-3-of-5").glob("logs_*"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    done = otelsim("check", "--integrity", copied, "--quiet")
    assert done.returncode == 1
    assert f"shard-3-of-5/{file.name}" in done.stdout


def _cut(file):
    file.write_bytes(file.read_bytes()[:-2])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: shutil.rmtree(f / "shard-3-of-5"), "shard-3-of-5 is missing"),
        (lambda f: [shutil.rmtree(f / f"shard-{i}-of-5") for i in (0, 2)], "shard-0-of-5 and 1 others are missing"),
        (lambda f: (f / "shard-1-of-5" / "manifest.json").unlink(), "is not finished"),
        (lambda f: next((f / "shard-1-of-5").glob("logs_*")).unlink(), "no such file"),
        (lambda f: _cut(next((f / "shard-1-of-5").glob("metrics_*"))), "by its manifest"),
        (lambda f: _cut(f / "shard-1-of-5" / "manifest.json"), "is not the manifest of a run"),
        (lambda f: (f / "shard-1-of-5").rename(f / "shard-1-of-4"), "shards of two runs"),
        (
            lambda f: shutil.copytree(f / "shard-0-of-5", f / "shard-1-of-5", dirs_exist_ok=True),
            "not that of shard 1/5",
        ),
        (lambda f: [shutil.rmtree(each) for each in f.glob("shard-*")], "there are no shards"),
    ],
)
def test_what_cannot_be_merged(copied, spoil, said):
    spoil(copied)
    assert said in told(otelsim("merge", copied), 2)
    assert not {"manifest.json", "summary.json", "incidents.jsonl"} & {p.name for p in copied.iterdir()}


def test_shards_of_two_seeds_are_not_merged(copied):
    folder = copied / "shard-2-of-5"
    generated(copied, *RUN, "--shard", "2/5", "--compress", "zstd", "--seed", 43, "--overwrite")
    assert told(otelsim("merge", copied), 2).startswith(f"{folder}: is of another run: seed is 43 in shard-2-of-5")


def _altered(folder, **more):
    """The manifest of a shard says something else, and is as good as if it always had."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(sealed({**json.loads(path.read_text()), **more})))


@pytest.mark.parametrize(
    ("shard", "more", "said"),
    [
        (1, {"run_id": "other"}, "run_id is"),
        (1, {"group_slices": 2}, "group_slices is 2"),
        (0, {"group_slices": 2}, "group_slices is 3"),
    ],
)
def test_what_shards_must_have_in_common(copied, shard, more, said):
    _altered(copied / f"shard-{shard}-of-5", **more)
    with pytest.raises(InputError, match=f"is of another run: {said}"):
        read_shards(place_of(copied))


@pytest.mark.parametrize("shard", [0, 1])
def test_in_what_shards_may_differ(copied, shard):
    before = read_shards(place_of(copied))
    _altered(copied / f"shard-{shard}-of-5", sending={"logs": {"endpoint": "http://other:4318"}})
    assert merged(place_of(copied), read_shards(place_of(copied)), None).content == sum(
        each[signal]["content_bytes"]
        for values in before
        for each in values["slices"]
        for signal in ("logs", "metrics")
    )


def test_what_cannot_be_merged_takes_nothing_from_an_earlier_merge(copied):
    assert otelsim("merge", copied, "--quiet").returncode == 0
    before = (copied / "manifest.json").read_bytes()
    folder = copied / "shard-4-of-5"
    _altered(folder, slices=json.loads((folder / "manifest.json").read_text())["slices"][1:])
    assert "do not have every slice once" in told(otelsim("merge", copied, "--overwrite"), 2)
    assert (copied / "manifest.json").read_bytes() == before


def test_a_world_of_ones_own_is_found_again(tmp_path):
    shutil.copytree(bundled()[DEFAULT], tmp_path / "world")
    file = tmp_path / "world" / "world.toml"
    file.write_text(file.read_text().replace(f'"{DEFAULT}"', '"ours"'))
    words = ("50", "5", *WEEK, "--world", tmp_path / "world", "--quiet", "--output", tmp_path / "run")
    assert otelsim("generate", *words, "--shard", "0/1").returncode == 0
    journal = tmp_path / "run" / "journal.jsonl"
    assert world_of(tmp_path / "run", None, "ours").name == "ours"
    # As it stands in a bucket, and in that of a shard.
    (tmp_path / "run" / "parts").mkdir()
    head = journal.rename(tmp_path / "run" / "parts" / "head.jsonl")
    assert world_of(tmp_path / "run", None, "ours").name == "ours"
    (tmp_path / "run" / "shard-0-of-2").mkdir()
    head.rename(tmp_path / "run" / "shard-0-of-2" / "journal.jsonl")
    with pytest.raises(InputError, match="'ours' is neither a folder nor"):
        world_of(tmp_path / "run", None, "ours")
    _altered(tmp_path / "run", slices=[{"folder": "shard-0-of-2"}])
    assert world_of(tmp_path / "run", None, "ours").name == "ours"


def test_a_shard_is_no_run_of_its_own(shards):
    shard = shards / "shard-0-of-5"
    assert "otelsim merge" in told(otelsim("check", shard), 2)
    assert "otelsim merge" in told(otelsim("report", shard), 2)
    assert otelsim("check", "--integrity", shard, "--quiet").returncode == 0


def test_a_shard_is_gone_on_with_as_a_run_is(copied):
    folder = copied / "shard-2-of-5"
    before = {p.name: p.read_bytes() for p in folder.glob("*_*")}
    for name in ("manifest.json", "summary.json", "incidents.jsonl"):
        (folder / name).unlink()
    for file in sorted(folder.glob("*_*"))[:5]:
        file.unlink()
    journal = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join(journal[:8]))
    assert otelsim("resume", folder, "--quiet").returncode == 0
    assert {p.name: p.read_bytes() for p in folder.glob("*_*")} == before
    assert otelsim("merge", copied, "--quiet").returncode == 0


@pytest.mark.untraced
def test_more_shards_than_slices(tmp_path):
    words = (
        "50",
        "5",
        *WEEK,
        "--metric-interval",
        "86400s",
        "--end",
        "2025-03-05",
        "--quiet",
        "--output",
        tmp_path / "run",
    )
    for i in range(3):
        assert otelsim("generate", *words, "--shard", f"{i}/3").returncode == 0
    done = otelsim("merge", tmp_path / "run", "--json")
    assert json.loads(done.stdout)["counts"]["requests"] == 50
