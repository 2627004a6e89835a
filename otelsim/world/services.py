"""Services and what they call: ``20_services.txt`` and ``dependencies.tsv``."""

from dataclasses import dataclass, field

from otelsim.world.index import Index
from otelsim.world.model import Service
from otelsim.world.row import Row
from otelsim.world.tables import Folder

SERVICES = "txt/20_services.txt"
DEPENDENCIES = "dependencies.tsv"
RELEASES_PER_YEAR = (26, 52)
OWN_TIME_SHARE = (0.1, 0.5)


@dataclass
class Services:
    """The services in file order, found by ``application:stack:service`` and by ``stack:service``."""

    rows: list[Service] = field(default_factory=list)
    by_id: Index = field(default_factory=lambda: Index("service"))
    by_key: Index = field(default_factory=lambda: Index("service"))


def read_services(folder: Folder) -> Services:
    """All services; a service without json has 26 releases a year and an own-time share of 0.3."""
    services = Services()
    rows = folder.headless(SERVICES, ("stack_id", "name", "artifact", "json"))
    for row in rows:
        _add_service(services, row)
    if not rows:
        folder.fault(SERVICES, 1, "there is no service")
    return services


def _add_service(services: Services, row: Row) -> None:
    stack_id = row.words("stack_id", 2)
    name = row.word("name")
    artifact = row.text("artifact")
    found = row.json("json", ("releases_per_year", "own_time_share"))
    releases = row.json_number(found, "releases_per_year", *RELEASES_PER_YEAR)
    share = row.json_number(found, "own_time_share", *OWN_TIME_SHARE)
    if releases is not None and releases != int(releases):
        row.fault(f"releases_per_year {releases:g} is not a whole number")
    if not stack_id:
        return
    service = Service(
        stack_id[0],
        stack_id[1],
        name,
        artifact,
        RELEASES_PER_YEAR[0] if releases is None else int(releases),
        0.3 if share is None else share,
    )
    # Actions and dependencies name a service without its application, so that pair has to be unique as well.
    if services.by_id.add(row, service.service_id) and services.by_key.add(row, service.key):
        services.rows.append(service)


def read_dependencies(folder: Folder, services: Services) -> tuple[tuple[int, ...], ...]:
    """For each service the services it calls, in the order of the file."""
    calls: dict[int, list[int]] = {}
    edges = Index("dependency")
    for row in folder.table(DEPENDENCIES, ("service", "depends_on")):
        caller, callee = row.text("service"), row.text("depends_on")
        one, other = services.by_key.find(row, caller), services.by_key.find(row, callee)
        if caller == callee:
            row.fault(f"{caller!r} depends on itself")
        elif edges.add(row, f"{caller} {callee}"):
            calls.setdefault(one, []).append(other)
    return tuple(tuple(calls.get(i, ())) for i in range(len(services.rows)))
