"""Five hundred command lines with something wrong in each: exit code 2, one line, no hang, nothing written."""

import re
from itertools import islice

import pytest

from otelsim.sinks.otlp.settings import warnings
from tests.command import otelsim
from tests.hostile.command_lines import bad_lines, leaves
from tests.hostile.judging import limited, tree

SEED = 5
WARNING = "otelsim: " + warnings({"header": ["a=b"]})[0]
LIMIT_S = 20


def judge(done, words: list[str]) -> None:
    """Exit code 2 and one line, or one for each fault of a world's files; a flag's secret may be warned of besides."""
    shown = f"{words!r:.600}: {done.returncode}, {done.stdout[-300:]!r}, {done.stderr[-1_500:]!r}"
    *lines, rest = [line for line in done.stderr.split("\n") if line != WARNING]
    assert done.returncode == 2, shown
    assert (done.stdout, rest) == ("", ""), shown
    assert len(lines) == 1 or (lines and all(re.match(r"otelsim: [\w./-]+:\d+: ", line) for line in lines)), shown
    assert all(line.startswith("otelsim: ") and line.isprintable() for line in lines), shown


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_fuzzed_command_lines(call, tmp_path, count):
    lines, before = list(islice(bad_lines(SEED), count)), tree(tmp_path)
    for words in lines:
        with limited(LIMIT_S):
            done = call(*words)
        judge(done, words)
        assert tree(tmp_path) == before, words
    print(f"{len(lines)} fuzzed command lines of {len(leaves())} commands: each refused in one line with exit code 2")


@pytest.mark.parametrize("lines", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_fuzzed_command_lines_as_a_user_types_them(tmp_path, lines):
    typed = (words for words in bad_lines(SEED + lines) if not any("\0" in word for word in words))
    for words in islice(typed, lines):
        judge(otelsim(*words, cwd=tmp_path, timeout=60), words)
    assert list(tmp_path.iterdir()) == []
    print(f"{lines} fuzzed command lines as processes: each refused in one line with exit code 2")


@pytest.mark.parametrize(
    "answer",
    [(0, "", ""), (1, "", "otelsim: x\n"), (2, "out", "otelsim: x\n"), (2, "", "Traceback\notelsim: x\n"), (2, "", ""),
     (2, "", "otelsim: x\notelsim: y\n"), (2, "", "otelsim: a\x1b[0m\n"), (2, "", "otelsim: x"), (2, "", "error: x\n")],
)  # fmt: skip
def test_any_other_end_is_seen(answer):
    class Done:
        returncode, stdout, stderr = answer

    with pytest.raises(AssertionError):
        judge(Done, ["generate"])


def test_a_good_refusal_is_taken():
    class Done:
        returncode, stdout, stderr = 2, "", f"{WARNING}\notelsim: --seed: must be a number\n"

    judge(Done, ["generate"])


def test_every_command_is_tried():
    tried = {tuple(words[: len(leaf.words)]) for words in islice(bad_lines(SEED), 500) for leaf in leaves()}
    assert {leaf.words for leaf in leaves()} <= tried
