"""Where requests happen: ``environments.tsv``."""

from otelsim.world.index import Index, normalised
from otelsim.world.model import Placement
from otelsim.world.row import SMALL, Row
from otelsim.world.tables import Folder

ENVIRONMENTS = "environments.tsv"
WORDS = ("environment", "provider", "account", "region", "partition", "target_type", "target")
NUMBERS = ("traffic", "region_share", "rollout_stage")


def read_placements(folder: Folder) -> list[Placement]:
    """All placements.

    A placement's share is its environment's traffic times its part of the environment's region shares, normalised over
    all environments.
    """
    rows = folder.table(ENVIRONMENTS, (*WORDS, *NUMBERS))
    if not rows:
        folder.fault(ENVIRONMENTS, 1, "there is no placement")
    partitions = Index("partition")
    for row in rows:
        partitions.add(row, ":".join(row.word(column) for column in WORDS[:5]))
    shares = _shares(rows)
    return [_placement(row, share) for row, share in zip(rows, shares, strict=True)]


def _placement(row: Row, share: float) -> Placement:
    return Placement(
        environment=row.cells["environment"],
        provider=row.cells["provider"],
        account=row.cells["account"],
        region=row.cells["region"],
        partition=row.cells["partition"],
        target_type=row.word("target_type"),
        target=row.word("target"),
        share=share,
        rollout_stage=row.whole("rollout_stage", 0, 1000),
    )


def _shares(rows: list[Row]) -> list[float]:
    traffic = _traffic(rows)
    regions = [row.number("region_share") for row in rows]
    sums: dict[str, float] = {}
    for row, share in zip(rows, regions, strict=True):
        sums[_environment(row)] = sums.get(_environment(row), 0.0) + share
    raw = []
    for row, share in zip(rows, regions, strict=True):
        raw.append(traffic[_environment(row)] * share / max(sums[_environment(row)], SMALL))
    if rows and sum(raw) < SMALL:
        rows[0].fault("all traffic adds up to zero")
    return normalised(raw)


def _environment(row: Row) -> str:
    return row.cells["environment"]


def _traffic(rows: list[Row]) -> dict[str, float]:
    traffic: dict[str, float] = {}
    for row in rows:
        value = row.number("traffic")
        if traffic.setdefault(_environment(row), value) != value:
            row.fault(f"traffic {value:g} differs from that of {_environment(row)!r} above")
    return traffic
