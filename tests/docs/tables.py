"""Tables in Markdown."""

import json
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are Markdown already; a pipe in them is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(value: object) -> str:
    """A name or a value, as it is written in JSON; texts without their quotes."""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def type_of(value: object) -> str:
    """OTLP's word for a value's type."""
    return {bool: "bool", int: "int", float: "double", str: "string"}[type(value)]
