"""The world as graphs and tables."""

import pytest

from otelsim.world.finding import find_world
from otelsim.world.graph import dot, mermaid
from otelsim.world.loading import load_world
from otelsim.world.model import World
from otelsim.world.summary import tables


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(find_world("multi_cloud"))


def test_mermaid_has_every_edge(world: World) -> None:
    text = mermaid(world)
    assert text.startswith("flowchart LR\n")
    assert text.count(" --> ") == sum(map(len, world.dependencies)) == 8
    assert text.count(" -.-> ") == sum(len(c.services) for c in world.components)
    assert '  c0[("spanner_locks")]' in text


def test_dot_has_every_edge(world: World) -> None:
    text = dot(world)
    assert text.startswith("digraph world {")
    assert text.endswith("}\n")
    assert text.count("{") == text.count("}")
    assert '  "front:web" -> "catalog:items";' in text
    assert text.count("style=dashed") == sum(len(c.services) for c in world.components)


def test_tables_are_rectangular(world: World) -> None:
    shown = tables(world)
    assert shown[0][0] == "World multi_cloud"
    for _, header, rows in shown:
        assert rows
        assert {len(row) for row in rows} == {len(header)}


def test_the_service_table_names_what_it_calls(world: World) -> None:
    rows = next(rows for title, _, rows in tables(world) if title == "Services")
    web = next(row for row in rows if row[0] == "shop:front:web")
    assert web[3:] == ["catalog:items front:cart", "mesh_proxy"]
