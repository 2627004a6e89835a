"""What is done, one line a slice, as it gets done."""

import json
import os
from pathlib import Path
from typing import Any

from otelsim.errors import RunError
from otelsim.runner.worker import Done
from otelsim.sinks.files import MODE


def entry(done: Done) -> dict[str, Any]:
    """A slice's line."""
    extents = {
        name: {"offset": e.offset, "bytes": e.stored, "content_bytes": e.content, "digest": e.digest}
        for name, e in done.extents.items()
    }
    requests, calls, points, _ = done.tally["totals"]
    return {"slice": done.number, "lane": done.lane, "requests": requests, "calls": calls, "points": points, **extents}


class Journal:
    """Appended and flushed line by line; the first line says which run it is."""

    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        self.path = path
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, MODE)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from None
        self.stream = os.fdopen(file, "w", encoding="utf-8")
        self.append(head)

    def append(self, values: dict[str, Any]) -> None:
        """Add a line."""
        try:
            self.stream.write(json.dumps(values, separators=(",", ":")) + "\n")
            self.stream.flush()
        except OSError as error:
            raise RunError(f"{self.path}: cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        self.stream.close()
