"""What the deployments have run: ``26_releases.txt``."""

import re
from datetime import UTC, datetime

from otelsim.world.deployments import Deployments
from otelsim.world.index import Index
from otelsim.world.model import ReleaseRow
from otelsim.world.row import Row
from otelsim.world.tables import Folder

RELEASES = "txt/26_releases.txt"
BUILD_NUM = (1, 10**9)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def read_releases(folder: Folder, deployments: Deployments) -> list[ReleaseRow]:
    """All releases, one for each placement their deployment serves; two of one deployment may not share a time."""
    rows: list[ReleaseRow] = []
    seen = Index("release row")
    for row in folder.headless(RELEASES, ("deployment_id", "build_id", "build_num", "json")):
        build_id, build_num = row.text("build_id"), row.whole("build_num", *BUILD_NUM)
        deployed_at = _deployed_at(row)
        deployment_id = row.cells["deployment_id"]
        if not row.words("deployment_id", 11):
            continue
        deployments.ids.find(row, deployment_id)
        seen.add(row, f"{deployment_id} at {deployed_at}")
        rows += [ReleaseRow(i, build_id, build_num, deployed_at) for i in deployments.serving.get(deployment_id, ())]
    return rows


def _deployed_at(row: Row) -> int | None:
    found = row.json("json", ("deployed_at",))
    if "deployed_at" not in found:
        return None
    text = found["deployed_at"]
    try:
        if not isinstance(text, str) or not MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        row.fault(f"deployed_at {text!r} is not a time like 2020-01-06T09:00:00Z")
        return None
