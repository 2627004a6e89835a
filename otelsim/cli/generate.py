"""``otelsim generate``."""

import json
from typing import Any

import click

from otelsim.cli.carrying_out import carried_out
from otelsim.cli.commands import Command
from otelsim.cli.engines import MOST_WORKERS, engine_of, engine_options
from otelsim.cli.making import FILES, Maker, is_begun, new_target, place_to_write
from otelsim.cli.options import prepared, scenario_options
from otelsim.cli.otlp_target import otlp_target, otlp_target_options
from otelsim.cli.progress import Display
from otelsim.cli.resume import resumed_as
from otelsim.errors import InputError
from otelsim.runner.sharding import WHOLE, shard_of

EXAMPLES = """
otelsim generate                               a year of 100,000 requests into otelsim-run/
otelsim generate 1000000 5000 --output run     a million requests of 5,000 users
otelsim generate --scenario incidents --json   a week in which everything fails; the summary on stdout
otelsim generate 10000000 --compress zstd      ten million requests, compressed
otelsim generate --sink otlp                   the same as spans, logs and metrics to localhost:4318
otelsim generate --sink otlp --protocol grpc --endpoint https://otel.example.com:4317 --header api-key=@key
otelsim generate --sink otlp-file --signals traces,logs    as OTLP/JSON files
otelsim generate --sink parquet                as tables, for DuckDB, pandas and Spark
otelsim generate 1000000 --sink null           everything encoded, nothing written
otelsim generate 1000000000 --output s3://bucket/run  objects in a bucket, compressed
otelsim generate 1000000000 --engine dask --scheduler tcp://10.0.0.1:8786 --output s3://bucket/run
otelsim generate 1000000000 --shard 0/5 --output run  the first fifth of it; `otelsim merge run` joins all five
"""
SINKS = ("jsonl", "otlp", "otlp-file", "parquet", "null")


@click.command(cls=Command, epilog=EXAMPLES)
@scenario_options
@click.option("--sink", type=click.Choice(SINKS), default="jsonl", show_default=True, help="Where it goes.")
@click.option(
    "--output",
    type=str,
    default="otelsim-run",
    show_default=True,
    metavar="DIR|URI",
    help="Where files and manifest go.",
)
@click.option("--overwrite", is_flag=True, help="Replace the run that is in the folder.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, if there is one of this scenario.")
@click.option(
    "--workers", type=click.IntRange(min=1), help=f"Processes and files of each kind.  [CPUs, at most {MOST_WORKERS}]"
)
@engine_options
@click.option("--shard", metavar="I/N", help="Make the Ith part of N alone, counted from 0.  [all]")
@click.option(
    "--compress", type=click.Choice(["zstd", "gzip", "none"]), help="Compress the files.  [none; zstd for objects]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="No progress.")
@otlp_target_options
def generate(scenario: str, sink: str, output: str, workers: int | None, **more: Any) -> None:
    """Simulate, and write logs and metrics as JSON lines, or send spans, logs and metrics as OTLP.

    TOTAL_EVENTS is the number of requests (100,000), TOTAL_USERS of the people who make them (1,000). Options of OTLP
    that are not given are taken from the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT and the like).
    """
    compress, overwrite, as_json, quiet = (more.pop(key) for key in ("compress", "overwrite", "as_json", "quiet"))
    going_on, part = more.pop("resume"), shard_of(more.pop("shard"))
    engine, scheduler = more.pop("engine"), more.pop("scheduler")
    if compress and sink not in FILES:
        raise InputError("--compress", "goes with --sink jsonl or otlp-file")
    place = place_to_write(output, sink, part)
    otlp = otlp_target(sink, more, _digest)
    if going_on and (overwrite or place is None):
        raise InputError("--resume", "goes with neither --overwrite nor --sink null")
    ready = prepared(scenario, more)
    display = Display(quiet)
    with engine_of(engine, scheduler, workers) as (made_by, count):
        target = new_target(place, sink, compress, otlp(ready), ready, made_by is not None or part != WHOLE)
        maker = Maker(ready, target, count, part, made_by)
        summary = _made(maker, place, (overwrite, going_on), display)
    if as_json:
        click.echo(json.dumps(summary))


def _digest(ready: Any) -> str:
    from otelsim.runner.manifest import run_id

    return run_id(ready)


def _made(maker: Maker, place: Any, asked: tuple[bool, bool], display: Display) -> dict[str, Any]:
    """Make the run, over another one's files or on from its own, if that is ``asked`` for."""
    overwrite, going_on = asked
    if going_on and is_begun(place):
        return resumed_as(maker, place, display)
    folder = maker.folder(place, overwrite)
    run = maker.run(display)
    return carried_out(run, folder, display, lambda: run.generate(folder))
