"""``otelsim resume``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from otelsim.cli.carrying_out import carried_out
from otelsim.cli.commands import Command
from otelsim.cli.engines import engine_of, engine_options
from otelsim.cli.making import Maker, opened
from otelsim.cli.options import prepared_of
from otelsim.cli.otlp_options import otlp_options, otlp_settings_again, taken
from otelsim.cli.progress import Display

EXAMPLES = """
otelsim resume otelsim-run                      go on with the run that was interrupted, to the same files
otelsim resume run --header api-key=@key        a run that was sent: what was secret is given again
otelsim resume run --endpoint http://other:4318 the rest of it to somewhere else
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [as the run had]")
@engine_options
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
    engine, scheduler = more.pop("engine"), more.pop("scheduler")
    place = _place(directory)

    def asked(past: Any, path: Path) -> tuple[Any, Any]:
        from otelsim.runner import manifest, resuming

        ready = prepared_of(resuming.scenario_of(past, path), world or past.head.get(manifest.WORLD_PATH))
        resuming.check_tables(past, ready, path)
        return ready, _target(place, past.head, given)

    with engine_of(engine, scheduler, workers) as (made_by, count):
        summary = resumed(place, asked, (made_by, count if made_by else workers), Display(quiet))
    if as_json:
        click.echo(json.dumps(summary))


def _place(directory: str) -> Any:
    from otelsim.sinks.places import place_of

    return place_of(directory)


def resumed(
    place: Any, asked: Callable[[Any, Path], tuple[Any, Any]], made_by: tuple[Any, int | None], display: Display
) -> dict[str, Any]:
    """Finish the run in a place; returns its summary.

    ``asked`` gives the prepared run and its target for the journal, or InputError where they do not fit it;
    ``made_by`` are those who make the rest, and how many there are.
    """
    from otelsim.runner import resuming
    from otelsim.runner.sharding import WHOLE, Shard
    from otelsim.runner.worker import JOURNAL

    folder, (engine, workers) = opened(place, overwrite=False, resume=True), made_by
    try:
        past = folder.past()
        resuming.check_head(past, folder.path)
        shard = Shard(*past.head.get("shard", WHOLE))
        maker = Maker(*asked(past, folder.path / JOURNAL), past.head["workers"], shard, engine)
        _refuse_appending(maker)
        maker.check_place(place)
        run = maker.run(display)
        if workers:
            run.be_done_by(workers)
        return carried_out(run, folder, display, lambda: _work(run, folder, past, display))
    finally:
        folder.close()


def resumed_as(maker: Maker, place: Any, display: Display) -> dict[str, Any]:
    """The same for a run that is asked for in full: InputError names what is other in the folder."""
    from otelsim.runner import manifest, resuming

    def asked(past: Any, path: Path) -> tuple[Any, Any]:
        # Who begins a run decides how its files are laid out, and anybody may go on with them.
        target = maker.target._replace(groups=_groups_of(place, past.head))
        expected = manifest.head(maker.prepared, target, past.head["workers"], maker.shard)
        resuming.check_expected(past, expected)
        resuming.check_tables(past, maker.prepared, path)
        return maker.prepared, target

    return resumed(place, asked, (maker.engine, maker.workers), display)


def _refuse_appending(maker: Maker) -> None:
    from otelsim.errors import InputError

    if maker.engine is not None and maker.target.has_files and not maker.target.groups:
        why = "processes of one machine append to the files of this run: resume it there, without --engine"
        raise InputError("--engine", why)


def _groups_of(place: Any, head: dict[str, Any]) -> Any:
    """The groups that a run's files have by its journal, None where they are appended to."""
    from otelsim.runner.target import Groups

    return Groups(place, head["group_slices"]) if "group_slices" in head else None


def _target(place: Any, head: dict[str, Any], given: dict[str, object]) -> Any:
    from otelsim.errors import InputError
    from otelsim.runner.target import OTLP, target_of
    from otelsim.sinks.places.local import folder_of

    sent = head["sink"] == OTLP
    if given and not sent:
        raise InputError(f"--{next(iter(given)).replace('_', '-')}", "goes with a run of --sink otlp")
    settings = otlp_settings_again(head["sending"], given) if sent else None
    return target_of(head, place, folder_of(place), settings)


def _work(run: Any, folder: Any, past: Any, display: Display) -> dict[str, Any]:
    from otelsim.runner import resuming
    from otelsim.runner.verifying import damages

    entries = resuming.of_this_run(past, len(run.prepared.slices), run.lanes, run.target)
    if run.target.groups:
        return _groups(run, folder, past, entries, display)
    files = resuming.to_read(folder, run.target, entries)
    if files:
        all_files = run.processes * len(run.target.signals)
        display.say(f"to be read back: {len(files)} of {all_files} files, which may not be as the run left them")
    # What is compressed need not be undone: its bytes have a digest, too.
    found = damages(files, "", display.reading(sum(len(file.entries) for file in files)))
    damaged = {damage.slice for damage in found}
    past.faults.extend(resuming.too_long(folder, run.target, entries, damaged))
    for line in (*past.faults, *found):
        display.warn(str(line))
    layout = resuming.laid_out(entries, damaged, run.lanes, run.target.signals)
    if _is_complete(run, folder, past, layout.whole, display):
        return _summary(folder)
    return dict(run.go_on(folder, layout, {e["slice"]: e for e in entries}))


def _groups(run: Any, folder: Any, past: Any, entries: list[Any], display: Display) -> dict[str, Any]:
    whole = run.whole(entries, past.faults)
    for line in past.faults:
        display.warn(line)
    if _is_complete(run, folder, past, whole, display):
        return _summary(folder)
    return dict(run.take_up(folder, whole))


def _is_complete(run: Any, folder: Any, past: Any, whole: list[Any], display: Display) -> bool:
    """Whether nothing is to be done; what is, is told."""
    from otelsim.runner.folder import MANIFEST

    every = len(run.numbers)
    if len(whole) == every and not past.faults and (folder.path / MANIFEST).exists():
        display.say(f"{run.target.where} is complete: nothing is to be done")
        run.look_back(whole)
        return True
    display.say(f"{len(whole)} of {every} slices are whole, {every - len(whole)} are to be made")
    return False


def _summary(folder: Any) -> dict[str, Any]:
    from otelsim.runner.folder import SUMMARY

    return dict(json.loads((folder.path / SUMMARY).read_text("utf-8")))
