"""Small runs that together reach every rule: what the fast path and the oracle are compared on."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from otelsim.scenario import Scenario, parse, resolve
from otelsim.world.loading import load_world
from otelsim.world.model import World

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class Incidents:
    """``times`` incidents of each component, ``period_m`` apart; the components' begin ``step_m`` after each other."""

    minutes: int
    failure_rate: float
    latency_factor: float
    step_m: int = 60
    times: int = 1
    period_m: int = 0

    def toml(self, world: World) -> str:
        return "".join(
            f'[[incidents]]\ncomponent = "{component.name}"\nduration = "{self.minutes}m"\n'
            f'start = "+{(1 + i) * self.step_m + n * self.period_m}m"\n'
            f"failure_rate = {self.failure_rate}\nlatency_factor = {self.latency_factor}\n"
            for i, component in enumerate(world.components)
            for n in range(self.times)
        )


@dataclass(frozen=True)
class Case:
    """A scenario of a world; ``toml`` holds everything but the numbers that the command line takes."""

    name: str
    requests: int
    users: int
    toml: str
    world_name: str = "social_network"
    incidents: Incidents | None = None

    @property
    def world(self) -> World:
        return _world(self.world_name)

    @property
    def text(self) -> str:
        return self.toml + (self.incidents.toml(self.world) if self.incidents else "")

    @property
    def scenario(self) -> Scenario:
        """As the oracle wants it: resolved, with the world's numbers where it leaves them open."""
        asked = replace(parse(self.text, Path(self.name)), total_events=self.requests, total_users=self.users)
        rules = self.world.settings
        own = {name: getattr(rules, name) for name in ("cascade_factor", "propagation", "burst_cv")}
        return replace(resolve(asked, 0), **{k: v for k, v in own.items() if getattr(asked, k) is None})


@cache
def _world(name: str) -> World:
    return load_world(FIXTURES / name)


CASES = [
    Case("year", 2_000, 300, 'start = "2025-03-03"\n'),
    Case(
        "incidents",
        1_500,
        200,
        'start = "2025-03-03"\nduration = "1d"\ncascade_factor = 2.0\n',
        incidents=Incidents(12 * 60, 0.3, 3.0),
    ),
    Case(
        "deep",
        600,
        100,
        f'start = "2024-12-31T17:01:17Z"\nduration = "1d"\ncall_depth = 3\nseed = {2**63 + 5}\n',
        incidents=Incidents(10 * 60, 0.4, 2.0),
    ),
    # So slow that own times reach their limit.
    Case(
        "slow",
        400,
        100,
        'start = "2025-03-03"\nduration = "20h"\ncall_depth = 0\npropagation = 1.0\n',
        incidents=Incidents(60, 0.02, 900.0),
    ),
    # Incidents so short that calls outlive them: children start where their parent's is over, or another's has begun.
    Case(
        "edges",
        600,
        100,
        'start = "2025-03-03"\nduration = "4h"\ncall_depth = 2\ncascade_factor = 25.0\n',
        incidents=Incidents(1, 0.02, 900.0, step_m=1, times=60, period_m=4),
    ),
    Case(
        "multi_cloud",
        1_500,
        50,
        'start = "2025-06-01T10:00:13Z"\nduration = "2d"\nmetric_interval = "7s"\ncall_depth = 0\n',
        "multi_cloud",
        Incidents(20 * 60, 0.1, 2.5),
    ),
    # The listed incidents never fail anything, but they come before the drawn ones, which would cascade for certain.
    Case(
        "overlapping",
        2_500,
        300,
        'start = "2025-03-03"\nduration = "365d"\ncascade_factor = 1000.0\n',
        incidents=Incidents(8_000 * 60, 0.0, 1.5),
    ),
    Case("few_users", 600, 7, 'start = "2025-03-03"\nend = "2027-03-03"\n'),
    Case("one_user", 300, 1, 'start = "2025-03-03"\nduration = "7d"\n'),
    # An interval this long makes few slices, so that a burst fills a cell beyond its limit.
    Case(
        "dense",
        15_000,
        1_000,
        'start = "2025-03-03T09:00:00Z"\nduration = "1h"\nburst_cv = 1.5\nmetric_interval = "15m"\n',
    ),
]
