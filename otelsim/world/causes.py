"""Why calls fail: ``hidden_dependencies.tsv`` and ``self_errors.tsv``."""

from otelsim.world.index import Index
from otelsim.world.model import Component, SelfError
from otelsim.world.row import SMALL, Row
from otelsim.world.services import Services
from otelsim.world.tables import Folder

COMPONENTS = "hidden_dependencies.tsv"
SELF_ERRORS = "self_errors.tsv"
ERROR_TYPES = ("client", "server", "database", "cache", "queue", "internal")
SELF_TYPES = ("client", "server")
LATENCY_FACTOR = (1.0, 1000.0)
COLUMNS = (
    "component", "error_type", "error_codes", "failure_rate", "latency_factor", "error_message", "description",
    "affected_services",
)  # fmt: skip


def read_components(folder: Folder, services: Services) -> list[Component]:
    """All components, in table order; a world may have none."""
    names = Index("component")
    found = []
    for row in folder.table(COMPONENTS, COLUMNS):
        names.add(row, row.word("component"))
        found.append(
            Component(
                name=row.cells["component"],
                error_type=row.choice("error_type", ERROR_TYPES),
                error_codes=row.codes("error_codes"),
                failure_rate=row.number("failure_rate", 0, 1),
                latency_factor=row.number("latency_factor", *LATENCY_FACTOR),
                error_message=row.text("error_message"),
                description=row.text("description"),
                services=_affected(row, services),
            )
        )
    return found


def _affected(row: Row, services: Services) -> tuple[int, ...]:
    listed = Index("affected service")
    keys = row.text("affected_services").split()
    return tuple(services.by_key.find(row, key) for key in keys if listed.add(row, key))


def read_self_errors(folder: Folder) -> list[SelfError]:
    """All of a call's own errors; those of each error_type weigh more than zero together."""
    codes = Index("code")
    rows = folder.table(SELF_ERRORS, ("code", "error_type", "weight", "message"))
    found = []
    for row in rows:
        codes.add(row, row.codes("code")[0])
        kind = row.choice("error_type", SELF_TYPES)
        found.append(SelfError(row.cells["code"], kind, row.number("weight"), row.text("message")))
    for kind in SELF_TYPES:
        if sum(e.weight for e in found if e.error_type == kind) < SMALL:
            folder.fault(SELF_ERRORS, 1, f"the weights of {kind} errors add up to zero")
    return found
