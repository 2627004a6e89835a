"""``otelsim generate``."""

import json
import os
from pathlib import Path
from typing import Any

import click

from otelsim.cli.carrying_out import carried_out
from otelsim.cli.commands import Command
from otelsim.cli.options import prepared, scenario_options
from otelsim.cli.otlp_target import otlp_target, otlp_target_options
from otelsim.cli.progress import Display
from otelsim.cli.resume import resumed_as
from otelsim.errors import InputError

EXAMPLES = """
otelsim generate                               a year of 100,000 requests into otelsim-run/
otelsim generate 1000000 5000 --output run     a million requests of 5,000 users
otelsim generate --scenario incidents --json   a week in which everything fails; the summary on stdout
otelsim generate 10000000 --compress zstd      ten million requests, compressed
otelsim generate --sink otlp                   the same as spans, logs and metrics to localhost:4318
otelsim generate --sink otlp --protocol grpc --endpoint https://otel.example.com:4317 --header api-key=@key
otelsim generate --sink otlp-file --signals traces,logs    as OTLP/JSON files
otelsim generate 1000000 --sink null           everything encoded, nothing written
"""
MOST_WORKERS = 48
SINKS = ("jsonl", "otlp", "otlp-file", "null")


@click.command(cls=Command, epilog=EXAMPLES)
@scenario_options
@click.option("--sink", type=click.Choice(SINKS), default="jsonl", show_default=True, help="Where it goes.")
@click.option(
    "--output", type=str, default="otelsim-run", show_default=True, metavar="DIR", help="Folder of files and manifest."
)
@click.option("--overwrite", is_flag=True, help="Replace the run that is in the folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one of this scenario.")
@click.option(
    "--workers", type=click.IntRange(min=1), help=f"Processes and files of each kind.  [CPUs, at most {MOST_WORKERS}]"
)
@click.option("--compress", type=click.Choice(["zstd", "gzip"]), help="Compress the files.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No progress.")
@otlp_target_options
def generate(scenario: str, sink: str, output: str, workers: int | None, **more: Any) -> None:
    """Simulate, and write logs and metrics as JSON lines, or send spans, logs and metrics as OTLP.

    TOTAL_EVENTS is the number of requests (100,000), TOTAL_USERS of the people who make them (1,000). Options of OTLP
    that are not given are taken from the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT and the like).
    """
    compress, overwrite, as_json, quiet = (more.pop(key) for key in ("compress", "overwrite", "as_json", "quiet"))
    going_on = more.pop("resume")
    if compress and sink not in ("jsonl", "otlp-file"):
        raise InputError("--compress", "goes with --sink jsonl or otlp-file")
    if not output.isprintable() or not output:
        raise InputError("--output", "is not a path")
    otlp = otlp_target(sink, more, _digest)
    if going_on and (overwrite or sink == "null"):
        raise InputError("--resume", "goes with neither --overwrite nor --sink null")
    ready = prepared(scenario, more)
    count = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    target = (Path(output) if sink != "null" else None, compress or "", otlp(ready))
    display = Display(quiet)
    summary = _made(ready, target, count, (overwrite, going_on), display)
    if as_json:
        click.echo(json.dumps(summary))


def _digest(ready: Any) -> str:
    from otelsim.runner.manifest import run_id

    return run_id(ready)


def _made(
    ready: Any, target: tuple[Any, ...], workers: int, asked: tuple[bool, bool], display: Display
) -> dict[str, Any]:
    """Make the run, over another one's files or on from its own, if that is ``asked`` for."""
    from otelsim.runner.folder import Folder, holds_journal
    from otelsim.runner.running import Run
    from otelsim.runner.target import Target

    place, (overwrite, going_on) = Target(*target), asked
    if going_on and place.directory and holds_journal(place.directory):
        return resumed_as(place, ready, workers, display)
    folder = Folder(place.directory, overwrite) if place.directory else None
    run = Run(ready, place, workers, display)
    return carried_out(run, folder, display, lambda: run.generate(folder))
