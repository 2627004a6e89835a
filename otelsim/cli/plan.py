"""``otelsim plan``."""

import json
from typing import Any

import click

from otelsim.cli.commands import Command
from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.options import prepared, scenario_options

EXAMPLES = """
otelsim plan                              what `otelsim generate` would come to
otelsim plan 50000000                     a year of fifty million requests
otelsim plan --scenario incidents --json  for programs
"""


@click.command(cls=Command, epilog=EXAMPLES)
@scenario_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def plan(scenario: str, as_json: bool, **options: Any) -> None:
    """Say what a run would produce, without running it: records, bytes, series, time."""
    from otelsim.plan import plan_run, render_text

    ready = prepared(scenario, options)
    ensure_compiled(lambda text: click.echo(text, err=True))
    planned = plan_run(ready)
    click.echo(json.dumps(planned) if as_json else render_text(planned))
