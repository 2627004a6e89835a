"""When who does how much: hours, weekdays, archetypes, bursts."""

from collections import Counter
from math import sqrt

import numpy as np
import polars as pl
import pytest

from otelsim.draws import lognormal
from otelsim.traffic.intensity import bursts
from tests.reference.arrivals import Arrivals, hour_of_week
from tests.reference.people import People

from .bounds import binomial_fault, none
from .runs import WORLD, Run

pytestmark = pytest.mark.slow

BIN_US = 300_000_000
HOUR_US = 3_600_000_000


def _expected(run: Run) -> dict[tuple[str, int], float]:
    """Share of requests of each archetype in each hour of the week, bursts left out."""
    people = People(run.world, run.scenario)
    hours = Counter(hour_of_week(t) for t in range(run.scenario.start, run.scenario.end, 3_600))
    shares: Counter[tuple[str, int]] = Counter()
    for hour, times in hours.items():
        for persona, activity in zip(run.world.personas, people.week[hour], strict=True):
            shares[persona.archetype, hour] += times * activity
    whole = sum(shares.values())
    return {key: share / whole for key, share in shares.items()}


def _observed(run: Run) -> dict[tuple[str, int], int]:
    archetype = {p.name: p.archetype for p in run.world.personas}
    counted = run.roots.group_by(
        pl.col("persona").cast(pl.String).replace_strict(archetype).alias("archetype"),
        ((pl.col("start_us") // HOUR_US + 72) % 168).alias("hour"),
    ).len()
    return {(a, h): n for a, h, n in counted.iter_rows()}


@pytest.mark.parametrize(("part", "bins"), [("hour", 365 * 12), ("weekday", 52 * 288)])
def test_profiles_follow_the_personas(year_run: Run, part: str, bins: int):
    def key(archetype: str, hour: int) -> tuple[str, int]:
        return archetype, hour % 24 if part == "hour" else hour // 24

    expected: Counter[tuple[str, int]] = Counter()
    for (archetype, hour), share in _expected(year_run).items():
        expected[key(archetype, hour)] += share
    observed: Counter[tuple[str, int]] = Counter()
    for (archetype, hour), count in _observed(year_run).items():
        observed[key(archetype, hour)] += count
    # The bursts of the bins behind a share average out, but not entirely.
    noise = 0.35 / sqrt(bins)
    total = len(year_run.roots)
    assert total == year_run.scenario.total_events
    none({k: binomial_fault(observed[k], total, p, noise) for k, p in expected.items()})


def _archetypes() -> dict[str, tuple[float, float]]:
    """Normalised shares of users and activity."""
    lines = [line.split("\t") for line in (WORLD / "archetypes.tsv").read_text().splitlines() if line[:1] not in "#"]
    table = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    users = sum(float(row["users_pct"]) for row in table)
    activity = sum(float(row["activity_pct"]) for row in table)
    return {r["archetype"]: (float(r["users_pct"]) / users, float(r["activity_pct"]) / activity) for r in table}


def test_archetypes_have_their_shares(year_run: Run):
    archetype = {p.name: p.archetype for p in year_run.world.personas}
    rows = year_run.roots.select(pl.col("persona").cast(pl.String).replace_strict(archetype).alias("archetype"), "user")
    acts = dict(rows.group_by("archetype").len().iter_rows())
    users = dict(rows.unique().group_by("archetype").len().iter_rows())
    assert sum(users.values()) > 0.99 * year_run.scenario.total_users
    for name, (users_share, activity_share) in _archetypes().items():
        assert users[name] / sum(users.values()) == pytest.approx(users_share, abs=0.01), name
        assert acts[name] / len(rows) == pytest.approx(activity_share, abs=0.01), name


def test_a_user_has_one_persona(year_run: Run):
    assert year_run.calls.group_by("user").agg(pl.col("persona").n_unique())["persona"].max() == 1


@pytest.mark.parametrize("cv", [0.1, 0.35, 0.8])
def test_bursts_vary_as_asked(cv: float):
    factors = bursts(np.uint64(42), 5_800_000, 105_120, lognormal(1.0, cv)) / 4_096
    assert factors.mean() == pytest.approx(1.0, abs=5 * cv / sqrt(len(factors)) + 0.001)
    assert factors.std() / factors.mean() == pytest.approx(cv, rel=0.04)
    # Neighbours know nothing of each other.
    assert abs(np.corrcoef(factors[:-1], factors[1:])[0, 1]) < 5 / sqrt(len(factors))


def test_requests_come_in_bursts(incident_run: Run):
    """Counts of 5-minute bins beside what the hour of the week makes of them."""
    run, people = incident_run, People(incident_run.world, incident_run.scenario)
    counted = dict(run.roots.group_by(pl.col("start_us") // BIN_US).len().iter_rows())
    bins = range(run.scenario.start // 300, run.scenario.end // 300)
    activity = np.array([sum(people.week[hour_of_week(b * 300)]) for b in bins])
    usual = activity / activity.sum() * len(run.roots)
    factors = np.array([counted.get(b, 0) for b in bins]) / usual
    chance = (1 / usual).mean()
    assert sqrt(factors.var() - chance) / factors.mean() == pytest.approx(run.scenario.burst_cv, abs=0.05)
    # The very bursts of the rules, and no other ones.
    weights = np.array(Arrivals(people, run.scenario).weights, float)
    assert np.corrcoef(weights / weights.mean(), [counted.get(b, 0) for b in bins])[0, 1] > 0.98
