"""Which release each deployment runs when: the fixtures' rows, then a calendar drawn from the seed (SPEC section 2)."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from otelsim.draws import RELEASE, Int64s, below, words
from otelsim.scenario import Scenario
from otelsim.world.model import Deployment, World

YEAR_S = 365 * 86_400
_GAP_S = 6 * 3_600
_CANARY_LEAD_S = 30 * 60
_CANARY_JITTER_S = 90 * 60
_REGION_STEP_S = 3_600


@dataclass(frozen=True)
class Calendar:
    """Rows sorted by deployment, then time; row k runs from ``since_us[k]`` until its deployment's next row.

    ``first`` is int64[deployments + 1]: the rows of deployment d are first[d]..first[d+1]-1. The first row of each
    deployment holds since ever. Deployments that share a deployment_id share their releases: ``same`` is, for each row,
    the first one with its release_id.
    """

    deployment: Int64s
    since_us: Int64s
    build_num: Int64s
    release_id: list[str]
    first: Int64s
    same: Int64s


@dataclass(frozen=True)
class _Rollout:
    at_s: int
    gap_s: int
    canary_lead_s: int
    build_num: int


def calendar(world: World, scenario: Scenario) -> Calendar:
    """The calendar of a resolved scenario's time range; a deployment that serves two placements has one calendar."""
    rows = _fixture_rows(world, scenario)
    for service in range(len(world.services)):
        members = [d for d, x in enumerate(world.deployments) if x.service == service]
        rollouts = _rollouts(world, scenario, service, [row for d in members for row in rows[d]])
        for d in members:
            rows[d] += [(_reaches(world, members, d, r), r.build_num) for r in rollouts]
    owners: dict[str, int] = {}
    owner = [owners.setdefault(x.deployment_id, d) for d, x in enumerate(world.deployments)]
    return _pack(world, [_rising(rows[d], scenario.end) for d in owner])


def _fixture_rows(world: World, scenario: Scenario) -> dict[int, list[tuple[int, int]]]:
    """(time, build number) for each deployment: what it runs at the start, and the file's rows inside the run."""
    dated: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in world.releases:
        dated[row.deployment].append((row.deployed_at_s or 0, row.build_num))
    rows = {}
    for d in range(len(world.deployments)):
        known = sorted(dated[d]) or [(0, world.settings.first_build_num)]
        before = [row for row in known if row[0] <= scenario.start]
        first = before[-1] if before else known[0]
        rows[d] = [(0, first[1])] + [row for row in known if scenario.start < row[0] < scenario.end]
    return rows


def _rollouts(world: World, scenario: Scenario, service: int, rows: list[tuple[int, int]]) -> list[_Rollout]:
    begin = max([scenario.start, *(at for at, _ in rows)])
    build = max([build for _, build in rows], default=world.settings.first_build_num)
    per_year = world.services[service].releases_per_year
    rollouts = []
    for k in range((scenario.end - begin) // YEAR_S + 1):
        for j in range(per_year):
            w = words(scenario.seed, service, k << 8 | j, RELEASE)
            at = begin + k * YEAR_S + (YEAR_S * j + below(w[0], YEAR_S // 2)) // per_year
            build += 1 + below(w[1], 3)
            lead = _CANARY_LEAD_S + below(w[3], _CANARY_JITTER_S)
            rollouts.append(_Rollout(at, _GAP_S + below(w[2], _GAP_S), lead, build))
    return [r for r in rollouts if r.at_s < scenario.end]


def _reaches(world: World, members: list[int], d: int, rollout: _Rollout) -> int:
    """When a rollout reaches deployment ``d``: stage after stage, canaries first, then placement after placement."""
    mine = world.deployments[d]
    stage = world.placements[mine.placement].rollout_stage
    stages = sorted({world.placements[world.deployments[m].placement].rollout_stage for m in members})
    begin = rollout.at_s + stages.index(stage) * rollout.gap_s
    if _is_canary(mine):
        return begin
    peers = {x.placement for x in (world.deployments[m] for m in members) if not _is_canary(x)}
    order = sorted(p for p in peers if world.placements[p].rollout_stage == stage)
    return begin + rollout.canary_lead_s + order.index(mine.placement) * _REGION_STEP_S


def _is_canary(deployment: Deployment) -> bool:
    return deployment.tag != "default"


def _rising(rows: list[tuple[int, int]], end_s: int) -> list[tuple[int, int]]:
    """Rows in time order without those that would go back to an older build."""
    kept: list[tuple[int, int]] = []
    for at, build in sorted(rows):
        if at < end_s and (not kept or build > kept[-1][1]):
            kept.append((at, build))
    return kept


def _pack(world: World, calendars: list[list[tuple[int, int]]]) -> Calendar:
    counts = [len(r) for r in calendars]
    flat = [(d, at, build) for d, r in enumerate(calendars) for at, build in r]
    columns = np.array(flat, np.int64).reshape(-1, 3).T
    ids = [f"{world.deployments[d].deployment_id}:{build}" for d, _, build in flat]
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows: dict[str, int] = {}
    same = np.array([rows.setdefault(release, k) for k, release in enumerate(ids)], np.int64)
    return Calendar(columns[0].copy(), columns[1] * 1_000_000, columns[2].copy(), ids, first, same)
