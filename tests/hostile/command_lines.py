"""Command lines by chance, from the program's own commands and options; at least one word of each is wrong."""

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import click

from otelsim.cli.main import cli

ODD = [
    "", " ", "-", "--", "0", "-1", "00", "1.5", "nan", "inf", "1e309", "9" * 30, "9" * 5_000, "٣", "é", "\udcff",
    "\u202e", "\u00a0",
    "a\nb", "\t", "\r\n", "\x1b[31m", "\x7f", "x" * 300, "y" * 5_000, "z" * 100_000, "/", ".", "..", "../..",
    "/etc/passwd", "/dev/null",
    "@", "@missing", "@/", "=", "a=b=c", "a=", "=b", "a: b", "http://", "ftp://x", "http://[::1", "http://u:p@h:99999",
    "%00", "{}",
    "$HOME", "`id`", "'", '"', "\\", "*", "--json", "null", "None", "true", "1970-01-01", "9999-12-31", "-0d", "+1d",
    "7d", "otlp",
]  # fmt: skip
FINE = ["10", "1000", "42", "2025-03-03", "2025-03-10", "year", "incidents", "multi_cloud", "1", "60s", "gzip", "grpc"]
NEVER = {"-h", "--help", "--version"}
"""These end a command well, whatever else stands in it."""


class Leaf(NamedTuple):
    """A command that does something: the words that lead to it, and what it takes."""

    words: tuple[str, ...]
    command: click.Command

    def options(self) -> list[click.Option]:
        """Its options."""
        return [p for p in self.command.params if isinstance(p, click.Option) and not NEVER & set(p.opts)]

    def arguments(self) -> int:
        """How many arguments it takes."""
        return sum(isinstance(p, click.Argument) for p in self.command.params)


def leaves(command: click.Command = cli, words: tuple[str, ...] = ()) -> list[Leaf]:
    """All commands."""
    if not isinstance(command, click.Group):
        return [Leaf(words, command)]
    return [leaf for name, each in sorted(command.commands.items()) for leaf in leaves(each, (*words, name))]


def some(leaf: Leaf, rng: random.Random) -> list[list[str]]:
    """Options with values, good or bad; each is the words of one."""
    made = []
    for option in rng.sample(leaf.options(), min(len(leaf.options()), rng.choice((0, 0, 1, 1, 2, 4)))):
        value = [] if option.is_flag else [rng.choice(FINE + ODD)]
        made.append([rng.choice(option.opts), *value])
    return made


def unknown_option(leaf: Leaf, rng: random.Random) -> list[str]:
    name = rng.choice(("--frobnicate", "--sedd", "---", "-x", "--Seed", "--\n", "--a b", "-" * 50, "--" + "o" * 9_999))
    return [name, *rng.choice(([], ["1"]))]


def too_many_words(leaf: Leaf, rng: random.Random) -> list[str]:
    return ["--", *rng.choices(FINE + ODD, k=leaf.arguments() + rng.choice((1, 1, 50)))]


def valued_flag(leaf: Leaf, rng: random.Random) -> list[str]:
    flags = [o for o in leaf.options() if o.is_flag]
    return [f"{rng.choice(flags).opts[0]}={rng.choice(ODD)}"] if flags else unknown_option(leaf, rng)


def no_value(leaf: Leaf, rng: random.Random) -> list[str]:
    """The last word of a line: an option without its value."""
    takers = [o for o in leaf.options() if not o.is_flag]
    return [rng.choice(takers).opts[0]] if takers else unknown_option(leaf, rng)


