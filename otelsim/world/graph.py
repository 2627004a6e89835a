"""The call graph as text: documented dependencies solid, hidden components dashed."""

from otelsim.world.model import World


def mermaid(world: World) -> str:
    """The graph for Mermaid: services in a subgraph a stack, components as cylinders."""
    lines = ["flowchart LR"]
    for stack in _stacks(world):
        lines.append(f'  subgraph {_quoted(stack)}["{_escaped(stack)}"]')
        members = (i for i, service in enumerate(world.services) if service.stack == stack)
        lines += [f'    s{i}["{_escaped(world.services[i].key)}"]' for i in members]
        lines.append("  end")
    lines += [f"  s{caller} --> s{callee}" for caller, callee in _calls(world)]
    lines += [f'  c{i}[("{_escaped(component.name)}")]' for i, component in enumerate(world.components)]
    lines += [f"  s{service} -.-> c{component}" for service, component in _hidden(world)]
    return "\n".join(lines) + "\n"


def dot(world: World) -> str:
    """The graph for Graphviz: services in a cluster a stack, components as cylinders."""
    lines = ["digraph world {", "  rankdir=LR;", "  node [shape=box];"]
    for number, stack in enumerate(_stacks(world)):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_label(stack)};"]
        lines += [f"    {_label(s.key)};" for s in world.services if s.stack == stack]
        lines.append("  }")
    keys = [_label(service.key) for service in world.services]
    names = [_label(f"component {component.name}") for component in world.components]
    lines += [f"  {keys[caller]} -> {keys[callee]};" for caller, callee in _calls(world)]
    lines += [
        f"  {name} [shape=cylinder, label={_label(c.name)}];" for name, c in zip(names, world.components, strict=True)
    ]
    lines += [f"  {keys[service]} -> {names[component]} [style=dashed];" for service, component in _hidden(world)]
    return "\n".join([*lines, "}"]) + "\n"


def _stacks(world: World) -> list[str]:
    return list(dict.fromkeys(service.stack for service in world.services))


def _calls(world: World) -> list[tuple[int, int]]:
    return [(caller, callee) for caller, callees in enumerate(world.dependencies) for callee in callees]


def _hidden(world: World) -> list[tuple[int, int]]:
    return [(service, i) for i, component in enumerate(world.components) for service in component.services]


def _quoted(stack: str) -> str:
    # A subgraph's id may hold word characters only, and must not be a keyword such as "end".
    return "stack_" + "".join(c if c.isalnum() and c.isascii() else f"_{ord(c)}_" for c in stack)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _label(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
