"""``otelsim replay`` and ``otelsim import``: JSON lines sent as OTLP."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from otelsim.cli.carrying_out import Telling, carried_out
from otelsim.cli.commands import Command, Group
from otelsim.cli.otlp_options import named_signals, otlp_options, otlp_settings, taken
from otelsim.cli.otlp_target import SENDING_OPTIONS, checked_run_id
from otelsim.cli.progress import Display, duration
from otelsim.errors import InputError

if TYPE_CHECKING:
    from otelsim.replay.files import Given
    from otelsim.replay.running import Replay
    from otelsim.replay.worker import Plan
    from otelsim.runner.folder import Folder
    from otelsim.runner.target import Target

EXAMPLES = """
otelsim replay otelsim-run                         a run's files again, to the Collector at localhost:4318
otelsim replay logs_0.jsonl.gz metrics_0.jsonl.gz --endpoint http://collector:4318
otelsim replay old-run --on-error skip --run-id old    leave out lines that are broken, and count them
otelsim replay run --store-names --signals metrics --metrics-endpoint http://localhost:8428/opentelemetry/v1/metrics
otelsim replay run --resume                        go on with a replay that was interrupted
"""
IMPORT_EXAMPLES = """
otelsim import victoriametrics otelsim-run         a run's points straight into http://localhost:8428
otelsim import victorialogs logs_*.jsonl           log lines straight into http://localhost:9428
otelsim import victorialogs run --url http://logs:9428
"""
STATE = "otelsim-replay"
STREAM_FIELDS = ("VL-Stream-Fields", "environment,region,service_id")
"""As the Collector's configuration has it: without it every resource attribute would make streams."""
STORES = {
    "victoriametrics": ("metrics", "http://localhost:8428", "/opentelemetry/v1/metrics"),
    "victorialogs": ("logs", "http://localhost:9428", "/insert/opentelemetry/v1/logs"),
}
MOST_WORKERS = 48
_OPTIONS = (
    click.option("--run-id", metavar="TEXT", help="otelsim.run.id.  [the run's, or a digest of the files' names]"),
    click.option("--metric-attribute", type=click.Choice(["persona"]), help="Also an attribute of points."),
    click.option("--on-error", type=click.Choice(["stop", "skip"]), default="stop", show_default=True,
                 help="At a line that is broken: end, or leave it out and count it."),
    click.option("--workers", type=click.IntRange(min=1), help=f"Processes.  [CPUs, at most {MOST_WORKERS}]"),
    click.option("--output", metavar="DIR", default=STATE, show_default=True, help="Folder of the journal."),
    click.option("--overwrite", is_flag=True, help="Begin anew where the folder holds a replay that was interrupted."),
    click.option("--resume", is_flag=True, help="Go on with the replay in the folder, if there is one of these files."),
    click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout."),
    click.option("--quiet", is_flag=True, help="No progress."),
    *SENDING_OPTIONS,
)  # fmt: skip


def _options(command: Any) -> Any:
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return otlp_options(command)


@click.command("replay", cls=Command, epilog=EXAMPLES)
@click.argument("paths", metavar="DIR|FILE|URI...", nargs=-1, required=True)
@click.option("--sink", type=click.Choice(["otlp"]), default="otlp", show_default=True, help="Where it goes.")
@click.option("--signals", metavar="LIST", help="Of traces,logs,metrics.  [all]")
@click.option("--store-names", is_flag=True, help="Plain names, as the Collector gives them: straight into a store.")
@click.option("--world", metavar="DIR", help="Whose routes spans are named by.  [the run's, or social_network]")
@_options
def replay_files(paths: tuple[str, ...], **more: Any) -> None:
    """Send JSON lines in the documented formats as OTLP: logs, points, and spans where the two pair.

    The k-th request_duration_ms line of metrics_N belongs to the k-th line of logs_N. Files may be plain, .zst or .gz,
    and from otelsim or anyone.
    """
    del more["sink"]
    replayed(paths, more)


