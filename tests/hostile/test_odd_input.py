"""Input that is odd rather than broken: what fuzzing finds too seldom, each with what becomes of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from otelsim.cli.options import prepared
from otelsim.plan import plan_run
from otelsim.scenario import MAX_DEPTH
from otelsim.world.finding import find_world
from tests.command import WEEK
from tests.simulated import DAY, MONDAY, calls_of

Edit = Callable[[Path], None]
ASKED = {"start": MONDAY, "end": MONDAY + 7 * DAY, "total_events": 300}


@pytest.fixture
def mine(tmp_path) -> Path:
    """A world of one's own."""
    return Path(shutil.copytree(find_world("multi_cloud"), tmp_path / "mine"))


def in_column(file: Path, column: str, change: Callable[[str], str]) -> None:
    """Change every cell of a column."""
    rows = [line.split("\t") for line in file.read_text().splitlines()]
    header = next(i for i, row in enumerate(rows) if column in row)
    for row in rows[header + 1 :]:
        row[rows[header].index(column)] = change(row[rows[header].index(column)])
    file.write_text("\n".join("\t".join(row) for row in rows) + "\n")


def test_a_world_that_is_closed_at_night(mine):
    """Nobody is active from 22 to 5: an hour's share is then not quite zero, and its rare requests are anybody's."""
    closed = [h for h in range(24) if h >= 22 or h < 5]
    nobody = lambda cell: ",".join("0" if h in closed else w for h, w in enumerate(cell.split(",")))  # noqa: E731
    in_column(mine / "personas.tsv", "hourly_weights", nobody)
    ready = prepared("year", {**ASKED, "world": str(mine)})
    calls = calls_of(ready)
    assert calls.shape[1] >= ASKED["total_events"]
    assert plan_run(ready)["counts"]["requests"] == ASKED["total_events"]


def test_so_few_users_that_nobody_does_anything(refused, mine):
    """The largest archetype has all of a single user, and does nothing."""
    text = (mine / "archetypes.tsv").read_text()
    (mine / "archetypes.tsv").write_text(text.replace("shopper\t6\t80\t60", "shopper\t6\t80\t0"))
    line = refused("generate", "10", "1", *WEEK, "--world", mine)
    assert line == "TOTAL_USERS: none of 1 users is of an archetype that does anything: give more"
    assert calls_of(prepared("year", {**ASKED, "world": str(mine), "total_users": 100})).shape[1] >= 300


def chained(folder: Path, count: int) -> None:
    """Services that each call the next."""
    files = {name: (folder / name).read_text() for name in ("txt/20_services.txt", "txt/24_deployments.txt")}
    places = [r for r in files["txt/24_deployments.txt"].splitlines() if "\tshop:front:web\t" in r]
    made = [f"shop:chain:s{i}" for i in range(count)]
    with (folder / "txt/20_services.txt").open("a") as file:
        file.writelines(f"shop:chain\ts{i}\tchain\n" for i in range(count))
    with (folder / "txt/24_deployments.txt").open("a") as file:
        file.writelines(r.replace("shop:front:web", name) + "\n" for name in made for r in places)
    with (folder / "dependencies.tsv").open("a") as file:
        file.writelines(f"chain:s{i}\tchain:s{i + 1}\n" for i in range(count - 1))


def test_a_chain_of_services_that_is_longer_than_pythons_stack(mine):
    chained(mine, 1_500)
    assert prepared("year", {**ASKED, "world": str(mine), "call_depth": 0}).largest_tree > MAX_DEPTH


@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_a_text_that_no_line_has_room_for(refused, mine, size):
    """It would be tried again and again."""
    with (mine / "self_errors.tsv").open("a") as file:
        file.write(f"599\tserver\t1\t{'é' * size}\n")
    line = refused("generate", "10", *WEEK, "--world", mine)
    assert line.startswith("--world: texts are too long: a line may have ")


def test_a_text_that_there_is_just_room_for(mine):
    with (mine / "self_errors.tsv").open("a") as file:
        file.write(f"599\tserver\t1000000\t{'x' * 500_000}\n")
    assert calls_of(prepared("year", {**ASKED, "world": str(mine)})).shape[1] >= 300


SCENARIOS = [
    ("total_events" + ".a" * 3_000 + " = 1", ":1: total_events: must be a number, not a table"),
    ("seed = " + "[" * 50 + "]" * 50, ":1: seed: must be a number, not a list"),
    ("seed = 0x" + "f" * 9_000, ":1: seed: must be from 0 to 18446744073709551615, not a number of over 100 digits"),
    (f'burst_cv = "{"x" * 5_000}"', ":1: burst_cv: must be a number, not '" + "x" * 99 + "…"),
    ('\n"a\\nb" = 1', ":1: a\\nb: unknown key"),
    ('"\\u0085\\u202e\\u2028" = 1', ":1: \\x85\\u202e\\u2028: unknown key"),
    ('[[incidents]]\ncomponent = "redis_feed"\nstart = "+2919000d"\nduration = "1d"', "incident 1: starts after"),
    ('[[incidents]]\ncomponent = "x"\nstart = "+1d"\nduration = "1d"\nfailure_rate' + ".a" * 3_000 + " = 1",
     ":5: failure_rate: must be a number, not a table"),
    ("a = 1\nb = \"\\xff\"", ":2: not TOML: "),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), SCENARIOS, ids=lambda text: ascii(text)[:40])
def test_an_odd_scenario(refused, tmp_path, text, told):
    (tmp_path / "mine.toml").write_text(text)
    line = refused("generate", "--scenario", tmp_path / "mine.toml")
    assert told in line
    assert len(line) < 500


@pytest.mark.parametrize("option", ["--scenario", "--world", "--certificate"])
@pytest.mark.parametrize("length", [256, 5_000])
def test_a_name_that_is_too_long(refused, option, length):
    assert refused("generate", *WEEK, "--sink", "otlp", option, "x" * length).startswith(f"{option}: ")


@pytest.mark.parametrize("name", ["two\nlines", "red\x1b[31m", "back\u202ewards", "\udcff"])
def test_a_name_that_does_more_than_print(refused, tmp_path, name):
    (tmp_path / name).write_bytes(b"a = 1\n")
    shown = name.encode("unicode_escape").decode()
    assert refused("generate", "--scenario", tmp_path / name).startswith(f"{tmp_path}/{shown}:1: a: unknown key")
    for words in (("check", tmp_path / name), ("incidents", tmp_path / name)):
        assert refused(*words).startswith(f"{tmp_path}/{shown}")


@pytest.mark.parametrize("option", ["--certificate", "--client-key", "--client-certificate"])
def test_a_file_without_end(refused, option):
    assert refused("generate", "--sink", "otlp", option, "/dev/zero") == (
        f"{option}: /dev/zero cannot be read: it is no regular file"
    )


def test_a_time_that_is_no_number(refused):
    assert refused("doctor", "--wait-for", "nan") == "--wait-for: is not a number"
