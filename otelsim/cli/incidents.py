"""``otelsim incidents``."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from otelsim.cli.commands import Command
from otelsim.errors import InputError, at

EXAMPLES = """
otelsim incidents otelsim-run                  the incidents of a run, with their effects
otelsim incidents otelsim-run --json | jq .    a JSON line each
"""
COLUMNS = ("component", "start", "end", "failure_rate", "latency_factor", "infrastructure_errors", "cascades", "origin")


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def incidents(directory: str, as_json: bool) -> None:
    """List the incidents of a run, with their effects."""
    from otelsim.sinks.places.paths import path_of

    path = path_of(directory) / "incidents.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError):
        raise InputError(str(path), "is not the list of a run's incidents") from None
    rows = [_row(path, number, line) for number, line in enumerate(lines, 1)]
    if as_json:
        click.echo("\n".join(lines))
        return
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row)
    Console(width=None if Console().is_terminal else 160).print(table)


def _row(path: Path, number: int, line: str) -> list[str]:
    try:
        incident = json.loads(line)
        return [str(incident[column]).replace(".000000Z", "Z") for column in COLUMNS]
    except (ValueError, KeyError, TypeError):
        raise InputError(at(path, number), "is not an incident") from None
