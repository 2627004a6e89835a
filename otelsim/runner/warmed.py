"""Every kernel loaded, by making a very small run: for processes that are forked from the one that imports this.

As a program (``python -m otelsim.runner.warmed``) it compiles the kernels into their cache.
"""

from otelsim.compiled import marker
from otelsim.runner.measuring import make_slices, null_sinks
from otelsim.runner.preparing import prepare
from otelsim.runner.slicing import Simulator
from otelsim.scenario import Scenario
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world


def warm() -> None:
    """Make a run of 20 requests."""
    scenario = Scenario(total_events=20, total_users=200, start_s=1_740_960_000, end_s=1_740_963_600)
    simulator = Simulator(prepare(scenario, load_world(find_world(None))))
    make_slices(simulator, range(len(simulator.prepared.slices)), null_sinks())


warm()

if __name__ == "__main__":
    marker().parent.mkdir(parents=True, exist_ok=True)
    marker().touch()
