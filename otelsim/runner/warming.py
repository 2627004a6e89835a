"""What `warmed` and `warmed_otlp` share: a very small run, and the mark that kernels are compiled."""

from otelsim.compiled import marker
from otelsim.runner.preparing import Prepared, prepare
from otelsim.scenario import Scenario
from otelsim.world.finding import find_world
from otelsim.world.loading import load_world


def very_small() -> Prepared:
    """A run of 20 requests."""
    scenario = Scenario(total_events=20, total_users=200, start_s=1_740_960_000, end_s=1_740_963_600)
    return prepare(scenario, load_world(find_world(None)))


def note_compiled(kernels: str) -> None:
    """Remember that this version's kernels are in their cache."""
    marker(kernels).parent.mkdir(parents=True, exist_ok=True)
    marker(kernels).touch()
