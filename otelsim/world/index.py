"""Names and their positions while a world is read."""

from collections.abc import Sequence

from otelsim.world.row import Row


class Index:
    """Names of one kind (``what``), each at the position where it was first seen."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.names: dict[str, int] = {}

    def add(self, row: Row, name: str) -> bool:
        """Give the name the next position; False after a fault if it is there already."""
        if name in self.names:
            row.fault(f"duplicate {self.what} {name!r}")
            return False
        self.names[name] = len(self.names)
        return True

    def find(self, row: Row, name: str) -> int:
        """The name's position; 0 after a fault if it is unknown."""
        if name not in self.names:
            row.fault(f"unknown {self.what} {name!r}")
        return self.names.get(name, 0)


def normalised(values: Sequence[float]) -> list[float]:
    """The values as shares of their sum (all zero where the sum is)."""
    total = sum(values)
    return [value / total if total else 0.0 for value in values]
