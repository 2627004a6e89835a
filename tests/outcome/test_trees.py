"""Call trees: breadth first, down to the asked depth, never endless."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otelsim.errors import InputError
from otelsim.outcome.trees import MAX_NODES, call_tree, call_trees
from tests.simulated import world_of

GRAPHS = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, n - 1), max_size=2, unique=True), min_size=n, max_size=n)
)


@given(GRAPHS, st.integers(1, 6))
def test_a_tree_follows_the_dependencies(graph, depth):
    tree = call_tree(graph, 0, depth)
    levels = [0]
    for node in range(1, len(tree.service)):
        parent = tree.parent[node]
        assert parent < node
        assert tree.child_first[parent] <= node < tree.child_end[parent]
        assert tree.sibling[node] == node - tree.child_first[parent]
        levels.append(levels[parent] + 1)
    assert levels == sorted(levels)
    assert levels[-1] <= depth
    for node, service in enumerate(tree.service):
        children = tree.service[tree.child_first[node] : tree.child_end[node]]
        assert children == (graph[service] if levels[node] < depth else [])


def test_unlimited_depth_goes_to_the_ends():
    assert call_tree([[1], [2], [3], []], 0, 0).service == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["social_network", "multi_cloud"])
def test_bundled_worlds_have_no_circle(name):
    trees = call_trees(world_of(name), 0)
    assert max(len(t.service) for t in trees) > max(len(t.service) for t in call_trees(world_of(name), 1))


def circular():
    world = world_of("multi_cloud")
    keys = [s.key for s in world.services]
    dependencies = [list(d) for d in world.dependencies]
    dependencies[keys.index("catalog:items")] = [keys.index("front:web")]
    return replace(world, dependencies=tuple(map(tuple, dependencies)))


def test_a_circle_is_told_with_its_services():
    with pytest.raises(InputError, match=r"--call-depth: unlimited, .*front:web -> catalog:items -> front:web"):
        call_trees(circular(), 0)
    assert call_trees(circular(), 3)


def test_a_tree_too_large_for_its_ids_is_refused():
    with pytest.raises(InputError, match=f"over {MAX_NODES} calls"):
        call_tree([[0, 0]], 0, 12)
