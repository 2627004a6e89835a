"""Whatever a world's files contain, loading gives a World or FixtureErrors."""

import random
import shutil
from pathlib import Path

import pytest

from otelsim.errors import FixtureErrors, at
from otelsim.world.finding import find_world
from otelsim.world.graph import dot, mermaid
from otelsim.world.loading import load_world
from otelsim.world.summary import tables

CELLS = [
    "", "-", "0", "-1", "1e999", "1e308", "1e-320", "nan", "inf", "9" * 400, "9" * 5000, "1_0", "٣", "true", ":", "a:b",
    "{}", "[]", "null", "{" * 9999, "[" * 99999, '{"share": 1e999}', '{"share": ' + "9" * 5000 + "}", '{"share": null}',
    '{"deployed_at": "0001-01-01T00:00:00+14:00"}', '{"deployed_at": "9999-12-31T23:59:59-23:59"}', '"\\ud800"', "..",
    '{"\\ud800": 1}', '{"deployed_at": "\\ud800"}', ",", ",,,", "x" * 300, "#", "é", "name = ", "[[", "1979-05-27",
]  # fmt: skip


def mutate(text: bytes, rng: random.Random) -> bytes:
    lines = text.split(b"\n")
    at_line = rng.randrange(len(lines))
    kind = rng.randrange(7)
    if kind == 0:
        cells = lines[at_line].split(b"\t")
        cells[rng.randrange(len(cells))] = rng.choice(CELLS).encode()
        lines[at_line] = b"\t".join(cells)
    elif kind == 1:
        del lines[at_line]
    elif kind == 2:
        lines.insert(rng.randrange(len(lines)), lines[at_line])
    elif kind == 3:
        return text[: rng.randrange(len(text) + 1)]
    elif kind == 4:
        place = rng.randrange(len(text) + 1)
        return text[:place] + rng.randbytes(rng.randrange(1, 4)) + text[place + rng.randrange(3) :]
    elif kind == 5:
        lines[at_line] = rng.choice(CELLS).encode()
    else:
        place = rng.randrange(len(text) + 1)
        return text[:place] + rng.choice(b"0123456789.-,:{}[]\"'\t\n #=").to_bytes() + text[place + 1 :]
    return b"\n".join(lines)


def check(folder: Path) -> None:
    try:
        world = load_world(folder)
    except FixtureErrors as errors:
        check_faults(folder, errors)
    else:
        assert tables(world)
        assert mermaid(world)
        assert dot(world)


def check_faults(folder: Path, errors: FixtureErrors) -> None:
    assert errors.faults
    for fault in errors.faults:
        file_name, line = fault.where.rsplit(":", 1)
        assert Path(file_name).is_relative_to(folder)
        assert fault.where == at(file_name, int(line))
        assert len(str(fault).encode().splitlines()) == 1


@pytest.mark.parametrize("seed", range(20))
def test_mutated_files_never_give_a_traceback(small: Path, seed: int) -> None:
    rng = random.Random(seed)
    original = find_world("multi_cloud")
    files = sorted(f.relative_to(small) for f in small.rglob("*") if f.is_file())
    for _ in range(30):
        spoiled = rng.sample(files, rng.choice((1, 1, 1, 2, 3)))
        for file in spoiled:
            (small / file).write_bytes(mutate((small / file).read_bytes(), rng))
        check(small)
        for file in spoiled:
            shutil.copy(original / file, small / file)
