"""Laws of the whole run: ids, totals, files, the summary, and the share of exemplars."""

import math

from otelsim.check.laws import RUN
from otelsim.check.registry import Finding, compared
from otelsim.check.report import EXAMPLES
from otelsim.check.tally import RunTally

EXEMPLAR_SHARE = 0.01
_SHARE_SLACK = 1e-4
"""The share is cut to 1/65536 where it is drawn (655/65536 = 0.009995)."""
_SIGMAS = 6


def _unique(run: RunTally, kind: str) -> Finding:
    total, twice = run.duplicates(kind)
    return Finding(
        total, len(twice), tuple(f"{kind} …{value:016x} is there more than once" for value in twice[:EXAMPLES])
    )


@RUN.law("ids.trace", "a trace lies in one slice: no trace_id comes again in another")
def trace_ids(run: RunTally) -> Finding:
    """Trace ids are unique over slices."""
    return _unique(run, "trace_id")


@RUN.law("ids.span", "span_id is unique over the run")
def span_ids(run: RunTally) -> Finding:
    """Span ids are unique."""
    return _unique(run, "span_id")


@RUN.law("ids.request", "request_id is unique over the run")
def request_ids(run: RunTally) -> Finding:
    """Request ids are unique."""
    return _unique(run, "request_id")


@RUN.law("persona.user", "a user has one persona over the whole run")
def user_personas(run: RunTally) -> Finding:
    """Users do not change."""
    told = [f"{user} is {both}" for user, both in run.tally.turncoats.items()]
    return compared(told, len(run.tally.users))


@RUN.law(
    "exemplar.share", "of successes within 500 ms about 1 % carry an exemplar (6 standard deviations of a binomial)"
)
def exemplar_share(run: RunTally) -> Finding:
    """Neither none nor all."""
    n, found = run.tally.totals["quick"], run.tally.totals["quick_exemplars"]
    due = n * EXEMPLAR_SHARE
    slack = _SIGMAS * math.sqrt(due * (1 - EXEMPLAR_SHARE)) + n * _SHARE_SLACK + 1
    off = abs(found - due) > slack
    return Finding(n, int(off), (f"{found} exemplars on {n} quick successes, about {due:.0f} due",) if off else ())


@RUN.law("counts.requests", "the run has exactly total_events roots")
def requests(run: RunTally) -> Finding:
    """The scenario asked for so many."""
    found, due = run.tally.totals["requests"], run.scenario.total_events
    return compared([f"{found} roots, {due} asked for"] if found != due else [], found)


@RUN.law("counts.signals", "records found, the manifest's counts and the summary's counts are the same")
def signals(run: RunTally) -> Finding:
    """Three ways of counting, one result."""
    told = []
    for name in ("requests", "spans", "logs", "points"):
        promised = (run.run.manifest["counts"].get(name), run.run.summary.get("counts", {}).get(name))
        if promised != (run.tally.totals[name],) * 2:
            told.append(f"{name}: {run.tally.totals[name]} found, manifest and summary say {promised}")
    return compared(told, 8)


@RUN.law("counts.summary", "the summary's counts by persona, stack, level and error source are a recount's")
def summary(run: RunTally) -> Finding:
    """summary.json tells the truth."""
    tally, told, tried = run.tally, [], 0
    parts = {"personas": tally.personas, "stacks": tally.stacks, "levels": tally.levels, "error_sources": tally.sources}
    for part, found in parts.items():
        said = run.run.summary.get(part, {})
        tried += len(found.keys() | said.keys())
        for name in sorted(found.keys() | said.keys()):
            if found.get(name, 0) != said.get(name, 0):
                told.append(f"{part} {name}: {found.get(name, 0)} found, {said.get(name, 0)} in the summary")
    return compared(told, tried)


@RUN.law("files.size", "every file has the bytes and the records that the manifest names")
def file_sizes(run: RunTally) -> Finding:
    """No file is short, long or missing."""
    told = []
    for name, entry in run.run.manifest["files"].items():
        path = run.file(name)
        size = path.stat().st_size if path.is_file() else None
        if (size, run.tally.stored[name]) != (entry["bytes"], entry["records"]):
            told.append(f"{name}: {size} bytes and {run.tally.stored[name]} records, {entry} promised")
    return compared(told, len(run.run.manifest["files"]))


@RUN.law("files.slices", "the slices of a lane fill its files without gap or overlap")
def slices_fill(run: RunTally) -> Finding:
    """Offsets and lengths add up, slice after slice."""
    ends: dict[str, int] = {}
    told = []
    for entry in sorted(run.run.slices, key=lambda entry: int(entry["slice"])):
        for signal in ("logs", "metrics"):
            name, part = run.run.file(signal, entry), entry[signal]
            if part["offset"] != ends.get(name, 0):
                told.append(f"slice {entry['slice']} of {name} starts at {part['offset']}, not at {ends.get(name, 0)}")
            ends[name] = part["offset"] + part["bytes"]
    sizes = {name: entry["bytes"] for name, entry in run.run.manifest["files"].items()}
    told += [
        f"slices of {name} end at {end} of {sizes.get(name)}"
        for name, end in ends.items()
        if sizes.get(name, end) != end
    ]
    return compared(told, 2 * len(run.run.slices))
