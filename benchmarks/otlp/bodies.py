"""OTLP requests in a file: written by a capture, read by whoever posts them again or makes records like them."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SIGNALS = ("traces", "logs", "metrics")
HEAD = struct.Struct("<BII")


class Body(NamedTuple):
    """One request before compression, and how many records it holds."""

    signal: str
    records: int
    content: bytes


def packed(body: Body) -> bytes:
    return HEAD.pack(SIGNALS.index(body.signal), body.records, len(body.content)) + body.content


def read(path: Path) -> Iterator[Body]:
    """The requests in the order in which they came."""
    with path.open("rb") as file:
        while head := file.read(HEAD.size):
            signal, records, size = HEAD.unpack(head)
            yield Body(SIGNALS[signal], records, file.read(size))


def sizes(path: Path) -> tuple[dict[str, int], int, int]:
    """Records by signal, bytes of all contents, and how many requests there are."""
    records, content, requests = dict.fromkeys(SIGNALS, 0), 0, 0
    for body in read(path):
        records[body.signal] += body.records
        content += len(body.content)
        requests += 1
    return records, content, requests
