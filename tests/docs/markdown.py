"""What tests read of a page in Markdown."""

import re


def sections(text: str) -> dict[str, str]:
    """Sections of the second level by title."""
    pieces = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def table(section: str) -> list[list[str]]:
    """The cells of all tables' rows, the head's first; pipes in them stay escaped."""
    lines = re.findall(r"^\|(.*)\|$", section, re.MULTILINE)
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in lines]
    return [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def records(section: str) -> list[dict[str, str]]:
    """The rows of a section's table by the head's words, without the marks of code."""
    head, *rows = table(section)
    return [dict(zip(head, (cell.strip("`") for cell in row), strict=True)) for row in rows]


def blocks(text: str, language: str) -> list[str]:
    """The contents of fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def links(text: str) -> list[str]:
    """The addresses of inline links and of pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(text: str) -> set[str]:
    """What headings are called in addresses."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
