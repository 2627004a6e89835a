"""The commands put together; each imports its work only when it is called, so that ``--help`` is quick."""

import click

from otelsim import __version__
from otelsim.cli.check import check
from otelsim.cli.commands import Group, run
from otelsim.cli.doctor import doctor
from otelsim.cli.generate import generate
from otelsim.cli.incidents import incidents
from otelsim.cli.merge import merge
from otelsim.cli.plan import plan
from otelsim.cli.replay import imports, replay_files
from otelsim.cli.report import report
from otelsim.cli.resume import resume
from otelsim.cli.shell import completion
from otelsim.cli.verify import verify
from otelsim.cli.world import world

EXAMPLES = """
otelsim generate                             a year of 100,000 requests into otelsim-run/
otelsim generate 1000000 5000 --output run   a million requests of 5,000 users
otelsim generate --scenario incidents        a week in which everything fails
otelsim resume run                           go on with a run that was interrupted
otelsim merge run                            shards that were made apart become one run
otelsim plan 10000000                        what ten million requests would come to
otelsim check run                            the laws, tried on every record
otelsim generate --sink otlp                 the same as spans, logs and metrics, to localhost:4318
otelsim doctor                               would a run arrive whole? what to change
otelsim replay run                           a run's JSON lines as spans, logs and metrics, to localhost:4318
otelsim verify run                           do the stores hold the run, once and unaltered?
otelsim incidents run                        what failed when, with its effects
otelsim report run                           a page of the run to look at, in one HTML file
otelsim world show                           who and what is simulated
"""


@click.group(
    cls=Group, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="otelsim")
def cli() -> None:
    """A simulated social network's year of correlated telemetry, decided by a seed and a scenario."""


COMMANDS = (
    *(generate, resume, merge, replay_files, imports, plan, check, doctor, verify),
    *(incidents, report, world, completion),
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """The console script."""
    run(cli)
