"""What a page tells a reader to type, the program takes; where a page points to, there is something."""

import json
import re

import pytest

from otelsim.cli.main import cli
from otelsim.errors import OtelsimError
from otelsim.scenario import load
from tests.docs import commands, markdown
from tests.docs.commands import PAGES, ROOT
from tests.docs.sample import sample

# One worker makes the sample that several of these tests look at.
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
        ("generate --sink avro", "is not one of"),
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


def block(page, language):
    (found,) = markdown.blocks((ROOT / "docs" / page).read_text(), language)
    return found


def test_the_scenario_that_is_shown_is_accepted(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(block("scenarios.md", "toml"))
    assert load(str(file)).total_users == 2_000
    file.write_text(file.read_text().replace("total_users", "total_usres"))
    with pytest.raises(OtelsimError, match=r"my.toml:2: .*total_usres"):
        load(str(file))


def test_the_program_that_is_shown_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "week").mkdir()
    lines = [json.dumps(seen.told.log) for seen in sorted(sample(), key=lambda seen: seen.told.log["timestamp"])]
    (tmp_path / "week" / "logs_0.jsonl").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    exec(block("quickstart.md", "python"), {})
    assert "infrastructure:" in capsys.readouterr().out


def test_the_readme_lists_every_page():
    contents = markdown.sections((ROOT / "README.md").read_text())["Documentation"]
    assert set(markdown.links(contents)) == {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}


def test_every_other_generator_has_its_address_and_the_version_that_was_read():
    sections = markdown.sections((ROOT / "docs" / "comparison.md").read_text())
    others = {
        title: text for title, text in sections.items() if title not in ("By purpose", "What otelsim does not do")
    }
    assert len(others) > 10
    assert [title for title, text in others.items() if not cited(text)] == []
    assert not cited("Fast and good.\n")
    assert not cited("[x](https://example.com), lately.\n")


def cited(text):
    """Whether a paragraph begins with an address, and has a commit with its day, or a version."""
    dated = re.search(r"\b[0-9a-f]{7}\b,? of \d+ \w+ 20\d\d|\bv?\d+\.\d+\.\d+\b", text)
    return bool(re.match(r"\s*\[[^\]]+\]\(https://", text) and dated)


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
