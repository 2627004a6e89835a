"""``otelsim doctor``."""

import json
import math
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from otelsim.cli.commands import Command
from otelsim.cli.options import chosen, scenario_options
from otelsim.cli.otlp_options import named_signals, otlp_options, otlp_settings, taken
from otelsim.errors import InputError, RunError

if TYPE_CHECKING:
    from otelsim.doctor.asking import Asked
    from otelsim.doctor.findings import Finding

EXAMPLES = """
otelsim doctor                                     would a year arrive whole at localhost and its stores?
otelsim doctor --protocol grpc --wait              wait until the Collector answers, then check
otelsim doctor --endpoint https://otlp.example.org --header authorization=@token
otelsim doctor --metrics-store http://vm:8428 --logs-store http://vl:9428 --start 2023-01-01
otelsim doctor --json | jq '.findings[] | select(.verdict == "problem")'
"""
WAIT_S = 300.0
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red", "not asked": "dim"}
SITES = ("metrics_store", "logs_store", "traces_store", "collector_health", "collector_metrics")


@click.command(cls=Command, epilog=EXAMPLES)
@scenario_options
@otlp_options
@click.option("--signals", metavar="LIST", default="traces,logs,metrics", help="Of traces,logs,metrics.  [all]")
@click.option("--max-request-bytes", metavar="BYTES", help="Of one request, uncompressed.  [4128768]")
@click.option("--metrics-store", metavar="URL", help="VictoriaMetrics.  [:8428, if all goes to this machine]")
@click.option("--logs-store", metavar="URL", help="VictoriaLogs.  [:9428, likewise]")
@click.option("--traces-store", metavar="URL", help="VictoriaTraces.  [:10428, likewise]")
@click.option("--collector-health", metavar="URL", help="The Collector's health check.  [:13133, likewise]")
@click.option("--collector-metrics", metavar="URL", help="The Collector's own metrics.  [:8888/metrics, likewise]")
@click.option("--wait", "waits", is_flag=True, help="First wait until the endpoints, and what is given, answer.")
@click.option("--wait-for", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait, but at most so long.  [300]")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--quiet", is_flag=True, help="Only warnings and problems.")
def doctor(scenario: str, signals: str, as_json: bool, quiet: bool, **more: Any) -> None:
    """Ask every endpoint and store whether a run would arrive whole, and say what to change.

    Nothing is stored: the requests that are sent hold no record. Exit code 1 if there is a problem.
    """
    # What gRPC writes on stderr of its own accord is in the findings.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    waits, wait_s = more.pop("waits"), more.pop("wait_for")
    sites = {f"--{name.replace('_', '-')}": more.pop(name) for name in SITES}
    settings = otlp_settings(taken(more))
    from otelsim.doctor.asking import Asked
    from otelsim.world.finding import find_world

    run = chosen(scenario, more)
    find_world(run.world)
    asked = Asked([settings[signal] for signal in named_signals(signals, tuple(settings))], sites)
    if wait_s is not None and math.isnan(wait_s):
        raise InputError("--wait-for", "is not a number")
    if waits or wait_s is not None:
        _wait(asked, WAIT_S if wait_s is None else wait_s, quiet)
    _tell(_findings(asked, run.start, run.end), as_json, quiet)


def _wait(asked: "Asked", limit_s: float, quiet: bool) -> None:
    from otelsim.doctor.waiting import Time, wait

    def say(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    wait(asked.waited(), limit_s, Time(time.monotonic, time.sleep), say)


def _findings(asked: "Asked", start_s: int, end_s: int) -> "list[Finding]":
    from otelsim.doctor.rules import Need

    return asked.findings(Need(start_s, end_s, time.time(), 0))


def _tell(findings: "list[Finding]", as_json: bool, quiet: bool) -> None:
    from otelsim.doctor.findings import PROBLEM, WARNING, as_json_values, count

    shown = [each for each in findings if not quiet or each.verdict in (PROBLEM, WARNING)]
    if as_json:
        click.echo(json.dumps(as_json_values(findings)))
    elif sys.stdout.isatty():
        Console().print(_table(shown))
    else:
        for each in shown:
            click.echo(f"{each.verdict:9}  {each.of}  {each.check}: {each}")
    problems = count(findings, PROBLEM)
    if problems:
        raise RunError(f"{problems} problem{'' if problems == 1 else 's'}: the run would not arrive whole")


def _table(findings: "list[Finding]") -> Table:
    table = Table("verdict", "of", "check", "found")
    for each in findings:
        table.add_row(Text(each.verdict, STYLES[each.verdict]), *map(Text, (each.of, each.check, str(each))))
    return table
