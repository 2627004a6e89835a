"""``otelsim generate``."""

import json
import os
from pathlib import Path
from typing import Any

import click

from otelsim.cli.commands import Command
from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.options import prepared, scenario_options
from otelsim.cli.progress import Display, duration, size
from otelsim.errors import InputError, Interruption

EXAMPLES = """
otelsim generate                               a year of 100,000 requests into otelsim-run/
otelsim generate 1000000 5000 --output run     a million requests of 5,000 users
otelsim generate --scenario incidents --json   a week in which everything fails; the summary on stdout
otelsim generate 10000000 --compress zstd      ten million requests, compressed
otelsim generate 1000000 --sink null           everything encoded, nothing written
"""
MOST_WORKERS = 48


@click.command(cls=Command, epilog=EXAMPLES)
@scenario_options
@click.option("--sink", type=click.Choice(["jsonl", "null"]), default="jsonl", show_default=True, help="Where it goes.")
@click.option(
    "--output", type=str, default="otelsim-run", show_default=True, metavar="DIR", help="Folder of the files."
)
@click.option("--overwrite", is_flag=True, help="Replace the run that is in the folder.")
@click.option(
    "--workers", type=click.IntRange(min=1), help=f"Processes and files of each kind.  [CPUs, at most {MOST_WORKERS}]"
)
@click.option("--compress", type=click.Choice(["zstd", "gzip"]), help="Compress the files.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No progress.")
def generate(scenario: str, sink: str, output: str, workers: int | None, **more: Any) -> None:
    """Simulate, and write logs and metrics as JSON lines.

    TOTAL_EVENTS is the number of requests (100,000), TOTAL_USERS of the people who make them (1,000).
    """
    compress, overwrite, as_json, quiet = (more.pop(key) for key in ("compress", "overwrite", "as_json", "quiet"))
    if compress and sink == "null":
        raise InputError("--compress", "goes with --sink jsonl")
    if not output.isprintable() or not output:
        raise InputError("--output", "is not a path")
    os.umask(0o027)
    ready = prepared(scenario, more)
    count = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    place = Path(output) if sink == "jsonl" else None
    summary = _run(ready, (place, compress or ""), count, overwrite, Display(quiet))
    if as_json:
        click.echo(json.dumps(summary))


def _run(ready: Any, place: tuple[Path | None, str], workers: int, overwrite: bool, display: Display) -> dict[str, Any]:
    from otelsim.runner.folder import Folder
    from otelsim.runner.running import Run
    from otelsim.runner.worker import Target

    folder = Folder(place[0], overwrite) if place[0] else None
    try:
        ensure_compiled(display.say)
        run = Run(ready, Target(*place), workers, display)
        with display:
            summary = run.generate(folder)
    except KeyboardInterrupt:
        raise Interruption(_left(place[0])) from None
    finally:
        if folder:
            folder.close()
    _report(display, summary, run.seconds(), place[0])
    return summary


def _left(place: Path | None) -> str:
    return "interrupted" + (f": the slices that were finished stand whole in {place}, as .part files" if place else "")


def _report(display: Display, summary: dict[str, Any], seconds: float, place: Path | None) -> None:
    counts, written = summary["counts"], sum(summary["bytes"].values())
    records = f"{counts['requests']:,} requests: {counts['logs']:,} logs, {counts['points']:,} points, {size(written)}"
    display.say(f"{records} in {duration(seconds)}" + (f", in {place}" if place else ""))
