"""What actions name: ``objects.tsv`` and its files of readable names."""

from otelsim.world.actions import Actions
from otelsim.world.index import Index
from otelsim.world.model import ObjectType
from otelsim.world.row import Row
from otelsim.world.tables import Folder

OBJECTS = "objects.tsv"
LARGEST = 2**40
EXPONENT = (0.5, 3.0)


def read_objects(folder: Folder, actions: Actions) -> list[ObjectType]:
    """All object types; every type that an action names is among them."""
    types = Index("object type")
    found = []
    for row in folder.table(OBJECTS, ("object_type", "catalogue_size", "exponent", "names")):
        name = row.word("object_type")
        types.add(row, name)
        size, exponent = row.whole("catalogue_size", 1, LARGEST), row.number("exponent", *EXPONENT)
        names = _names(folder, row)
        if names is not None and size > len(names):
            row.fault(f"catalogue_size {size} is more than the {len(names)} names of {row.cells['names']!r}")
        found.append(ObjectType(name, size, exponent, tuple(names or ())))
    for name, row in actions.objects.items():
        if name not in types.names:
            row.fault(f"object type {name!r} is not in {OBJECTS}")
    return found


def _names(folder: Folder, row: Row) -> list[str] | None:
    file = row.text("names")
    if file == "-":
        return None
    if not _inside(folder, file):
        row.fault(f"names {file!r} is not a file inside the world's folder")
        return None
    lines = folder.lines(file)
    seen: set[str] = set()
    for number, name in lines or []:
        if name in seen:
            folder.fault(file, number, f"duplicate name {name!r}")
        if any(c.isspace() for c in name):
            folder.fault(file, number, f"the name {name!r} contains a space")
        seen.add(name)
    return None if lines is None else [name for _, name in lines]


def _inside(folder: Folder, file: str) -> bool:
    try:
        return (folder.path / file).resolve().is_relative_to(folder.path.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
