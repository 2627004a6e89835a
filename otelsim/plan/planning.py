"""The plan of a run."""

import os
from typing import Any

from otelsim.plan.sample import Pace, Sample, pace, sample
from otelsim.plan.series import SERIES_PER_SECOND, expected_series
from otelsim.runner.preparing import Prepared
from otelsim.scenario import to_manifest
from otelsim.times import rfc3339

MOST_WORKERS = 48


def plan_run(prepared: Prepared) -> dict[str, Any]:
    """What a run would come to, as JSON values: counts and bytes within 5 %, series within 15 %, time a guess."""
    few = sample(prepared)
    counts = _counts(prepared, few)
    content = {name: _scaled(prepared, few, n) for name, n in few.content_bytes.items()}
    measured = pace(prepared)
    compressed = {c: {n: round(content[n] / r) for n, r in ratios.items()} for c, ratios in measured.ratio.items()}
    return {
        "scenario": to_manifest(prepared.scenario),
        "range": _range(prepared),
        "counts": counts,
        "bytes": content,
        "compressed_bytes": compressed,
        "series": _series(prepared),
        "deployments": _deployments(prepared, counts["points"]),
        "estimate": _estimate(prepared, measured, sum(content.values())),
        "sampled_requests": few.requests,
    }


def _scaled(prepared: Prepared, few: Sample, number: int) -> int:
    return round(number * prepared.scenario.total_events / few.requests)


def _counts(prepared: Prepared, few: Sample) -> dict[str, int]:
    calls = _scaled(prepared, few, few.calls)
    points = _scaled(prepared, few, few.points)
    return {"requests": prepared.scenario.total_events, "spans": calls, "logs": calls, "points": points}


def _range(prepared: Prepared) -> dict[str, Any]:
    scenario = prepared.scenario
    return {
        "start": rfc3339(scenario.start),
        "end": rfc3339(scenario.end),
        "seconds": scenario.end - scenario.start,
        "slices": len(prepared.slices),
        "incidents": len(prepared.incidents),
    }


def _series(prepared: Prepared) -> dict[str, Any]:
    """Label sets, and how long a store needs to take them in as new ones."""
    lines, points = expected_series(prepared)
    return {
        "lines": round(lines),
        "points": round(points),
        "lines_seconds": lines / SERIES_PER_SECOND,
        "points_seconds": points / SERIES_PER_SECOND,
        "new_series_per_second": SERIES_PER_SECOND,
    }


def _deployments(prepared: Prepared, points: int) -> dict[str, Any]:
    count = len({d.deployment_id for d in prepared.world.deployments})
    seconds = prepared.scenario.end - prepared.scenario.start
    return {"count": count, "points_each": points / count, "seconds_between_points": seconds * count / points}


def _estimate(prepared: Prepared, measured: Pace, content: int) -> dict[str, Any]:
    """As long as simulating and encoding takes on this machine's processors; writing may take longer."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1, len(prepared.slices))
    rate = measured.requests / measured.seconds
    seconds = prepared.scenario.total_events / (rate * workers)
    return {
        "workers": workers,
        "requests_per_second_and_worker": round(rate),
        "seconds": seconds,
        "bytes_per_second": round(content / seconds),
    }
