"""What is done, one line a slice, as it gets done."""

import json
import os
from pathlib import Path
from typing import Any

from otelsim.runner.worker import Done
from otelsim.sinks.files import MODE, failure


def entry(done: Done) -> dict[str, Any]:
    """A slice's line."""
    extents = {
        name: {"offset": e.offset, "bytes": e.stored, "content_bytes": e.content, "digest": e.digest}
        for name, e in done.extents.items()
    }
    requests, calls, points, _ = done.tally["totals"]
    counts = {"requests": requests, "calls": calls, "points": points}
    kinds = {"records": done.counts} if done.counts else {}
    return {"slice": done.number, "lane": done.lane, **counts, **kinds, **extents}


class Journal:
    """Appended line by line, nothing held back; the first line says which run it is."""

    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        self.path = path
        try:
            self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        except OSError as error:
            raise failure(path, error) from None
        self.append(head)

    def append(self, values: dict[str, Any]) -> None:
        """Add a line."""
        line = memoryview(json.dumps(values, separators=(",", ":")).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self.file, line) :]
        except OSError as error:
            raise failure(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        os.close(self.file)
