"""A run's files as one frame of calls, and the truth it was made from."""

import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from otelsim.runner.preparing import complete
from otelsim.scenario import Scenario, load, resolve
from otelsim.times import instant_s
from otelsim.world.incidents import Incident, incidents
from otelsim.world.loading import load_world
from otelsim.world.model import World

WORLD = Path(__file__).parents[2] / "fixtures" / "social_network"
START = "2025-03-03"
"""A Monday."""

_IDS = {"trace": "trace_id", "span": "span_id", "parent": "parent_span_id"}
_IDS |= {"request": "request_id", "upstream": "upstream_request_id"}
_USERS = {"user": "user_id", "target": "target_user_id"}
_TEXTS = ("action", "object_type", "object_id", "error_source", "error_code")
_LOG_KEYS = (*_TEXTS, *_IDS.values(), *_USERS.values(), "timestamp", "stack", "service", "success", "release_id")
_LOG_SCHEMA = {key: pl.Boolean() if key == "success" else pl.String() for key in _LOG_KEYS}
_METRIC_SCHEMA = {"metric": pl.String(), "value": pl.Float64(), "tags": pl.Struct({"persona": pl.String()})}


@dataclass(frozen=True)
class Run:
    """A finished run; ``scenario`` is resolved and complete."""

    world: World
    scenario: Scenario
    folder: Path

    @cached_property
    def incidents(self) -> list[Incident]:
        return incidents(self.world, self.scenario)

    @cached_property
    def calls(self) -> pl.DataFrame:
        """One row a call, root or child; ids are hashes (null where there is none), durations ms."""
        parts = [_calls(self.folder, log.name) for log in sorted(self.folder.glob("logs_*.jsonl"))]
        return pl.concat(parts, rechunk=True)

    @cached_property
    def roots(self) -> pl.DataFrame:
        return self.calls.filter(pl.col("parent").is_null())

    @cached_property
    def children(self) -> pl.DataFrame:
        return self.calls.filter(pl.col("parent").is_not_null())


def generate(folder: Path, scenario: str, *numbers: int) -> Run:
    """Run the program, as a user would."""
    output = folder / "run"
    command = [sys.executable, "-m", "otelsim", "generate", *map(str, numbers)]
    command += ["--scenario", scenario, "--start", START, "--workers", "2", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    world = load_world(WORLD)
    asked = dict(zip(("total_events", "total_users"), numbers, strict=False))
    resolved = resolve(replace(load(scenario), start_s=instant_s(START), **asked), 0)
    return Run(world, complete(resolved, world), output)


def _calls(folder: Path, log_name: str) -> pl.DataFrame:
    """The k-th request_duration_ms line belongs to the k-th log line."""
    logs = pl.scan_ndjson(folder / log_name, schema=_LOG_SCHEMA).select(_log_columns()).collect()
    metrics = pl.scan_ndjson(folder / log_name.replace("logs", "metrics"), schema=_METRIC_SCHEMA)
    persona = pl.col("tags").struct.field("persona").cast(pl.Categorical)
    durations = metrics.filter(pl.col("metric") == "request_duration_ms").select(persona, duration="value").collect()
    return logs.hstack(durations)


def _log_columns() -> list[pl.Expr]:
    # Hashes and categories: a million requests' texts would not fit into a modest machine.
    def hashed(key: str) -> pl.Expr:
        return pl.when(pl.col(key).is_not_null()).then(pl.col(key).hash())

    parts = pl.col("release_id").str.splitn(":", 12).struct
    return [
        pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us").dt.epoch("us").alias("start_us"),
        pl.col("success"),
        pl.concat_str("stack", "service", separator=":").cast(pl.Categorical).alias("service"),
        *(pl.col(key).cast(pl.Categorical) for key in _TEXTS if key != "object_id"),
        pl.col("object_id").hash().alias("object"),
        *(hashed(key).alias(name) for name, key in _IDS.items()),
        *(pl.col(key).str.slice(5).cast(pl.Int64).alias(name) for name, key in _USERS.items()),
        pl.col("release_id").str.replace(r":[^:]*$", "").cast(pl.Categorical).alias("deployment"),
        parts.field("field_10").cast(pl.Categorical).alias("tag"),
        parts.field("field_11").cast(pl.Int64).alias("build"),
    ]
