"""``otelsim merge``."""

import json

import click

from otelsim.cli.commands import Command
from otelsim.cli.making import opened
from otelsim.cli.progress import Display

EXAMPLES = """
otelsim merge run                      run/shard-0-of-5 to run/shard-4-of-5 become one run, in run
otelsim merge s3://bucket/run          the same in a bucket
otelsim merge run --overwrite --json   once more; the summary on stdout
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("directory", metavar="DIR|URI")
@click.option("--overwrite", is_flag=True, help="Replace what an earlier merge wrote.")
@click.option("--world", metavar="DIR", help="Where its world is now.  [where it was]")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("--quiet", is_flag=True, help="Say nothing.")
def merge(directory: str, overwrite: bool, world: str | None, as_json: bool, quiet: bool) -> None:
    """Join the shards of a run (`generate --shard`) that are all in one place: check them, and write what sums them up.

    Their files stay in the shards' folders; manifest.json, summary.json and incidents.jsonl are written beside these.
    """
    from otelsim.runner.merging import merged, read_shards
    from otelsim.sinks.places import place_of

    place = place_of(directory)
    place.check()
    shards = read_shards(place)
    run = merged(place, shards, world)
    folder = opened(place, overwrite)
    try:
        summary = run.conclude(folder)
    finally:
        folder.close()
    requests = summary["counts"]["requests"]
    Display(quiet).say(f"{len(shards)} shards, {requests:,} requests: {place.name} is one run")
    if as_json:
        click.echo(json.dumps(summary))
