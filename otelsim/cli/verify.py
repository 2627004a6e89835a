"""``otelsim verify``."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from otelsim.cli.commands import Command
from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.otlp_options import named_signals
from otelsim.cli.otlp_target import checked_run_id
from otelsim.cli.progress import Display
from otelsim.errors import InputError, RunError, one_line

if TYPE_CHECKING:
    from otelsim.verify.asking import Store
    from otelsim.verify.report import Report
    from otelsim.verify.sent import SentRun

EXAMPLES = """
otelsim verify otelsim-run                     do the stores here hold the run, once and unaltered?
otelsim verify run --metrics-store http://vm:8428 --logs-store http://vl:9428 --signals logs,metrics
otelsim verify run --sample 1000               more records compared field by field
otelsim verify run --json | jq .differences    by kind, day and service
otelsim verify run --run-id again              JSON lines that were replayed, under another id
"""
COLUMNS = ("verdict", "records", "sent", "held", "missing", "doubled", "altered")
MOST_TOLD = 20
"""Differences told of each kind of finding; ``--json`` has them all."""
_WIDTH, _ELSEWHERE = 118, 160
"""What the table needs with its frame, and has where no terminal tells its width."""
_STYLES = {"whole": "green", "not whole": "bold red"}
_SITES = ("metrics_store", "logs_store", "traces_store")
_SAID = ("run_id", "metric_attribute")
_FILES = ("certificate", "client_key", "client_certificate")


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--metrics-store", metavar="URL", help="VictoriaMetrics.  [http://127.0.0.1:8428]")
@click.option("--logs-store", metavar="URL", help="VictoriaLogs.  [http://127.0.0.1:9428]")
@click.option("--traces-store", metavar="URL", help="VictoriaTraces.  [http://127.0.0.1:10428]")
@click.option("--signals", metavar="LIST", help="Of traces,logs,metrics.  [all that the run sent]")
@click.option("--run-id", metavar="TEXT", help="Of JSON lines that were replayed: otelsim.run.id.  [the run's]")
@click.option("--metric-attribute", type=click.Choice(["persona"]), help="The same: also an attribute of points.")
@click.option("--world", metavar="DIR", help="Where its world is now.  [where it was]")
@click.option("--sample", type=click.IntRange(0, 100_000), default=200, help="Records of a kind to compare.  [200]")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=60.0, help="Seconds for one answer.  [60]")
@click.option("--certificate", metavar="FILE", help="PEM of those to trust.  [the system's]")
@click.option("--client-key", metavar="FILE", help="PEM of our key, for mutual TLS.")
@click.option("--client-certificate", metavar="FILE", help="PEM of our certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="No progress, and only what is not whole.")
def verify(directory: str, sample: int, as_json: bool, quiet: bool, **more: Any) -> None:
    """Ask the stores whether they hold a run that was sent: every record, once, with the fields it was sent with.

    The run is made again, counted, and compared by kind, day and service. Exit code 1 if anything is missing, doubled
    or altered, or a store cannot be asked. Of a run of JSON lines, what `otelsim replay` sends of it is looked for.
    """
    display = Display(quiet)
    sites = _sites(more)
    run = _run(directory, more)
    stores = {signal: sites[signal] for signal in _signals(more["signals"], run)}
    ensure_compiled(display.say, "otlp")
    from otelsim.verify.run import verify as verified

    report = verified(run, stores, sample, _progress(display))
    _tell(report, as_json, quiet)
    _conclude(directory, run, report)


def _sites(more: dict[str, Any]) -> "dict[str, Store]":
    """The stores by signal."""
    from otelsim.doctor.pages import site
    from otelsim.doctor.stores import STORES, option_of
    from otelsim.sinks.otlp import tls
    from otelsim.verify.asking import Store

    paths = [Path(more[name]) if more[name] else None for name in _FILES]
    files = tls.TlsFiles(*paths)
    tls.check(files, ("--certificate", "--client-key", "--client-certificate"))
    found = {}
    for store in STORES:
        option = option_of(store)
        url = more[f"{store.signal}_store"] or store.url
        found[store.signal] = Store(store.name, option, site(option, url, files, more["timeout"]))
    return found


def _run(directory: str, options: dict[str, Any]) -> "SentRun":
    """The run; InputError where it says itself what an option was given for."""
    from otelsim.signals.notation import SIGNALS, Notation
    from otelsim.sinks.places.paths import path_of
    from otelsim.verify.sent import open_run

    run_id, persona = checked_run_id(options["run_id"]), options["metric_attribute"] == "persona"
    signals = SIGNALS if options["signals"] is None else named_signals(options["signals"], SIGNALS)
    # As replay sends JSON lines, which have no histograms.
    run = open_run(path_of(directory), options["world"], Notation(run_id, signals, "points", persona_attribute=persona))
    given = [name for name in _SAID if options[name] is not None]
    if given and not run.replayed:
        raise InputError(f"--{given[0].replace('_', '-')}", "goes with a run of JSON lines: the manifest says it here")
    return run


def _signals(text: str | None, run: "SentRun") -> list[str]:
    """Those to ask for, in the order of the run's."""
    sent = run.notation.signals
    return list(sent if text is None else named_signals(text, sent, ", which the run sent"))


def _progress(display: Display) -> Any:
    def told(done: int, slices: int) -> None:
        if slices >= 1_000 and done % (slices // 10) == 0:
            display.say(f"made {done}/{slices} slices again")

    return told


def _tell(report: "Report", as_json: bool, quiet: bool) -> None:
    from otelsim.verify.report import WHOLE, as_json_values

    if as_json:
        click.echo(json.dumps(as_json_values(report)))
        return
    shown = [total for total in report.totals if not quiet or total.verdict != WHOLE]
    width = Console().width if sys.stdout.isatty() else _ELSEWHERE
    # Lines without a frame can be read where a narrow terminal folds them; shortened names cannot.
    table = Table(*COLUMNS, box=HEAVY_HEAD if width >= _WIDTH else None)
    for total in shown:
        numbers = [f"{number:,}" for number in total[2:]]
        table.add_row(Text(total.verdict, _STYLES[total.verdict]), Text(total.kind), *numbers)
    if shown:
        Console(width=max(width, _WIDTH)).print(table)
    for line in _lines(report, quiet):
        click.echo(line)


def _lines(report: "Report", quiet: bool) -> "list[str]":
    """What the table does not say."""
    from otelsim.verify.folding import folded_alterations

    told = [str(each) for each in report.findings]
    altered = folded_alterations(report.alterations, report.sampled)
    sampled = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in report.sampled.items())
    compared = [f"compared field by field: {sampled}"] if sampled and not quiet else []
    return [*_some(told), *_some(altered), *report.notes, *compared]


def _some(lines: "list[str]") -> "list[str]":
    more = len(lines) - MOST_TOLD
    return [*lines[:MOST_TOLD], f"and {more:,} more (--json has them)"] if more > 0 else lines


def _conclude(directory: str, run: "SentRun", report: "Report") -> None:
    """RunErrors, a line for each thing that is wrong."""
    if report.ok:
        return
    wrong = list(report.silent)
    if conclusion := report.conclusion():
        reasons = [f"{run.resent:,} were sent more than once"] if run.resent else []
        reasons += [f"{run.refused:,} were refused"] if run.refused else []
        wrong.append(f"{directory}: {conclusion}" + (f" ({', '.join(reasons)})" if reasons else ""))
    raise _NotWhole(wrong)


class _NotWhole(RunError):
    """All that is wrong, a line each."""

    def __init__(self, lines: list[str]) -> None:
        Exception.__init__(self, "\n".join(map(one_line, lines)))
