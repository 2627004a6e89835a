"""``otelsim report``."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otelsim.cli.commands import Command
from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.progress import Display, size
from otelsim.errors import InputError, RunError, one_line

if TYPE_CHECKING:
    from otelsim.report.comparing import Difference

EXAMPLES = """
otelsim report otelsim-run                       a page of the run: otelsim-run/report.html
otelsim report run --output run.html             somewhere else; - is stdout
otelsim report run --json | jq .incidents        the page's numbers
"""
MOST_TOLD = 20
STDOUT = "-"


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--output", metavar="FILE", help="Where to; - is stdout.  [DIR/report.html]")
@click.option("--workers", type=click.IntRange(min=1), help="Processes, at most.  [CPUs]")
@click.option("--world", metavar="DIR", help="Where its world is now.  [where it was]")
@click.option("--json", "as_json", is_flag=True, help="Print the page's numbers as JSON, beside it.")
@click.option("--quiet", is_flag=True, help="No progress.")
def report(
    directory: str, output: str | None, workers: int | None, world: str | None, as_json: bool, quiet: bool
) -> None:
    """Make one HTML page of a finished run, to look at in a browser, also without a network.

    The run is made again from its manifest and counted, so it goes for runs that were sent, too. Exit code 1 if its
    summary has other totals: the page then shows what was counted, and says so.
    """
    from otelsim.report.writing import NAME
    from otelsim.sinks.places.paths import path_of

    folder = path_of(directory)
    place = None if output == STDOUT else path_of(output) if output else folder / NAME
    if as_json and place is None:
        raise InputError("--json", "and --output - both print to stdout")
    display = Display(quiet)
    run = _opened(folder, place, world)
    ensure_compiled(display.say)
    from otelsim.report.making import made

    values, found = made(run, workers or os.cpu_count() or 1, _progress(display))
    _tell(values, place, as_json, display)
    if found:
        raise _OtherTotals(directory, found)


def _opened(directory: Path, place: Path | None, world: str | None) -> Any:
    """The run, when it is known that its page can be written."""
    from otelsim.report.writing import check_place
    from otelsim.runner.finished import open_finished

    if place and place.parent != directory:
        check_place(place)
    run = open_finished(directory, world)
    if place:
        check_place(place)
    return run


def _progress(display: Display) -> Any:
    """Tells of each tenth."""
    tenth = 0

    def told(done: int, slices: int) -> None:
        nonlocal tenth
        if tenth < 10 * done // slices < 10:
            tenth = 10 * done // slices
            display.say(f"counted {done}/{slices} slices")

    return told


def _tell(values: dict[str, Any], place: Path | None, as_json: bool, display: Display) -> None:
    from otelsim.report.page import page
    from otelsim.report.writing import write

    text = page(values)
    if place is None:
        click.echo(text, nl=False)
        return
    write(place, text)
    display.say(f"{values['totals']['requests']:,} requests on a page of {size(len(text))}: {place}")
    if as_json:
        click.echo(json.dumps(values))


class _OtherTotals(RunError):
    """What differs, a line each."""

    def __init__(self, directory: str, found: "list[Difference]") -> None:
        lines = [f"{directory}: {each}" for each in found[:MOST_TOLD]]
        if len(found) > MOST_TOLD:
            lines.append(f"{directory}: and {len(found) - MOST_TOLD:,} more differences (the page has them all)")
        Exception.__init__(self, "\n".join(map(one_line, lines)))
