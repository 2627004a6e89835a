"""Commands that show examples first and tell every failure in one line."""

import os
import signal
import sys
from types import FrameType
from typing import IO, Any, NoReturn

import click

from otelsim.errors import OtelsimError, one_line


class Command(click.Command):
    """A command whose ``--help`` starts with examples (its ``epilog``)."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, then usage, text and options."""
        examples(formatter, self.epilog)
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)


class Group(click.Group):
    """The same for a command that has commands."""

    command_class = Command
    group_class = type

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, then usage, text, options and commands."""
        examples(formatter, self.epilog)
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)


def examples(formatter: click.HelpFormatter, text: str | None) -> None:
    """Write the examples, one a line."""
    if text:
        with formatter.section("Examples"):
            for line in text.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")
        formatter.write_paragraph()


def run(command: click.Command) -> NoReturn:
    """Run ``command`` on the process's arguments and leave with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    # Leaving at once leaves semaphores to their keeper, who would say so.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
    os.umask(
        os.umask(0o077) | 0o027
    )  # before anything is imported that makes a folder for compiled kernels: they are code
    try:
        code = command.main(prog_name="otelsim", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = 2
    except click.ClickException as error:
        code = fail(one_line(_said(error)), 2)
    except OtelsimError as error:
        code = fail(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        code = fail("interrupted", 130)
    except BrokenPipeError:
        forget(sys.stdout)
        code = 1
    except OSError as error:  # what nobody could foresee: no room for temporary files, no more processes
        code = fail(one_line(str(error)), 1)
    sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> int:
    """Say what is wrong on stderr, each fault in a line of its own; nothing interrupts it, since it is the end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        for line in message.splitlines() or [message]:
            click.echo(f"otelsim: {line}", err=True)
    except OSError:
        forget(sys.stderr)
    return code


def forget(stream: IO[str]) -> None:
    """Say nothing more there, not even what is said already and held back: whoever read it has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _said(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        return f"{name}: {' '.join(error.message.split()) or 'is missing'}"
    return message


def _interrupt(_: int, __: FrameType | None) -> Any:
    """The first time end in order; the next time leave at once (workers follow their parent)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    raise KeyboardInterrupt


def _leave(_: int, __: FrameType | None) -> Any:
    os.write(2, b"otelsim: interrupted\n")
    os._exit(130)
