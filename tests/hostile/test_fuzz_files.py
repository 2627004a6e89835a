"""Whatever a world's files and a scenario's file hold, it is accepted, or refused at once in lines that say where.

The files go through what `otelsim generate` does before it writes anything: `cli.options.prepared`.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from otelsim import scenario as scenarios
from otelsim.cli.options import chosen, prepared
from otelsim.errors import InputError
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.slicing import Simulator
from otelsim.scenario import SHIPPED
from otelsim.world.finding import find_world
from tests.command import WEEK, otelsim
from tests.hostile.judging import LIMIT_S, TooSlow, limited, lines_told, refusal, tree
from tests.hostile.mutations import OF_TABLES, OF_TOML, spoiled
from tests.simulated import DAY, MONDAY, calls_of
from tests.test_scenario import ALL

SPAN = {"start": MONDAY, "end": MONDAY + 7 * DAY}
PREPARED_DAYS = 40
"""Longer runs are prepared as such a short one: their bins take time, and are the same as others."""


class Worlds:
    """Copies of the bundled worlds with one or two files spoiled at a time."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng, self.folders = rng, {}
        for name in ("multi_cloud", "social_network"):
            original = find_world(name)
            copy = Path(shutil.copytree(original, folder / name))
            self.folders[copy] = (original, sorted(f.relative_to(copy) for f in copy.rglob("*") if f.is_file()))

    def spoiled(self) -> Iterator[Path]:
        """Folder after folder; what was spoiled is put right before the next."""
        small, large = self.folders
        while True:
            folder = self.rng.choice((small, small, small, small, large))
            original, files = self.folders[folder]
            chosen_files = self.rng.sample(files, self.rng.choice((1, 1, 1, 1, 2)))
            for file in chosen_files:
                spoilers = OF_TOML if file.suffix == ".toml" else OF_TABLES
                (folder / file).write_bytes(spoiled((original / file).read_bytes(), self.rng, spoilers))
            yield folder
            for file in chosen_files:
                shutil.copyfile(original / file, folder / file)


def scenario_texts(rng: random.Random) -> Iterator[bytes]:
    """Shipped scenarios, and one with every key, spoiled."""
    known = [path.read_bytes() for path in SHIPPED.glob("*.toml")] + [ALL.encode()] * 2
    while True:
        yield spoiled(rng.choice(known), rng, OF_TOML)


def load_scenario(path: Path) -> None:
    """As `generate --scenario` does, but that a long run is prepared as a short one."""
    asked = chosen(str(path), {})
    assert scenarios.from_manifest(scenarios.to_manifest(asked)) == asked
    prepared(str(path), {} if asked.duration_s < PREPARED_DAYS * DAY else {"start": MONDAY, "end": MONDAY + DAY})


class Outcomes(Counter[str]):
    """What became of the files."""

    def judge(self, attempt: Any, folder: Path, label: str) -> bool:
        """Whether it was refused; AssertionError with the label where it is neither that nor accepted."""
        try:
            refused = refusal(attempt, folder)
        except AssertionError as error:
            raise AssertionError(label) from error
        self["refused" if refused else "accepted"] += 1
        self["lines"] += len(refused)
        return bool(refused)

    def told(self, what: str) -> str:
        count = self["accepted"] + self["refused"]
        lines = f"refused in {self['lines']:,} lines that say where"
        return f"{count:,} fuzzed {what}: {self['accepted']:,} accepted, {self['refused']:,} {lines}"


def simulate(asked: dict[str, Any]) -> None:
    """A run in full, with its lines encoded and thrown away."""
    ready = prepared("year", asked)
    with limited(LIMIT_S):
        made = make_slices(Simulator(ready), range(len(ready.slices)), null_sinks())
    assert sum(int(each.tally.totals[0]) for each in made) == ready.scenario.total_events


