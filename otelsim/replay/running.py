"""A replay: all parts by workers, a journal to go on from, and what became of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import xxhash

from otelsim import __version__
from otelsim.errors import InputError
from otelsim.replay.files import Given
from otelsim.replay.source import MOST_TOLD
from otelsim.replay.worker import LEFT_OUT, Plan
from otelsim.runner.folder import SUMMARY, Folder
from otelsim.runner.journal import Past, read_journal
from otelsim.runner.manifest import FORMAT
from otelsim.runner.resuming import Entry
from otelsim.runner.target import Target
from otelsim.runner.worker import JOURNAL, Done
from otelsim.runner.working import Watcher, Work
from otelsim.sinks.files import failure
from otelsim.sinks.ledger import NAME as LEDGER

REPLAY = "replay"
"""The key of a journal's first line that says that it is a replay's."""
_LOOKED_AT_BYTES = 1 << 16


class Replay(Work):
    """One replay: its state."""

    kernels = "replay"

    def __init__(self, plan: Plan, target: Target, workers: int, watch: Watcher) -> None:
        super().__init__(target, workers, range(len(plan.parts)), watch)
        self.plan = plan
        self.left_out: Counter[str] = Counter(dict.fromkeys(LEFT_OUT, 0))
        self.notes: list[str] = []
        self.sent_bytes = 0
        self.going_on = False

    def tables(self) -> Plan:
        """What workers send parts from."""
        return self.plan

    def counts(self) -> dict[str, int]:
        """Records made so far, by kind."""
        return {kind: n for kind, n in self.delivered.made.items() if n}

    def size(self) -> int:
        """Bytes of the requests made so far."""
        return self.sent_bytes

    def enter(self, done: Done) -> Entry:
        """Add a part; returns its line in the journal."""
        self.notes += done.notes[: MOST_TOLD - len(self.notes)]
        new = {
            "slice": done.number,
            "lane": done.lane,
            "bytes": sum(extent.content for extent in done.extents.values()),
            "records": done.counts,
            "left_out": {name: done.tally[name][0] for name in LEFT_OUT},
            "account": done.account,
        }
        self._enter(new)
        return new

    def take_over(self, entries: list[Entry]) -> None:
        """Add parts that were sent before the replay was interrupted."""
        for each in {e["slice"]: e for e in entries}.values():
            self.delivered.add(each["account"], each["records"])
            self._enter(each)
        self.found, self.going_on = len(self.entries), True

    def carry_out(self, folder: Folder | None, head: dict[str, Any]) -> dict[str, Any]:
        """Send all that is missing; returns the summary."""
        if folder:
            folder.remove(SUMMARY)
            if not self.going_on:
                folder.remove(LEDGER.format(lane="*"))
        journal = folder.journal(head, self.entries) if folder else None
        self.carried_through(journal)
        summary = self.summary(head)
        if folder:
            folder.write_json(SUMMARY, summary)
            folder.remove(LEDGER.format(lane="*"))
        self.delivered.check(self.delivered.made)
        return summary

    def summary(self, head: dict[str, Any]) -> dict[str, Any]:
        """What was sent and what was left out."""
        counted = {"counts": self.counts(), "left_out": dict(self.left_out), "faults": self.notes}
        return {"run_id": head["run_id"], **counted, **self.delivered.told()}

    def _enter(self, done: Entry) -> None:
        self.entries.append(done)
        self.left_out.update(done["left_out"])
        self.sent_bytes += done["bytes"]


def head_of(found: Given, plan: Plan, target: Target, workers: int) -> dict[str, Any]:
    """What is known before anything is sent: a replay with the same one goes on where another ended."""
    assert target.otlp is not None
    files = [_told(path) for pair in found.pairs for path in pair.paths()]
    style, routes = plan.style, repr(sorted(plan.known.actions.items(), key=lambda each: each[0]))
    how = {"files": files, "parts": len(plan.parts), "plain_names": style.plain_names, "limit": style.limit}
    how |= {"routes": xxhash.xxh3_64_hexdigest(routes.encode())}
    known = {"run_id": target.otlp.notation.run_id, REPLAY: how, "workers": workers, **target.told()}
    return json.loads(json.dumps({"format": FORMAT, "otelsim": __version__, "scenario": {}, **known}))  # type: ignore[no-any-return]


def _told(path: Path) -> dict[str, Any]:
    """A file's name and size, when it was changed, and a digest of its begin and end."""
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT_BYTES)
            size = file.seek(0, 2)
            file.seek(max(0, size - _LOOKED_AT_BYTES))
            ends = xxhash.xxh3_64_hexdigest(begin + file.read())
            return {"file": str(path.resolve()), "bytes": size, "changed": path.stat().st_mtime_ns, "ends": ends}
    except OSError as error:
        raise failure(path, error) from None


def begun(path: Path, head: dict[str, Any]) -> Past:
    """What a replay with that head had sent; InputError where the folder holds another one's journal."""
    past = read_journal(path / JOURNAL)
    for key in (key for key in head if key not in ("sending", "workers")):
        if past.head.get(key) != head[key]:
            what = next(k for k in head[key] if past.head.get(key, {}).get(k) != head[key][k]) if key == REPLAY else key
            raise InputError("--resume", f"the replay in {path} is another one: its {what} differ")
    return past


def is_replay(path: Path) -> bool:
    """Whether the journal in a folder is a replay's."""
    return REPLAY in read_journal(path / JOURNAL).head
