"""Every bad input is told in one line before anything is written; `--json` is JSON and nothing else."""

import json
import shutil
from pathlib import Path

import pytest

from otelsim.world.finding import find_world
from tests.command import WEEK, content, otelsim, told
from tests.simulated import world_of

BAD = [
    (["--frobnicate"], "frobnicate"),
    (["--sink", "kafka"], "--sink: "),
    (["--sink", ""], "--sink: "),
    (["0"], "TOTAL_EVENTS: "),
    (["--", "-5"], "TOTAL_EVENTS: "),
    (["-5"], "-5"),
    (["many"], "TOTAL_EVENTS: "),
    (["1.5"], "TOTAL_EVENTS: "),
    (["1e6"], "TOTAL_EVENTS: "),
    (["nan"], "TOTAL_EVENTS: "),
    ([""], "TOTAL_EVENTS: "),
    (["1\n2"], "TOTAL_EVENTS: "),
    (["9" * 5_000], "TOTAL_EVENTS: "),
    (["10000000000000"], "TOTAL_EVENTS: "),
    (["10", "0"], "TOTAL_USERS: "),
    (["10", "--", "-1"], "TOTAL_USERS: "),
    (["10", "some"], "TOTAL_USERS: "),
    (["10", "10", "10"], "argument"),
    (["--workers", "0"], "--workers: "),
    (["--workers", "-1"], "--workers: "),
    (["--workers", "two"], "--workers: "),
    (["--seed", "-1"], "--seed: "),
    (["--seed", str(2**64)], "--seed: "),
    (["--seed", "x"], "--seed: "),
    (["--call-depth", "33"], "--call-depth: "),
    (["--call-depth", "-1"], "--call-depth: "),
    (["--metric-interval", "0s"], "--metric-interval: "),
    (["--metric-interval", "2d"], "--metric-interval: "),
    (["--metric-interval", "soon"], "--metric-interval: "),
    (["--start", "2025-03-03", "--end", "2025-03-02"], "--end: "),
    (["--start", "2025-03-03", "--end", "2025-03-03"], "--end: "),
    (["--start", "yesterday"], "--start: "),
    (["--start", "2025-02-30"], "--start: "),
    (["--start", "2025-3-3"], "--start: "),
    (["--start", "2025-03-03T25:00:00Z"], "--start: "),
    (["--end", "1969-01-01"], "--end: "),
    (["--end", "1970-06-01"], "--end: "),
    (["--end", "10000-01-01"], "--end: "),
    (["--compress", "rar"], "--compress: "),
    (["--compress", "zstd", "--sink", "null"], "--compress: "),
    (["--output", ""], "--output: "),
    (["--output", "a\0b"], "--output: "),
    (["--world", "nowhere"], "--world: "),
    (["--world", "a\nb"], "--world: "),
    (["--world", "a\0b"], "--world: "),
    (["--scenario", "nowhere"], "--scenario: "),
    (["--scenario", "/"], "--scenario: "),
    (["--scenario", "a\0b"], "--scenario: "),
]


@pytest.mark.parametrize(
    ("words", "start"), BAD, ids=[" ".join(words)[:30].encode("unicode_escape").decode() for words, _ in BAD]
)
def test_bad_usage_is_one_line(refused, words, start):
    line = refused("generate", *words)
    assert start in line


@pytest.mark.parametrize("command", ["check", "resume", "verify", "incidents", "report"])
def test_a_missing_argument_is_named(refused, command):
    assert refused(command) == "DIR|URI: is missing"


@pytest.mark.parametrize("words", [["bogus"], ["--bogus"], ["generate", "--output"], ["completion", "tcsh"]])
def test_an_unknown_command_is_one_line(refused, words):
    assert refused(*words)


SCENARIOS = [
    ("speed = 3", 1, "speed: unknown key"),
    ("\n# remark\nspeed = 3", 3, "speed: unknown key"),
    ("total_events = 0", 1, "total_events: must be from 1"),
    ('total_events = "10"', 1, "total_events: must be a number"),
    ("total_events = true", 1, "total_events: must be a number"),
    ("total_events = 1.5", 1, "total_events: must be a number"),
    ("propagation = nan", 1, "propagation: must be from"),
    ("propagation = 2", 1, "propagation: must be from"),
    ("\nduration = 7", 2, "duration: "),
    ('duration = "7 days"', 1, "duration: not a duration"),
    ('start = "soon"', 1, "start: not a date"),
    ("start = 5", 1, "start: not a date"),
    ("[year]\na = 1", 1, "year: unknown key"),
    ("total_events = ", 1, "not TOML"),
    ("a = 1\nb = = 2", 2, "not TOML"),
    ("seed = 1\nseed = 2", 2, "not TOML"),
    ("incidents = 5", 1, "incidents: write [[incidents]]"),
    ('[[incidents]]\nstart = "+1h"\nduration = "1h"', 1, "incident 1: component must be given"),
    ('[[incidents]]\ncomponent = "x"\nstart = "+1h"\nduration = "1h"\nend = 1', 5, "end: unknown key"),
    ('[[incidents]]\ncomponent = "x"\nstart = "1h"\nduration = "1h"', 3, "start: not a date"),
    ('[[incidents]]\ncomponent = "x"\nstart = "+1h"\nduration = "1h"\nfailure_rate = 2', 5, "failure_rate: "),
    ('start = "9998-01-01"\nduration = "2000d"', None, ""),
    ('[[incidents]]\ncomponent = "x"\nstart = "+1h"\nduration = "1h"', None, "incident 1: unknown component 'x'"),
    ("call_depth = 0\nworld = 'nowhere'", None, "--world: "),
]


