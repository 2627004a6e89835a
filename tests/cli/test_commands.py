"""Help, version, completion, the world's commands; pipes and colours."""

import json
import os
import pty
import subprocess
import sys

import pytest

from otelsim import __version__
from otelsim.cli.progress import duration, size
from tests.command import OTELSIM, WEEK

COMMANDS = [
    [],
    ["generate"],
    ["resume"],
    ["replay"],
    ["import"],
    ["import", "victoriametrics"],
    ["import", "victorialogs"],
    ["plan"],
    ["check"],
    ["doctor"],
    ["verify"],
    ["incidents"],
    ["report"],
    ["world"],
    ["world", "check"],
    ["world", "show"],
    ["completion"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_starts_with_examples(call, words, option):
    done = call(*words, option)
    if option == "-h" and words:
        return
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == "Examples:"
    assert lines[1].startswith("  otelsim ")
    assert any(line.startswith("Usage: otelsim") for line in lines)


@pytest.mark.parametrize("words", [[], ["world"]])
def test_no_command_shows_the_help(call, words):
    done = call(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("Examples:\n")


def test_version(call):
    assert call("--version").stdout == f"otelsim, version {__version__}\n"


@pytest.mark.parametrize(("shell", "sign"), [("bash", "complete "), ("zsh", "#compdef otelsim"), ("fish", "complete ")])
def test_completion_scripts(call, shell, sign):
    done = call("completion", shell)
    assert done.returncode == 0
    assert sign in done.stdout
    assert "_OTELSIM_COMPLETE" in done.stdout


def test_the_world_shown(call):
    done = call("world", "show")
    assert done.returncode == 0
    for word in ("World social_network", "Services", "lurker", "aurora_primary"):
        assert word in done.stdout


@pytest.mark.parametrize(("graph", "start"), [("mermaid", "flowchart LR\n"), ("dot", "digraph world {\n")])
def test_the_call_graph(call, graph, start):
    assert call("world", "show", "multi_cloud", "--graph", graph).stdout.startswith(start)


def test_a_faultless_world(call):
    assert call("world", "check", "multi_cloud").stdout.startswith("multi_cloud: no fault in 8 services, ")


def test_a_missing_world(refused):
    assert refused("world", "check", "nowhere").startswith("--world: 'nowhere' is neither")


def test_a_plan_as_json(call):
    done = call("plan", "2000", *WEEK, "--json")
    assert json.loads(done.stdout)["counts"]["requests"] == 2_000
    assert call("plan", "2000", *WEEK).returncode == 0


def test_check_of_a_run(call, small_run):
    done = call("check", small_run, "--json", "--workers", "1")
    assert json.loads(done.stdout)
    assert "checked " in done.stderr
    assert done.returncode in (0, 1)


@pytest.mark.parametrize("words", [["world", "show"], ["world", "show", "--graph", "dot"], ["generate", "--help"]])
def test_a_reader_that_leaves_is_no_failure_of_ours(words):
    command = subprocess.Popen([*OTELSIM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert command.stdout
    assert command.stderr
    command.stdout.close()
    errors = command.stderr.read()
    command.stderr.close()
    assert command.wait() in (0, 1)
    assert errors == ""


def on_terminal(*words: str, **env: str) -> str:
    """What a person sees."""
    ours, theirs = pty.openpty()
    surroundings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(
        [*OTELSIM, *words], stdout=theirs, stderr=theirs, env={**surroundings, "TERM": "xterm-256color", **env}
    ):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65_536):
                seen += part
        except OSError:  # Linux's way of saying that the other side is closed.
            pass
    os.close(ours)
    return seen.decode()


def test_colours_only_where_they_are_wanted():
    assert "\x1b[" in on_terminal("world", "show", "multi_cloud")
    plain = on_terminal("world", "show", "multi_cloud", NO_COLOR="1")
    assert not any(f"\x1b[{colour}" in plain for colour in (31, 32, 33, 34, 35, 36))


def test_a_terminal_gets_a_bar():
    seen = on_terminal("generate", "20000", *WEEK, "--sink", "null", "--workers", "2")
    assert "slices" in seen
    assert "20,000 requests" in seen


def test_sizes_and_times_for_people():
    assert [size(n) for n in (0, 999, 1_000, 5_600_000, 7.2e9, 3e12)] == [
        "0 B", "999 B", "1.0 kB", "5.6 MB", "7.2 GB", "3.0 TB",
    ]  # fmt: skip
    assert [duration(s) for s in (0, 59.4, 60, 200, 3_720)] == ["0 s", "59 s", "1 min 00 s", "3 min 20 s", "1 h 02 min"]


def test_the_module_is_a_program():
    done = subprocess.run([sys.executable, "-m", "otelsim", "--version"], capture_output=True, text=True, check=True)
    assert __version__ in done.stdout