@click.group("import", cls=Group, epilog=IMPORT_EXAMPLES)
def imports() -> None:
    """Send JSON lines straight into a store: short forms of replay."""


def _importer(store: str) -> click.Command:
    signal, url, path = STORES[store]

    @click.command(store, cls=Command, epilog=IMPORT_EXAMPLES)
    @click.argument("paths", metavar="DIR|FILE|URI...", nargs=-1, required=True)
    @click.option("--url", metavar="URL", default=url, show_default=True, help="Where the store is.")
    @_options
    def into(paths: tuple[str, ...], url: str, **more: Any) -> None:
        endpoint = {f"{signal}_endpoint": url.rstrip("/") + path}
        replayed(paths, {**more, **endpoint, "signals": signal, "store_names": True, "world": None})

    into.help = f"Send the {signal[:-1]} lines of files and folders to {store}."
    return into


for _store in STORES:
    imports.add_command(_importer(_store))


def replayed(paths: tuple[str, ...], asked: dict[str, Any]) -> None:
    """Carry a replay out, and tell of it."""
    from otelsim.replay import server
    from otelsim.signals.notation import SIGNALS, Notation

    given = taken(asked)
    display = Display(asked["quiet"], parts="parts")
    signals = SIGNALS if asked["signals"] is None else named_signals(asked["signals"], SIGNALS)
    run_id, persona = checked_run_id(asked["run_id"]), asked["metric_attribute"] == "persona"
    notation = Notation(run_id, signals, "points", persona_attribute=persona)
    settings = _settings(given, signals, asked["store_names"])
    server.start()
    found = _found(paths, signals, display)
    notation = notation._replace(run_id=run_id or _default_run_id(found))
    plan = _plan(found, (notation, settings), asked)
    summary = _carried_out(found, plan, _target(plan, settings, asked), asked, display)
    if asked["as_json"]:
        click.echo(json.dumps(summary))


def _settings(given: dict[str, object], signals: tuple[str, ...], store_names: bool) -> dict[str, Any]:
    from otelsim.sinks.otlp.secret import Secret

    settings = otlp_settings(given, patient=True)
    if store_names and "logs" in signals:
        logs = settings["logs"]
        headers = {key.lower() for key, _ in logs.headers}
        if STREAM_FIELDS[0].lower() not in headers:
            settings["logs"] = replace(logs, headers=(*logs.headers, (STREAM_FIELDS[0], Secret(STREAM_FIELDS[1]))))
    return {signal: settings[signal] for signal in signals}


def _found(paths: tuple[str, ...], signals: tuple[str, ...], display: Display) -> "Given":
    from otelsim.replay.files import given
    from otelsim.sinks.places.paths import path_of

    found = given([path_of(path) for path in paths])
    for line in found.warnings:
        display.warn(line)
    if not any(_makes(signal, pair) for signal in signals for pair in found.pairs):
        raise InputError(paths[0], f"has no lines to make {', '.join(signals)} of")
    return found


def _makes(signal: str, pair: Any) -> bool:
    """Whether a signal can be made of a pair's lines."""
    return bool({"logs": pair.logs, "metrics": pair.metrics, "traces": pair.logs and pair.metrics}[signal])


def _default_run_id(found: "Given") -> str:
    if found.run:
        return str(found.run.manifest["run_id"])
    names = "\n".join(path.name for pair in found.pairs for path in pair.paths())
    return hashlib.blake2b(names.encode(), digest_size=16).hexdigest()


def _plan(found: "Given", how: tuple[Any, dict[str, Any]], asked: dict[str, Any]) -> "Plan":
    from otelsim.replay.encoding import Style
    from otelsim.replay.operations import Known
    from otelsim.replay.parts import parts_of
    from otelsim.replay.worker import Plan

    notation, settings = how
    known = Known(_world(found, asked["world"]) if "traces" in notation.signals else None)
    limit = min(each.max_request_bytes for each in settings.values())
    return Plan(parts_of(found), Style(notation, asked["store_names"], limit), known, asked["on_error"] == "stop")