WRONG = {
    "--sink": ["kafka", "", "OTLP ", "otlp\0"], "--workers": ["0", "-1", "two", "1.5", "nan", ""],
    "--compress": ["rar", "ZSTD "],
    "--seed": ["-1", "x", "1.0", "", "1e3", str(2**64), "9" * 5_000],
    "--start": ["soon", "2025-02-30", "2025-3-3", "", "9" * 999],
    "--end": ["1969-12-31", "10000-01-01", "0000-00-00", "now"], "--call-depth": ["33", "-1", "x", "", "1_0_0"],
    "--metric-interval": ["0s", "", "1", "-1s", "25h", "9" * 400 + "d"],
    "--scenario": ["nowhere", "", "/", "a\0b", "x" * 300, "..\n"],
    "--world": ["nowhere", "a\0b", "x" * 300, "y" * 5_000, "/dev/null", "a\nb"], "--metrics": ["all", ""],
    "--encoder": ["slow", ""],
    "--metric-attribute": ["user", ""], "--graph": ["png", ""], "--wait-for": ["-1", "x", "", "nan"],
    "--signals": ["", "dreams", "logs,"],
    "--protocol": ["thrift", "", "GRPC"],
    "--endpoint": ["", "x", "ftp://x", "http://", "http://[::1", "http://a b", "http://h:0", "http://é"],
    "--header": ["", "x", "=", "a=@missing", "a=b\nc", "a=é", "content-type=x", "a=@/", "a=@" + "x" * 300],
    "--compression": ["zip", ""],
    "--timeout": ["0", "-1", "x", "nan", "inf", "1e10", ""],
    "--certificate": ["missing", "/", "a\0b", "/dev/null", "/dev/zero", "x" * 300],
    "--client-key": ["missing", "", "/"], "--client-certificate": ["missing", "a\nb"],
    "--give-up-after": ["0", "nan", "x", "-inf"],
    "--max-request-bytes": ["10", "1e99", "x", "1.5"], "--in-flight": ["0", "65", "1.5", "x"],
    "--run-id": ["", " ", "x" * 129, "a\nb", "\udcff"],
    "--traces-endpoint": ["x"], "--logs-endpoint": ["http://"], "--metrics-endpoint": ["http://h:70000"],
    "--output": ["", "a\0b", "a\nb", "\udcff"],
    "--metrics-store": ["x", "ftp://h", "http://"], "--logs-store": [" "], "--traces-store": ["http://h:0"],
    "--collector-health": [""],
    "--collector-metrics": ["http://[", "\n"],
}  # fmt: skip
"""Values that their options never take, in whatever command."""


def wrong_value(leaf: Leaf, rng: random.Random) -> list[str]:
    taken = [name for option in leaf.options() for name in option.opts if name in WRONG]
    if not taken:
        return unknown_option(leaf, rng)
    name = rng.choice(taken)
    # Options of OTLP are read where something is sent.
    sent = ["--sink", "otlp"] if "generate" in leaf.words and name != "--sink" else []
    return [name, rng.choice(WRONG[name]), *sent]


def wrong_argument(leaf: Leaf, rng: random.Random) -> list[str]:
    """In place of the first argument: no number, no folder, no shell."""
    if not leaf.arguments():
        return unknown_option(leaf, rng)
    odd = ("", "nowhere", "-1", "1e6", "nan", "a\nb", "x" * 300, "y" * 5_000, "/dev/null", "\udcff", "0.0", "\u202e")
    return ["--", rng.choice(odd)]


WAYS: tuple[Callable[[Leaf, random.Random], list[str]], ...] = (
    unknown_option, too_many_words, valued_flag, no_value, wrong_value, wrong_value, wrong_value, wrong_value,
    wrong_argument,
)  # fmt: skip


def bad_line(rng: random.Random) -> list[str]:
    """The words of a command line that must be refused: what is wrong comes last, among good and odd options."""
    if rng.random() < 0.03:
        unknown = ("generat", "worlds", "GENERATE", "\0", "é", "--frob", "check\n", "x" * 9_999, "=")
        return [rng.choice(unknown), *rng.choices(ODD, k=2)]
    leaf = rng.choice(leaves())
    words = [word for option in some(leaf, rng) for word in option]
    return [*leaf.words, *words, *rng.choice(WAYS)(leaf, rng)]


def bad_lines(seed: int) -> Iterator[list[str]]:
    """Without end."""
    rng = random.Random(seed)
    while True:
        yield bad_line(rng)
