"""Options that decide what is simulated, shared by the commands that simulate."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from otelsim import scenario as scenarios
from otelsim.errors import InputError
from otelsim.scenario import Scenario
from otelsim.times import instant_s

F = TypeVar("F", bound=Callable[..., Any])


class _Checked(click.ParamType[Any]):
    """A scenario's key given as text: parsed as it would be in the TOML file."""

    def __init__(self, key: str, kind: type[int] | type[float] | type[str]) -> None:
        self.key, self.kind = key, kind
        self.name = {int: "integer", float: "number", str: "text"}[kind]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The key's value; a usage error says what is wrong."""
        try:
            number = self.kind(value.replace("_", "").replace(",", "") if self.kind is int else value)
        except ValueError:
            self.fail(f"must be a {'whole ' if self.kind is int else ''}number, not {value!r}", param, ctx)
        try:
            return scenarios.checked(self.key, number)[1]
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Instant(click.ParamType[Any]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Epoch seconds."""
        try:
            return instant_s(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def scenario_options(command: F) -> F:
    """TOTAL_EVENTS, TOTAL_USERS and all options that override a scenario's keys."""
    decorators = [
        click.argument("total_events", type=_Checked("total_events", int), required=False),
        click.argument("total_users", type=_Checked("total_users", int), required=False),
        click.option(
            "--scenario", default="year", metavar="NAME|FILE", help="A shipped scenario or a TOML file.  [year]"
        ),
        click.option("--seed", type=_Checked("seed", int), help="Decides everything that chance decides.  [42]"),
        click.option("--start", type=_Instant(), help="First instant (UTC), e.g. 2025-03-03.  [a year before the end]"),
        click.option("--end", type=_Instant(), help="First instant not simulated.  [the last UTC midnight]"),
        click.option("--world", metavar="DIR", help="A world of your own, or a shipped one's name.  [social_network]"),
        click.option(
            "--call-depth", type=_Checked("call_depth", int), help="Levels of calls below a request; 0: all.  [1]"
        ),
        click.option(
            "--metric-interval", type=_Checked("metric_interval", str), help="Slices are multiples of it.  [60s]"
        ),
    ]
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def chosen(name: str, options: dict[str, Any]) -> Scenario:
    """The named scenario with the given options over it, its time range resolved against the clock."""
    scenario = scenarios.load(name)
    given = {key: value for key, value in options.items() if value is not None}
    renamed = {"start": "start_s", "end": "end_s", "metric_interval": "metric_interval_s"}
    scenario = replace(scenario, **{renamed.get(key, key): value for key, value in given.items()})
    if "start" in given and "end" not in given:
        scenario = replace(scenario, end_s=None)
    if "end" in given and "start" not in given:
        scenario = replace(scenario, start_s=None)
    if scenario.metric_interval_s > 86_400:
        raise InputError("--metric-interval", "must be at most a day")
    return scenarios.resolve(scenario, int(time.time()))


def prepared(name: str, options: dict[str, Any]) -> Any:
    """Everything a run is decided by (`runner.preparing.Prepared`)."""
    return prepared_of(chosen(name, options))


def prepared_of(scenario: Scenario, world: str | None = None) -> Any:
    """The same for a scenario whose time range is resolved; ``world`` is where its world lies, if it lies elsewhere."""
    # Only now: these load numba.
    from otelsim.runner.preparing import prepare
    from otelsim.world.finding import find_world
    from otelsim.world.loading import load_world

    return prepare(scenario, load_world(find_world(world or scenario.world)))
