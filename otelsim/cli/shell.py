"""Completion for shells."""

import click
from click.shell_completion import get_completion_class

from otelsim.cli.commands import Command

EXAMPLES = """
otelsim completion bash > ~/.local/share/bash-completion/completions/otelsim
otelsim completion zsh > ~/.zfunc/_otelsim
otelsim completion fish > ~/.config/fish/completions/otelsim.fish
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "otelsim", "_OTELSIM_COMPLETE").source())
