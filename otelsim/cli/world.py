"""``otelsim world``: check a world's fixtures, show what is in them."""

import click
from rich.console import Console
from rich.table import Table

from otelsim.cli.commands import Command, Group

CHECK_EXAMPLES = """
otelsim world check my-world          every fault as file:line: what is wrong
"""
SHOW_EXAMPLES = """
otelsim world show                    tables of everything that is
otelsim world show --graph mermaid    the call graph, for a page
otelsim world show multi_cloud --graph dot | dot -Tsvg > graph.svg
"""


@click.group(cls=Group, epilog=CHECK_EXAMPLES.rstrip() + SHOW_EXAMPLES)
def world() -> None:
    """The world: services, deployments, people, dependencies."""


@world.command(cls=Command, epilog=CHECK_EXAMPLES)
@click.argument("directory", metavar="DIR")
def check(directory: str) -> None:
    """Report every fault of a world's fixtures; exit code 2 if there is one."""
    from otelsim.world.finding import find_world
    from otelsim.world.loading import load_world

    found = load_world(find_world(directory))
    parts = [
        f"{len(found.services)} services",
        f"{len(found.deployments)} deployments",
        f"{len(found.actions)} actions",
    ]
    click.echo(f"{directory}: no fault in {', '.join(parts)}, {len(found.personas)} personas")


@world.command(cls=Command, epilog=SHOW_EXAMPLES)
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("--graph", type=click.Choice(["mermaid", "dot"]), help="The call graph instead of tables.")
def show(directory: str | None, graph: str | None) -> None:
    """Print a world's tables or its call graph."""
    from otelsim.world.finding import find_world
    from otelsim.world.graph import dot, mermaid
    from otelsim.world.loading import load_world
    from otelsim.world.summary import tables

    found = load_world(find_world(directory))
    if graph:
        click.echo(mermaid(found) if graph == "mermaid" else dot(found))
        return
    console = Console()
    for title, header, rows in tables(found):
        table = Table(*header, title=title, title_justify="left")
        for row in rows:
            table.add_row(*map(str, row))
        console.print(table)
