"""What runs where: ``24_deployments.txt``."""

from collections.abc import Callable
from dataclasses import dataclass, field

from otelsim.world.index import Index
from otelsim.world.model import Deployment, Placement
from otelsim.world.row import Row
from otelsim.world.services import Services
from otelsim.world.tables import Folder

DEPLOYMENTS = "txt/24_deployments.txt"
SHARE_SUM = 1 + 1e-9


@dataclass(frozen=True)
class Declared:
    """One row of the file: an existing deployment, of whatever partition."""

    row: Row
    place: tuple[str, ...]
    """The first five words of its target_id."""
    service: int
    deployment_id: str
    tag: str
    share: float | None


@dataclass
class Deployments:
    """The deployments by the placements they serve; ``serving`` gives a deployment_id's positions in ``rows``."""

    rows: list[Deployment] = field(default_factory=list)
    ids: Index = field(default_factory=lambda: Index("deployment"))
    serving: dict[str, list[int]] = field(default_factory=dict)

    def add(self, deployment: Deployment) -> None:
        """Append one and remember its position."""
        self.serving.setdefault(deployment.deployment_id, []).append(len(self.rows))
        self.rows.append(deployment)


def read_deployments(folder: Folder, services: Services, placements: list[Placement]) -> Deployments:
    """All deployments, each with the placement it serves.

    A placement is served by the deployments in its own partition; where a service has none there, by those in other
    partitions of the same region. Such a deployment is there once for each placement it serves, with one
    deployment_id. Shares without json are an even split of what is left.
    """
    deployments = Deployments()
    rows = folder.headless(DEPLOYMENTS, ("target_id", "service_id", "tag", "json"))
    declared = [d for d in (_declared(row, services, deployments.ids) for row in rows) if d]
    regions = {_words(placement)[:4] for placement in placements}
    for d in declared:
        if placements and d.place[:4] not in regions:
            d.row.fault(f"environments.tsv has no row in {':'.join(d.place[:4])}")
    serving = _serving(declared)
    for index, placement in enumerate(placements):
        for number, service in enumerate(services.rows):
            chosen = serving(_words(placement), number)
            if chosen:
                _share_out(deployments, chosen, index)
            elif rows:
                folder.fault(DEPLOYMENTS, 1, f"{service.service_id} has no deployment in {':'.join(_words(placement))}")
    if not rows:
        folder.fault(DEPLOYMENTS, 1, "there is no deployment")
    return deployments


def _words(placement: Placement) -> tuple[str, ...]:
    return (placement.environment, placement.provider, placement.account, placement.region, placement.partition)


def _declared(row: Row, services: Services, ids: Index) -> Declared | None:
    target = row.words("target_id", 7)
    service_words = row.words("service_id", 3)
    tag = row.word("tag")
    found = row.json("json", ("share",))
    share = row.json_number(found, "share", 0.0, 1.0)
    if not service_words or not target:
        return None
    service = services.by_id.find(row, row.cells["service_id"])
    deployment_id = ":".join([*target, *service_words, tag])
    if not ids.add(row, deployment_id):
        return None
    return Declared(row, tuple(target[:5]), service, deployment_id, tag, share)


def _serving(declared: list[Declared]) -> Callable[[tuple[str, ...], int], list[Declared]]:
    near: dict[tuple[tuple[str, ...], int], list[Declared]] = {}
    for d in declared:
        for place in (d.place, d.place[:4]):
            near.setdefault((place, d.service), []).append(d)
    return lambda place, service: near.get((place, service)) or near.get((place[:4], service)) or []


def _share_out(deployments: Deployments, chosen: list[Declared], placement: int) -> None:
    given = sum(d.share for d in chosen if d.share is not None)
    open_ones = sum(d.share is None for d in chosen)
    if given > SHARE_SUM or (not open_ones and given <= 0):
        chosen[0].row.fault(f"the shares of this service here add up to {given:g}, expected at most 1 and above 0")
        return
    rest = max(0.0, 1.0 - given) / max(1, open_ones)
    # Explicit shares alone need not reach 1 (or 1 a tenant, where a region's tenants share): they are relative then.
    total = given + rest * open_ones
    for d in chosen:
        share = (rest if d.share is None else d.share) / total
        deployments.add(Deployment(d.deployment_id, d.service, placement, d.tag, share))
