"""The calls that a root request leads to, as a tree of objects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from otelsim.world.incidents import Incident
from otelsim.world.model import World

from .philox import FATE, TIME, UNIT, philox
from .roots import Root


@dataclass(frozen=True)
class Failure:
    """Why a call failed: ``source`` is self, infrastructure or dependency."""

    source: str
    error_type: str
    code: str
    message: str
    """Of the self error, or of the component behind it."""
    incident: Incident | None = None
    upstream: Optional["Call"] = None
    """The failed child that a dependency error is about."""


@dataclass
class Call:
    """A call; node 0 is the root. Times are in 10 us since the root's start."""

    root: Root
    node: int
    service: int
    parent: Optional["Call"]
    place: int
    """Among its siblings."""
    time: tuple[int, int, int, int]
    fate: tuple[int, int, int, int]
    children: list["Call"] = field(default_factory=list)
    start: int = 0
    own: int = 0
    scale: int = UNIT
    """What its ancestors' rejections left of its time."""
    window: int = UNIT
    """What its own rejection leaves of its children's time."""
    duration: int = 0
    forced: Incident | None = None
    """A cascade of the parent demands that this call fails by it."""
    failure: Failure | None = None

    @property
    def start_us(self) -> int:
        return self.root.time_us + 10 * self.start

    @property
    def end(self) -> int:
        return self.start + self.duration


def call_tree(world: World, seed: int, depth: int, root: Root) -> list[Call]:
    """All calls in breadth-first order, each one's children in the order of the dependencies; depth 0 is no limit."""
    calls = [_call(seed, root, 0, root.action.service, None, 0)]
    levels = [0]
    for call in calls:
        level = levels[call.node]
        if depth and level == depth:
            continue
        for place, service in enumerate(world.dependencies[call.service]):
            call.children.append(_call(seed, root, len(calls), service, call, place))
            calls.append(call.children[-1])
            levels.append(level + 1)
    return calls


def _call(seed: int, root: Root, node: int, service: int, parent: Call | None, place: int) -> Call:
    time, fate = philox(seed, root.g, node, TIME), philox(seed, root.g, node, FATE)
    return Call(root, node, service, parent, place, time, fate)


class Failing:
    """The incidents of a run."""

    def __init__(self, world: World, incidents: list[Incident]) -> None:
        self.incidents = incidents
        self.services = [set(c.services) for c in world.components]

    def active(self, service: int, *times_us: int) -> list[Incident]:
        """Those that list the service and are active at all these times, by component, then start."""
        return [
            i
            for i in self.incidents
            if service in self.services[i.component]
            and all(i.start_s * 1_000_000 <= t < i.end_s * 1_000_000 for t in times_us)
        ]

    def tried(self, service: int, *times_us: int) -> Iterator[Incident]:
        """The same, but only the first one of a component."""
        seen = set()
        for incident in self.active(service, *times_us):
            if incident.component not in seen:
                seen.add(incident.component)
                yield incident