def _world(found: "Given", world: str | None) -> Any:
    """Whose routes spans are named by."""
    from otelsim.runner.finished import world_of
    from otelsim.world.finding import find_world
    from otelsim.world.loading import load_world

    if found.run:
        return world_of(found.run.directory, world, found.run.scenario["world"])
    return load_world(find_world(world))


def _target(plan: "Plan", settings: dict[str, Any], asked: dict[str, Any]) -> "Target":
    from otelsim.runner.target import OtlpTarget, Target

    if not asked["output"].isprintable() or not asked["output"]:
        raise InputError("--output", "is not a path")
    return Target(Path(asked["output"]), "", OtlpTarget(plan.style.notation, settings))


def _carried_out(
    found: "Given", plan: "Plan", target: "Target", asked: dict[str, Any], display: Display
) -> dict[str, Any]:
    from otelsim.replay.running import Replay, begun, head_of
    from otelsim.runner.folder import holds_journal

    assert target.directory is not None
    workers = asked["workers"] or min(MOST_WORKERS, os.cpu_count() or 1)
    head = head_of(found, plan, target, workers)
    going_on = asked["resume"] and holds_journal(target.directory)
    past = begun(target.directory, head) if going_on else None
    if past:
        # What was answered for is kept by lanes, so there must be as many.
        head["workers"] = past.head["workers"]
    run = Replay(plan, target, head["workers"], display)
    run.processes = min(workers, run.lanes)
    if past:
        run.take_over(past.entries)
    folder = _folder(target.directory, found, going_on or asked["overwrite"])
    telling = Telling(_left, lambda summary: _told(summary, run))
    summary = carried_out(run, folder, display, lambda: run.carry_out(folder, head), telling)
    for line in _left_out(summary):
        display.warn(line)
    return summary


def _folder(path: Path, found: "Given", known: bool) -> "Folder":
    """The folder of the journal; an interrupted replay's is only taken where it is ``known`` to be one.

    Nothing is removed but what tells of an earlier replay: files of lines may lie beside it.
    """
    from otelsim.replay.running import is_replay
    from otelsim.runner.folder import SUMMARY, Folder, holds_journal

    if any(path.resolve() == file.resolve().parent for pair in found.pairs for file in pair.paths()):
        raise InputError("--output", f"{path} holds what is to be replayed: choose another folder")
    if not holds_journal(path):
        return Folder(path, overwrite=False)
    if not is_replay(path):
        raise InputError("--output", f"{path} holds a run: choose another folder")
    if not known and not (path / SUMMARY).exists():
        again = "--resume goes on with it, --overwrite begins anew"
        raise InputError("--output", f"{path} holds a replay that was interrupted: {again}")
    return Folder(path, overwrite=False, resume=True)


def _left(_: "Target") -> str:
    return "interrupted: the same command with --resume goes on from here"


def _told(summary: dict[str, Any], run: "Replay") -> str:
    names = {"spans": "spans", "logs": "log records", "points": "points"}
    counts = ", ".join(f"{n:,} {names[kind]}" for kind, n in summary["counts"].items()) or "no records"
    seconds = run.seconds()
    rate = sum(summary["counts"].values()) / max(seconds, 1e-3)
    return f"replayed {counts} in {duration(seconds)} ({rate:,.0f} records/s)"


def _left_out(summary: dict[str, Any]) -> list[str]:
    left = summary["left_out"]
    lines = [*summary["faults"]]
    if left["lines"]:
        lines.append(f"{left['lines']:,} broken lines were left out" + (": the first are above" if lines else ""))
    logs, durations = left["unpaired_logs"], left["unpaired_durations"]
    if logs or durations:
        lines.append(f"{logs:,} log lines have no duration and {durations:,} durations no log line: they make no spans")
    return lines
