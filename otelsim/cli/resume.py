"""``otelsim resume``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from otelsim.cli.carrying_out import carried_out
from otelsim.cli.commands import Command
from otelsim.cli.options import prepared_of
from otelsim.cli.otlp_options import otlp_options, otlp_settings_again, taken
from otelsim.cli.progress import Display

EXAMPLES = """
otelsim resume otelsim-run                      go on with the run that was interrupted, to the same files
otelsim resume run --header api-key=@key        a run that was sent: what was secret is given again
otelsim resume run --endpoint http://other:4318 the rest of it to somewhere else
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [as the run had]")
@click.option("--world", metavar="DIR", help="Where its world is now.  [where it was]")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No progress.")
@otlp_options
def resume(directory: str, workers: int | None, world: str | None, as_json: bool, quiet: bool, **more: Any) -> None:
    """Finish a run that was interrupted: the files become those that it would have made.

    Slices that are whole are kept; files are read to see that they are, but for those that nobody has touched since
    the run left them. What is damaged or missing is made again. A run that was sent goes on behind the last request
    that was answered for.
    """
    given = taken(more)

    def asked(past: Any, path: Path) -> tuple[Any, Any]:
        from otelsim.runner import manifest, resuming

        ready = prepared_of(resuming.scenario_of(past, path), world or past.head.get(manifest.WORLD_PATH))
        resuming.check_tables(past, ready, path)
        return ready, _target(Path(directory), past.head, given)

    summary = resumed(Path(directory), asked, workers, Display(quiet))
    if as_json:
        click.echo(json.dumps(summary))


def resumed(
    directory: Path, asked: Callable[[Any, Path], tuple[Any, Any]], workers: int | None, display: Display
) -> dict[str, Any]:
    """Finish the run in ``directory``; returns its summary.

    ``asked`` gives the prepared run and its target for the journal, or InputError where they do not fit it.
    """
    from otelsim.runner import resuming
    from otelsim.runner.folder import Folder
    from otelsim.runner.journal import read_journal
    from otelsim.runner.running import Run
    from otelsim.runner.worker import JOURNAL

    folder = Folder(directory, overwrite=False, resume=True)
    try:
        path = directory / JOURNAL
        past = read_journal(path)
        resuming.check_head(past, directory)
        run = Run(*asked(past, path), past.head["workers"], display)
        run.processes = min(workers or run.lanes, run.lanes)
        return carried_out(run, folder, display, lambda: _work(run, folder, past, display))
    finally:
        folder.close()


def resumed_as(place: Any, ready: Any, workers: int | None, display: Display) -> dict[str, Any]:
    """The same for a run that is asked for in full: InputError names what is other in the folder."""
    from otelsim.runner import manifest, resuming

    def asked(past: Any, path: Path) -> tuple[Any, Any]:
        resuming.check_expected(past, manifest.head(ready, place, past.head["workers"]))
        resuming.check_tables(past, ready, path)
        return ready, place

    return resumed(place.directory, asked, workers, display)


def _target(directory: Path, head: dict[str, Any], given: dict[str, object]) -> Any:
    from otelsim.errors import InputError
    from otelsim.runner.target import OTLP, OtlpTarget, Target, notation_of

    sent = head["sink"] == OTLP
    if given and not sent:
        raise InputError(f"--{next(iter(given)).replace('_', '-')}", "goes with a run of --sink otlp")
    if "notation" not in head:
        return Target(directory, head["compress"] or "")
    notation, encoder = notation_of(head)
    settings = otlp_settings_again(head["sending"], given) if sent else None
    return Target(directory, head["compress"] or "", OtlpTarget(notation, settings, encoder))


def _work(run: Any, folder: Any, past: Any, display: Display) -> dict[str, Any]:
    from otelsim.runner import resuming
    from otelsim.runner.folder import MANIFEST, SUMMARY
    from otelsim.runner.verifying import damages

    slices = len(run.prepared.slices)
    entries = resuming.of_this_run(past, slices, run.lanes, run.target)
    files = resuming.to_read(folder, run.target, entries)
    if files:
        all_files = run.lanes * len(run.target.signals)
        display.say(f"to be read back: {len(files)} of {all_files} files, which may not be as the run left them")
    # What is compressed need not be undone: its bytes have a digest, too.
    found = damages(files, "", display.reading(sum(len(file.entries) for file in files)))
    damaged = {damage.slice for damage in found}
    past.faults.extend(resuming.too_long(folder, run.target, entries, damaged))
    for line in (*past.faults, *found):
        display.warn(str(line))
    layout = resuming.laid_out(entries, damaged, run.lanes, run.target.signals)
    if len(layout.whole) == slices and not past.faults and (folder.path / MANIFEST).exists():
        display.say(f"{folder.path} is complete: nothing is to be done")
        run.look_back(layout.whole)
        return dict(json.loads((folder.path / SUMMARY).read_text("utf-8")))
    display.say(f"{len(layout.whole)} of {slices} slices are whole, {slices - len(layout.whole)} are to be made")
    return dict(run.go_on(folder, layout, {e["slice"]: e for e in entries}))
