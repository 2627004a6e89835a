"""The oracle: a run of otelsim, one request at a time.

    for log, metrics in simulate(world, scenario):
        ...

A request is drawn (`arrivals`, `roots`), its calls are laid out (`calls`), their times and errors are settled
(`outcome`), their deployments, releases and sizes are drawn (here, `sizes`), and each becomes lines (`lines`).
"""

from bisect import bisect_right
from collections.abc import Iterator

from otelsim.draws import cumulative
from otelsim.runner.slices import slice_bounds
from otelsim.scenario import Scenario
from otelsim.world.incidents import incidents
from otelsim.world.model import World
from otelsim.world.releases import Calendar, calendar

from .arrivals import Arrivals
from .calls import Call, Failing, call_tree
from .lines import Lines
from .names import Names
from .outcome import Outcome
from .people import People
from .philox import choose
from .roots import Roots
from .sizes import Measuring


class Oracle:
    """Everything that a request is drawn from. The scenario is resolved."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        people = People(world, scenario)
        names = Names(scenario)
        self.arrivals = Arrivals(people, scenario)
        self.roots = Roots(world, scenario, people, names)
        self.outcome = Outcome(world, scenario, Failing(world, incidents(world, scenario)))
        self.measuring = Measuring(world, scenario.seed)
        self.releases = Releases(world, calendar(world, scenario))
        self.lines = Lines(world, names)

    def calls(self, start_s: int, end_s: int) -> list[Call]:
        """The calls of a slice's requests, in time order."""
        made = []
        for g, time_us in self.arrivals.between(start_s, end_s):
            root = self.roots.draw(g, time_us)
            calls = call_tree(self.world, self.scenario.seed, self.scenario.call_depth, root)
            self.outcome.settle(calls)
            made += calls
        return sorted(made, key=lambda call: (call.start_us, call.root.g, call.node))

    def lines_of(self, call: Call) -> tuple[str, list[str]]:
        """A call's log line and its metric lines."""
        release_id = self.releases.release_id(call)
        return self.lines.log(call, release_id), self.lines.metrics(call, release_id, self.measuring.draw(call))


class Releases:
    """Which release answers a call."""

    def __init__(self, world: World, rows: Calendar) -> None:
        self.rows, self.first, self.since_us = rows, rows.first.tolist(), rows.since_us.tolist()
        self.deployments: dict[tuple[int, int], list[int]] = {}
        for d, deployment in enumerate(world.deployments):
            self.deployments.setdefault((deployment.service, deployment.placement), []).append(d)
        self.thresholds = {
            place: cumulative([world.deployments[d].share for d in members]).tolist()
            for place, members in self.deployments.items()
        }

    def release_id(self, call: Call) -> str:
        """Of the service's deployments where the root is: one by its share, with what it runs at the call's start."""
        return self.rows.release_id[self.row(call)]

    def row(self, call: Call) -> int:
        """The calendar's row of that release."""
        place = (call.service, call.root.placement)
        deployment = self.deployments[place][choose(self.thresholds[place], call.time[3])]
        first, end = self.first[deployment], self.first[deployment + 1]
        return max(first, bisect_right(self.since_us, call.start_us, first, end) - 1)


def simulate(world: World, scenario: Scenario) -> Iterator[tuple[str, list[str]]]:
    """(log line, its metric lines) in the order of a single worker's files."""
    oracle = Oracle(world, scenario)
    for start_s, end_s in slice_bounds(scenario):
        for call in oracle.calls(start_s, end_s):
            yield oracle.lines_of(call)
