"""``otelsim check``."""

import json
import os
from pathlib import Path
from typing import Any

import click

from otelsim.cli.commands import Command
from otelsim.cli.progress import Display

EXAMPLES = """
otelsim check otelsim-run          every law on every record; exit code 1 if one is broken
otelsim check otelsim-run --json   the same for programs
otelsim check s3://bucket/run      the same of a run in a bucket
otelsim check run --integrity      are the files as they were written? their digests alone, as fast as they are read
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--integrity", is_flag=True, help="Only hold the files against the digests of the manifest.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [CPUs]")
@click.option("--world", metavar="DIR", help="Where the run's world is now.  [where it was]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="No progress.")
def check(directory: str, integrity: bool, workers: int | None, world: str | None, as_json: bool, quiet: bool) -> None:
    """Try the laws of the simulated world on every record of a run's files."""
    from otelsim.check import as_json as report_json
    from otelsim.check import render_text
    from otelsim.errors import RunError
    from otelsim.sinks.places.paths import path_of

    where = path_of(directory)
    report = _integrity(where, quiet) if integrity else _laws(where, world, workers, quiet)
    click.echo(json.dumps(report_json(report)) if as_json else render_text(report))
    if not report.ok:
        broken = sum(1 for law in report.laws if law.violations)
        raise RunError(f"{directory}: {broken} laws are broken")


def _laws(directory: Path, world: str | None, workers: int | None, quiet: bool) -> Any:
    from otelsim.check import run_check

    def show(done: int, all_of_it: int) -> None:
        if not quiet and (done == all_of_it or done % max(1, all_of_it // 10) == 0):
            click.echo(f"checked {done}/{all_of_it} slices", err=True)

    return run_check(directory, workers or os.cpu_count() or 1, show, world)


def _integrity(directory: Path, quiet: bool) -> Any:
    from otelsim.check.integrity import run_integrity

    return run_integrity(directory, Display(quiet).reading)
