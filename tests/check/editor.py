"""A run of plain files, open for damage: offsets, sizes, digests and counts follow what is there."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

DURATION = '{"metric":"request_duration_ms"'


@dataclass
class Part:
    """One slice: its log records and, one list a call, its metric lines."""

    entry: dict
    logs: list[dict]
    points: list[list[str]]
    raw: dict[int, Callable[[str], str]] = field(default_factory=dict)
    """Changes to the text of a log line."""


class Editor:
    """A run of plain files, open for damage; ``save`` makes manifest and summary agree with it again."""

    def __init__(self, directory: Path, world, calendar) -> None:
        self.directory, self.world, self.calendar = directory, world, calendar
        self.manifest = json.loads((directory / "manifest.json").read_text())
        self.summary = json.loads((directory / "summary.json").read_text())
        self.incidents = [json.loads(line) for line in (directory / "incidents.jsonl").read_text().splitlines()]
        self.parts = [self._read(entry) for entry in self.manifest["slices"]]

    def _read(self, entry: dict) -> Part:
        logs = [json.loads(line) for line in self._bytes(entry, "logs").splitlines()]
        points: list[list[str]] = []
        for line in self._bytes(entry, "metrics").decode().split("\n")[:-1]:
            if line.startswith(DURATION):
                points.append([])
            points[-1].append(line)
        return Part(entry, logs, points)

    def _bytes(self, entry: dict, signal: str) -> bytes:
        data = (self.directory / f"{signal}_{entry['lane']}.jsonl").read_bytes()
        return data[entry[signal]["offset"] :][: entry[signal]["bytes"]]

    def calls(self) -> Iterator[tuple[Part, int, dict]]:
        """All calls: slice, position in it, log record."""
        return ((part, k, log) for part in self.parts for k, log in enumerate(part.logs))

    def find(self, wanted: Callable[[Part, int, dict], bool]) -> tuple[Part, int, dict]:
        """The first call that will do."""
        return next(call for call in self.calls() if wanted(*call))

    def family(self, part: Part, log: dict) -> list[int]:
        """Positions of a trace's calls."""
        return [k for k, other in enumerate(part.logs) if other["trace_id"] == log["trace_id"]]

    def change(self, part: Part, k: int, old: str, new: str) -> None:
        """Replace text in all metric lines of a call."""
        part.points[k] = [line.replace(old, new) for line in part.points[k]]

    def release(self, part: Part, k: int, release_id: str) -> None:
        """Give a call another release, in its log line and its points."""
        self.change(part, k, f'"{part.logs[k]["release_id"]}"', f'"{release_id}"')
        part.logs[k]["release_id"] = release_id

    def save(self) -> None:
        """Write all files; offsets, sizes, digests and counts follow what is there."""
        files: dict[str, bytes] = {}
        for part in self.parts:
            lines = [part.raw.get(k, str)(dump(log)) for k, log in enumerate(part.logs)]
            points = [line for call in part.points for line in call]
            roots = sum(log["parent_span_id"] is None for log in part.logs)
            part.entry |= {"requests": roots, "calls": len(lines), "points": len(points)}
            for signal, texts in (("logs", lines), ("metrics", points)):
                name, data = f"{signal}_{part.entry['lane']}.jsonl", "".join(f"{text}\n" for text in texts).encode()
                offset = len(files.get(name, b""))
                part.entry[signal] = {"offset": offset, "bytes": len(data), "digest": xxhash.xxh3_128_hexdigest(data)}
                files[name] = files.get(name, b"") + data
        for name, data in files.items():
            self.manifest["files"][name] |= {"bytes": len(data), "records": data.count(b"\n")}
            (self.directory / name).write_bytes(data)
        self._recount()
        self.write_small()

    def write_small(self) -> None:
        """Write the manifest and the summary as they stand."""
        (self.directory / "manifest.json").write_text(json.dumps(self.manifest))
        (self.directory / "summary.json").write_text(json.dumps(self.summary))

    def _recount(self) -> None:
        entries = [part.entry for part in self.parts]
        counts = {"logs": "calls", "spans": "calls", "points": "points", "requests": "requests"}
        self.manifest["counts"] |= {name: sum(e[key] for e in entries) for name, key in counts.items()}
        self.summary["counts"] = dict(self.manifest["counts"])
        logs = [log for _, _, log in self.calls()]
        self.summary["stacks"] = Counter(log["stack"] for log in logs)
        self.summary["levels"] = Counter(log["level"] for log in logs)
        self.summary["error_sources"] = Counter(log["error_source"] for log in logs if log["error_source"])
        roots = (p.points[k][0] for p, k, log in self.calls() if log["parent_span_id"] is None)
        self.summary["personas"] = Counter(tag(line, "persona") for line in roots)


def dump(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def tag(line: str, name: str) -> str:
    return re.search(f'"{name}":"([^"]*)"', line)[1]
