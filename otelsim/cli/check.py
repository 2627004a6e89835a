"""``otelsim check``."""

import json
import os
from pathlib import Path

import click

from otelsim.cli.commands import Command

EXAMPLES = """
otelsim check otelsim-run          every law on every record; exit code 1 if one is broken
otelsim check otelsim-run --json   the same for programs
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [CPUs]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="No progress.")
def check(directory: str, workers: int | None, as_json: bool, quiet: bool) -> None:
    """Try the laws of the simulated world on every record of a run's files."""
    from otelsim.check import as_json as report_json
    from otelsim.check import render_text, run_check
    from otelsim.errors import RunError

    def show(done: int, all_of_it: int) -> None:
        if not quiet and (done == all_of_it or done % max(1, all_of_it // 10) == 0):
            click.echo(f"checked {done}/{all_of_it} slices", err=True)

    report = run_check(Path(directory), workers or os.cpu_count() or 1, show)
    click.echo(json.dumps(report_json(report)) if as_json else render_text(report))
    if not report.ok:
        broken = sum(1 for law in report.laws if law.violations)
        raise RunError(f"{directory}: {broken} laws are broken")