@pytest.mark.parametrize(
    ("text", "line", "message"), SCENARIOS, ids=[text[:30].encode("unicode_escape").decode() for text, *_ in SCENARIOS]
)
def test_a_bad_scenario_is_told_with_its_line(refused, tmp_path, text, line, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    said = refused("generate", "--scenario", path)
    assert message in said
    assert line is None or said.startswith(f"{path}:{line}: ")


def test_a_scenario_that_is_no_text_is_told(refused, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"a = '\xff'")
    assert refused("generate", "--scenario", path) == f"{path}:1: is not UTF-8 at byte 5"


def test_incidents_that_overlap_are_refused(refused, tmp_path):
    one = '[[incidents]]\ncomponent = "redis_feed"\nstart = "+1h"\nduration = "2h"\n'
    (tmp_path / "mine.toml").write_text(one + one.replace("+1h", "+2h"))
    line = refused("generate", "--scenario", tmp_path / "mine.toml", *WEEK)
    assert line == "--scenario: two incidents of redis_feed overlap at 2025-03-03T02:00:00Z"


def test_a_range_too_long_to_simulate_is_refused(tmp_path):
    """Numbers of 64 bits cannot measure a thousand years and more, nor can memory hold their bins."""
    words = ("--start", "1970-01-01", "--end", "9998-01-01", "--sink", "null", "--workers", 1)
    assert told(otelsim("generate", 10, *words, cwd=tmp_path, timeout=8), 2).startswith("--")


@pytest.fixture
def mine(tmp_path) -> Path:
    """A world of one's own."""
    return Path(shutil.copytree(find_world("multi_cloud"), tmp_path / "mine"))


SPOILED = [
    ("txt/20_services.txt", "{", "[", 2, "bad json"),
    ("environments.tsv", "region_share\t", "share\t", 2, "the column 'region_share' is missing"),
    ("txt/24_deployments.txt", "shop:front:web", "shop:front:gone", 2, "unknown service"),
    ("txt/24_deployments.txt", "\tdefault", "\tde:fault", 2, "contains a colon"),
    ("self_errors.tsv", "401", "400", 4, "duplicate code '400'"),
]


@pytest.mark.parametrize(("name", "old", "new", "number", "message"), SPOILED)
def test_a_malformed_world_is_told_with_its_line(call, mine, tmp_path, name, old, new, number, message):
    text = (mine / name).read_text()
    (mine / name).write_text(text.replace(old, new, 1))
    before = sorted(tmp_path.rglob("*"))
    done = call("generate", "--world", mine)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert all(line.startswith(f"otelsim: {mine}/") for line in lines)
    assert any(line.startswith(f"otelsim: {mine / name}:{number}: ") and message in line for line in lines), lines
    assert sorted(tmp_path.rglob("*")) == before


def test_a_circle_of_dependencies_is_refused_where_depth_is_unlimited(refused, call, mine):
    with (mine / "dependencies.tsv").open("a") as file:
        file.write("catalog:items\tfront:web\n")
    line = refused("generate", "--world", mine, "--call-depth", "0")
    assert "circle: " in line
    assert line.count("front:web") >= 1
    assert call("generate", "5", "--world", mine, *WEEK, "--sink", "null", "--workers", "1").returncode == 0


def test_too_deep_a_tree_is_refused(refused, mine):
    with (mine / "dependencies.tsv").open("a") as file:
        file.write("catalog:items\tfront:web\ncatalog:items\tfront:cart\n")
    assert "over 1024 calls" in refused("generate", "--world", mine, "--call-depth", "32")


def test_an_output_that_is_a_file_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused("generate", "10", "--output", tmp_path / "file").startswith("--output: ")
    assert refused("generate", "10", "--output", tmp_path / "fi\0le").startswith("--output: ")


def test_a_path_of_two_lines_is_told_in_one(refused, tmp_path):
    path = tmp_path / "two\nlines"
    path.write_text("mine")
    assert refused("generate", "10", "--output", path)


def test_fewer_users_than_personas_work(call, tmp_path):
    done = call("generate", "500", "7", *WEEK, "--output", tmp_path / "run", "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["requests"] == 500
    logs = [json.loads(line) for f in (tmp_path / "run").glob("logs_*") for line in content(f).splitlines()]
    tags = [json.loads(line)["tags"] for f in (tmp_path / "run").glob("metrics_*") for line in content(f).splitlines()]
    users = {int(log["user_id"].removeprefix("user_")) for log in logs}
    targets = {int(log["target_user_id"].removeprefix("user_")) for log in logs if log["target_user_id"]}
    assert users | targets <= set(range(7))
    names = {tag["persona"] for tag in tags}
    assert names <= {p.name for p in world_of().personas}
    assert len(names) <= 7


@pytest.mark.parametrize("total", [1, 2])
def test_the_smallest_runs_work(call, total):
    done = call("generate", total, "1", *WEEK, "--workers", "3", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(Path("otelsim-run/summary.json").read_text())["counts"]["requests"] == total


def test_json_alone_is_on_stdout(tmp_path):
    done = otelsim("generate", "50", *WEEK, "--sink", "null", "--workers", 1, "--json", cwd=tmp_path)
    assert next(iter(json.loads(done.stdout))) == "run_id"
    assert "50 requests: " in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_without_json_stdout_is_empty(call):
    done = call("generate", "1_000", "1,0", *WEEK, "--sink", "null", "--workers", "1")
    assert done.stdout == ""
    assert "1,000 requests" in done.stderr