@pytest.mark.parametrize(("seed", "files"), [(1, 600), pytest.param(11, 6_000, marks=pytest.mark.slow)])
def test_spoiled_worlds(tmp_path: Path, seed: int, files: int) -> None:
    rng = random.Random(seed)
    worlds, found, run = Worlds(tmp_path, rng), Outcomes(), 0
    calls_of(prepared("year", {**SPAN, "total_events": 1}))  # Kernels may have to be compiled first.
    before = set(tree(tmp_path))
    for number, folder in zip(range(files), worlds.spoiled(), strict=False):
        asked = {**SPAN, "total_events": 100, "total_users": rng.choice((1, 7, 1_000)), "world": str(folder)}
        asked["call_depth"] = rng.choice((0, 1))
        refused = found.judge(partial(prepared, "year", asked), folder, f"world {number} of seed {seed}")
        if not refused and found["accepted"] % 8 == 0:
            simulate(asked)
            run += 1
    assert set(tree(tmp_path)) == before
    print(f"{found.told('worlds')}; {run} of those accepted were simulated")
    assert min(found["accepted"], found["refused"]) > files / 20
    assert run >= 10


@pytest.mark.parametrize(("seed", "files"), [(2, 300), pytest.param(12, 4_000, marks=pytest.mark.slow)])
def test_spoiled_scenarios(tmp_path: Path, seed: int, files: int) -> None:
    path, found = tmp_path / "mine.toml", Outcomes()
    for number, text in zip(range(files), scenario_texts(random.Random(seed)), strict=False):
        path.write_bytes(text)
        found.judge(partial(load_scenario, path), tmp_path, f"scenario {number} of seed {seed}: {text[:500]!r}")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]
    print(found.told("scenarios"))
    assert min(found["accepted"], found["refused"]) > files / 20


def refused_by_the_command(tmp_path: Path, folder: Path, *words: object) -> int:
    """How many lines the real command refuses with; it leaves nothing behind."""
    here = tmp_path / "here"
    here.mkdir(exist_ok=True)
    done = otelsim("generate", "10", *words, cwd=here)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr[-2_000:]
    lines = done.stderr.splitlines()
    assert all(line.startswith("otelsim: ") for line in lines), done.stderr[-2_000:]
    told = lines_told("\n".join(line.removeprefix("otelsim: ") for line in lines), folder)
    assert list(here.iterdir()) == []
    return len(told)


@pytest.mark.parametrize("files", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_the_command_says_the_same_of_worlds(tmp_path: Path, files: int) -> None:
    asked: dict[str, Any] = {**SPAN, "total_events": 10}
    folders = Worlds(tmp_path, random.Random(files)).spoiled()
    bad = (f for f in folders if refusal(partial(prepared, "year", {**asked, "world": str(f)}), f))
    lines = [refused_by_the_command(tmp_path, folder, *WEEK, "--world", folder) for folder in islice(bad, files)]
    print(f"{len(lines)} fuzzed worlds given to the command: exit code 2, {sum(lines)} lines, nothing written")
    assert len(lines) == files


@pytest.mark.parametrize("files", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_the_command_says_the_same_of_scenarios(tmp_path: Path, files: int) -> None:
    path = tmp_path / "mine.toml"
    lines: list[int] = []
    for text in scenario_texts(random.Random(files)):
        path.write_bytes(text)
        if refusal(partial(load_scenario, path), tmp_path):
            lines.append(refused_by_the_command(tmp_path, tmp_path, "--scenario", path))
        if len(lines) == files:
            break
    print(f"{len(lines)} fuzzed scenarios given to the command: exit code 2, {sum(lines)} lines, nothing written")


def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "attempt",
    [lambda: fail(ValueError("x")), lambda: fail(InputError("", "x")), lambda: fail(InputError("somewhere", "x")),
     lambda: fail(InputError("--seed", "")), lambda: time.sleep(1)],
    ids=["a traceback", "no place", "no place of ours", "no message", "no end"],
)  # fmt: skip
def test_any_other_end_is_seen(tmp_path: Path, attempt: Any) -> None:
    with pytest.raises(AssertionError):
        refusal(attempt, tmp_path, seconds=0.05)


@pytest.mark.parametrize("text", ["", "--seed: x\ny", "--seed: \x1b[31m", "--seed: a\u202eb", "{}/a: x", "{}/a:0:x"])
def test_lines_that_are_no_refusal_are_seen(tmp_path: Path, text: str) -> None:
    with pytest.raises(AssertionError):
        lines_told(text.format(tmp_path), tmp_path)
    assert len(lines_told(f"--seed: x\n{tmp_path}/a b.tsv:3: y", tmp_path)) == 2


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TooSlow), limited(0.05):
        time.sleep(5)
