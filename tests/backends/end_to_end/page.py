"""The documented queries, read from the page that documents them."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.docs import markdown

PAGE = Path(__file__).parents[3] / "docs" / "queries.md"


class Row(NamedTuple):
    """A row of a table of queries."""

    purpose: str
    query: str


class Mistake(NamedTuple):
    """A row of the table of queries that do not work."""

    wrong: str
    why: str
    right: str


def rows(section: str, text: str | None = None) -> list[Row]:
    """The table of a section. Raises ValueError where there is no such section, or no row."""
    return [Row(cells[0], _code(cells[1])) for cells in _table(section, 2, text)]


def mistakes(section: str, text: str | None = None) -> list[Mistake]:
    return [Mistake(_code(cells[0]), cells[1], _code(cells[2])) for cells in _table(section, 3, text)]


def sections(text: str | None = None) -> dict[str, str]:
    """The page's sections by title."""
    return markdown.sections(PAGE.read_text() if text is None else text)


def _table(section: str, width: int, text: str | None) -> list[list[str]]:
    cells = markdown.table(sections(text).get(section, ""))[1:]
    if not cells or {len(row) for row in cells} != {width}:
        raise ValueError(f"no table of {width} columns in section {section!r}")
    return cells


def _code(cell: str) -> str:
    """What stands between back quotes; a table's cells escape the pipe."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    if match is None:
        raise ValueError(f"not one query: {cell!r}")
    return match[1].replace(r"\|", "|")


def labels_of(query: str) -> dict[str, str]:
    """The labels that a selector's first braces ask for by equality."""
    return dict(re.findall(r'(\w+)="([^"]*)"', query.partition("{")[2].partition("}")[0]))


def grouped_by(query: str) -> str:
    """The first label that a query groups by, or nothing."""
    return next(iter(re.findall(r"by \((\w+)", query)), "")
