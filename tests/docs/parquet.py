"""`python -m tests.docs.parquet` writes docs/parquet.md anew, from the schema of the tables."""

from collections.abc import Iterable
from pathlib import Path
from string import Template

import pyarrow as pa

from otelsim.runner.grouping import MOST_SLICES
from otelsim.wire.parquet.coding import TEXT
from otelsim.wire.parquet.files import COMPRESSION, GROUP_CALLS
from otelsim.wire.parquet.schema import ID, RESOURCE, TABLES, TIME, TRACE_ID, Column
from tests.docs.tables import code, table

PAGE = Path(__file__).parents[2] / "docs" / "parquet.md"
TYPES = {
    TRACE_ID: "16 bytes",
    ID: "8 bytes",
    TEXT: "string, dictionary",
    pa.string(): "string",
    TIME: "timestamp, ns, UTC",
    pa.float64(): "double",
    pa.int32(): "int32",
    pa.bool_(): "bool",
}
HEAD = ("Column", "Type", "Null", "What")


def columns(these: Iterable[Column]) -> str:
    """A table of columns."""
    return table(HEAD, [[code(c.name), TYPES[c.type], c.null, c.what] for c in these]).rstrip("\n")


def page() -> str:
    """The whole page."""
    tables = {signal: columns(c for c in made if c not in RESOURCE) for signal, made in TABLES.items()}
    facts = {"slices": MOST_SLICES, "group_calls": f"{GROUP_CALLS:,}", "compression": COMPRESSION}
    template = Path(__file__).with_name("parquet.template.md").read_text()
    return Template(template).substitute(resource=columns(RESOURCE), **tables, **facts)


if __name__ == "__main__":
    PAGE.write_text(page())
