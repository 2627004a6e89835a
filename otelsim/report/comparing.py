"""What was counted, held against what the run's own files say."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from otelsim.runner import manifest
from otelsim.runner.finished import Finished
from otelsim.runner.folder import SUMMARY
from otelsim.runner.target import notation_of
from otelsim.runner.totals import Totals

Values = dict[str, Any]
_EFFECTS = ("infrastructure_errors", "cascades")


class Difference(NamedTuple):
    """Something of a run's files that the run, made again, does not bear out."""

    what: str
    said: str
    made: str

    def __str__(self) -> str:
        return f"{self.what}: {self.said}, and made again: {self.made}"


def differences(run: Finished, totals: Totals) -> list[Difference]:
    """All that differs, in the order of the summary."""
    found, summary = [], _read(run)
    for name in manifest.damaged(run.manifest, run.directory):
        found.append(Difference(name, "is not as it was written", "the manifest's digest is another one"))
    if summary is None:
        return found
    made = {"counts": _counts(run, totals), **totals.breakdown(), "incidents": _incidents(totals.incidents())}
    for part, values in made.items():
        said = summary.get(part)
        told = _incidents(said) if part == "incidents" else said
        found += _differing(f"{SUMMARY}, {part}", told if isinstance(told, dict) else {}, values)
    found += _differing("manifest.json, counts", run.manifest["counts"], made["counts"])
    if summary.get("content_digest") != run.manifest["content_digest"]:
        found.append(
            Difference(f"{SUMMARY}, content_digest", "is not the manifest's", str(run.manifest["content_digest"]))
        )
    return found


def _read(run: Finished) -> Values | None:
    """The summary, or None where it is none: then it is damaged, too."""
    try:
        values = json.loads((run.directory / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _counts(run: Finished, totals: Totals) -> dict[str, int]:
    """Records by kind, where one a call was made of each."""
    counts = totals.counts()
    if "notation" not in run.manifest:
        return counts
    notation, _ = notation_of(run.manifest)
    other = [] if notation.points else ["points"]
    other += ["spans"] if notation.client_spans or "traces" not in notation.signals else []
    other += [] if "logs" in notation.signals else ["logs"]
    return {kind: n for kind, n in counts.items() if kind not in other}


def _incidents(listed: Any) -> Values:
    """The incidents' effects by name and start."""
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return {f"{row.get('component')} of {row.get('start')}, {e}": row.get(e) for row in rows for e in _EFFECTS}


def _differing(where: str, said: Values, made: Values) -> Iterator[Difference]:
    for key in dict.fromkeys([*said, *made]):
        if where.endswith("counts") and key not in made:
            continue  # histogram points are not counted again
        if said.get(key, 0) != made.get(key, 0):
            yield Difference(f"{where}, {key}", _shown(said.get(key, 0)), _shown(made.get(key, 0)))


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
