"""The committed dashboards, and everything in them that asks a data source."""

import json
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2] / "grafana"
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "dashboards").glob("*.json"))}
# What Grafana takes for annotations, and for panels that say nothing.
OF_ANNOTATIONS, OF_PANELS = 100, 1_000


class Asked(NamedTuple):
    """A query of a dashboard: where it stands, whom it asks, for how many points at most, and how it is written."""

    board: str
    where: str
    source: str
    points: int
    query: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.board}: {self.where} {self.query['refId']}"


def of_panels(board: str) -> list[Asked]:
    found = [(panel, target) for panel in BOARDS[board]["panels"] for target in panel.get("targets", [])]
    return [
        Asked(board, panel["title"], target["datasource"]["type"], panel.get("maxDataPoints", OF_PANELS), target)
        for panel, target in found
    ]


def of_annotations(board: str) -> list[Asked]:
    listed = BOARDS[board]["annotations"]["list"]
    return [Asked(board, one["name"], one["datasource"]["type"], OF_ANNOTATIONS, one["target"]) for one in listed]


def variables(board: str) -> list[dict[str, Any]]:
    return BOARDS[board]["templating"].get("list", [])


def target(board: str, title: str, ref: str = "A") -> Asked:
    """One target of a panel."""
    (found,) = [one for one in of_panels(board) if (one.where, one.query["refId"]) == (title, ref)]
    return found
