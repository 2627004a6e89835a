"""What a page tells a reader to type, the program takes; where a page points to, there is something."""

import pytest

from otelsim.cli.main import cli
from tests.docs import commands, markdown
from tests.docs.commands import PAGES, ROOT

EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
SHOWN = """
```sh
docker compose up -d            # not ours
A=b .venv/bin/otelsim plan 5 && otelsim generate 10 20 --sink null \\
    --header "a=b c" > out      # a remark
```

```json
otelsim nowhere
```
"""


def test_commands_are_found_in_shell_blocks_only():
    assert commands.ours(SHOWN) == [["plan", "5"], ["generate", "10", "20", "--sink", "null", "--header", "a=b c"]]


@EVERY_PAGE
def test_every_command_is_taken(page):
    assert {
        " ".join(words): said for words in commands.ours(page.read_text()) if (said := commands.refused(words))
    } == {}


def test_the_readme_and_the_quick_start_show_commands():
    shown = {page.name: len(commands.ours(page.read_text())) for page in PAGES}
    assert shown["README.md"] > 10
    assert shown["quickstart.md"] > 10


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("generat 10", "No such command"),
        ("generate --endpiont x", "No such option"),
        ("generate ten", "must be a whole number"),
        ("generate --sink parquet", "is not one of"),
        ("generate 1 2 3", "unexpected extra argument"),
        ("world draw", "No such command"),
        ("check", "Missing"),
    ],
)
def test_a_wrong_command_is_noticed(line, said):
    (words,) = commands.ours(f"```sh\notelsim {line}\n```\n")
    assert said in commands.refused(words)


@EVERY_PAGE
def test_sentences_name_commands_that_exist(page):
    assert commands.named(page.read_text()) <= set(cli.commands)
    assert commands.named("as `otelsim nothing DIR` says") == {"nothing"}


@EVERY_PAGE
def test_scripts_and_links_lead_somewhere(page):
    assert missing(page, page.read_text()) == []


def test_the_readme_lists_every_page():
    contents = markdown.sections((ROOT / "README.md").read_text())["Documentation"]
    assert set(markdown.links(contents)) == {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}


def test_a_dead_end_is_noticed():
    text = "[a](nowhere.md#b) [c](docs/otlp.md) [d](https://example.com) [e](#nowhere)\n```sh\nbash tests/no.sh\n```\n"
    assert missing(ROOT / "README.md", text) == ["nowhere.md#b", "#nowhere", "tests/no.sh"]


def missing(page, text):
    links = [link for link in markdown.links(text) if "://" not in link and not leads(page, text, link)]
    return links + [name for name in sorted(commands.files(text)) if not (ROOT / name).exists()]


def leads(page, text, link):
    """Whether there is such a file, and in it such a heading."""
    name, _, anchor = link.partition("#")
    if name and not (page.parent / name).exists():
        return False
    return not anchor or anchor in markdown.anchors((page.parent / name).read_text() if name else text)
