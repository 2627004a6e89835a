"""Which calls a request leads to: the dependencies of its root's service, followed to the asked depth."""

from collections.abc import Sequence
from dataclasses import dataclass

from otelsim.errors import InputError
from otelsim.scenario import MAX_DEPTH
from otelsim.world.model import World

MAX_NODES = 1_024
"""Calls of one request: node numbers have 10 bits in every id."""


@dataclass(frozen=True)
class Tree:
    """Nodes in breadth-first order, children in table order: so a node's children are neighbours.

    Each list has one entry a node: its service, its parent node (-1 for the root), its place among its siblings, and
    the range of its children.
    """

    service: list[int]
    parent: list[int]
    sibling: list[int]
    child_first: list[int]
    child_end: list[int]


def call_tree(dependencies: Sequence[Sequence[int]], root: int, depth: int) -> Tree:
    """The tree of one service; ``depth`` 0 is unlimited."""
    tree = Tree([root], [-1], [0], [], [])
    levels = [0]
    for node, service in enumerate(tree.service):
        tree.child_first.append(len(tree.service))
        if depth == 0 or levels[node] < depth:
            for i, child in enumerate(dependencies[service]):
                tree.service.append(child)
                tree.parent.append(node)
                tree.sibling.append(i)
                levels.append(levels[node] + 1)
        tree.child_end.append(len(tree.service))
        if len(tree.service) > MAX_NODES:
            raise InputError("--call-depth", f"a request would make over {MAX_NODES} calls: ask for less depth")
    return tree


def call_trees(world: World, depth: int) -> list[Tree]:
    """The tree of every service; a cycle with unlimited depth is refused."""
    if depth == 0:
        _refuse_cycle(world)
    return [call_tree(world.dependencies, s, depth or MAX_DEPTH) for s in range(len(world.services))]


def _refuse_cycle(world: World) -> None:
    done: set[int] = set()
    for start in range(len(world.services)):
        if start not in done:
            _walk(world, start, done)


def _walk(world: World, start: int, done: set[int]) -> None:
    """Follow all that a service calls; without recursion, since chains may be longer than Python's."""
    path, ahead = [start], [iter(world.dependencies[start])]
    while path:
        child = next(ahead[-1], None)
        if child is None:
            done.add(path.pop())
            ahead.pop()
        elif child in path:
            names = [world.services[s].key for s in [*path[path.index(child) :], child]]
            raise InputError("--call-depth", f"unlimited, but the dependencies run in a circle: {' -> '.join(names)}")
        elif child not in done:
            path.append(child)
            ahead.append(iter(world.dependencies[child]))
