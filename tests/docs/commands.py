"""Commands that pages show, and whether the program takes them: their words are parsed, nothing is run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import click

from otelsim.cli.main import cli
from tests.docs import markdown

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
# What a page has the shell put in.
_VALUES = {"START": "2025-03-03T10:00:00Z", "END": "2025-03-03T11:00:00Z"}
_ENDS = {"&&", "||", "|", ";", "&", ">", ">>", "<"}
Words = list[str]


def commands(text: str) -> Iterator[Words]:
    """Every command of the blocks of shell, without what is set for it and where it goes."""
    for block in markdown.blocks(text, "sh"):
        for line in Template(block.replace("\\\n", " ")).safe_substitute(_VALUES).splitlines():
            yield from _of_line(line)


def _of_line(line: str) -> Iterator[Words]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    found: Words = []
    for word in [*reader, ";"]:
        if word not in _ENDS:
            found.append(word)
            continue
        while found and re.match(r"\w+=", found[0]):
            found.pop(0)
        if found:
            yield found
        found = []


def ours(text: str) -> list[Words]:
    """The arguments of each command that is otelsim, wherever it is installed."""
    return [words[1:] for words in commands(text) if Path(words[0]).name == "otelsim"]


def refused(words: Words) -> str:
    """What the program says against these arguments; nothing where it takes them."""
    try:
        _parse(cli, "otelsim", words, None)
    except click.exceptions.Exit:
        return ""
    except click.ClickException as error:
        return error.format_message()
    return ""


def _parse(command: click.Command, name: str, words: Words, parent: click.Context | None) -> None:
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        context = click.Context(command, parent, name)
        found, below, rest = command.resolve_command(context, words)
        _parse(below, str(found), rest, context)
    else:
        command.make_context(name, list(words), parent)


def named(text: str) -> set[str]:
    """The commands that a page's sentences name."""
    return set(re.findall(r"`otelsim ([a-z]+)", text))


def files(text: str) -> set[str]:
    """Scripts that commands run, by their paths in the repository."""
    words = (one for one in commands(text) if Path(one[0]).name in ("bash", "python", "python3"))
    return {one[1] for one in words if len(one) > 1 and not one[1].startswith("-")}
