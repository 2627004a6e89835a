"""What was generated and what became of it: the account of a run that is sent."""

from typing import Any

from otelsim.errors import RunError
from otelsim.runner.target import Target
from otelsim.signals.notation import LOGS, METRICS, TRACES
from otelsim.sinks.otlp.account import PARTIAL, Account
from otelsim.wire.otlp.encoder import HISTOGRAM_POINTS, LOG_RECORDS, POINTS, SPANS

KINDS = {TRACES: (SPANS,), LOGS: (LOG_RECORDS,), METRICS: (POINTS, HISTOGRAM_POINTS)}
"""What each signal's records are counted as."""
NAMES = {TRACES: "spans", LOGS: "log records", METRICS: "metric points"}


class Delivered:
    """Counts by kind and the account by signal, of all slices that workers have told of."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.account = Account()
        self.made: dict[str, int] = {}
        if target.otlp:
            self.made = {kind: 0 for signal in target.signals for kind in KINDS[signal]}

    def add(self, account: dict[str, Any], counts: dict[str, int]) -> None:
        """Add a slice's account and its records by kind; of one that failed, the account alone."""
        self.account.merge(account)
        for kind, n in counts.items():
            self.made[kind] += n

    def counts(self, simulated: dict[str, int]) -> dict[str, int]:
        """Records by kind: as simulated where JSON lines are written, else as encoded."""
        return {"requests": simulated["requests"], **self.made} if self.target.otlp else simulated

    def told(self) -> dict[str, Any]:
        """For summary and manifest."""
        return {"account": self.account.as_dict()} if self.target.sink == "otlp" else {}

    def lines(self) -> list[str]:
        """The account for people, a line a signal, and what receivers said."""
        found = []
        for signal, t in self.account.as_dict().items():
            sums = f"{t['acknowledged']:,} acknowledged + {t['rejected']:,} rejected + {t['pending']:,} pending"
            again = f" ({t['resent']:,} sent more than once)" if t["resent"] else ""
            found.append(f"{NAMES[signal]}: {t['generated']:,} generated = {sums}{again}")
            refusals = [f"  rejected {n['records']:,}: {n['text']}" for n in t["refusals"].values()]
            warned = [f"  warning, {n['requests']:,} times: {n['text']}" for n in t["warnings"].values()]
            found += refusals + warned
        return found

    def refuse_to_go_on(self) -> None:
        """RunError where a signal's every request was refused: the next ones would be as well."""
        for signal, tally in self.account.as_dict().items():
            if tally["refusals"].keys() - {PARTIAL} and not tally["acknowledged"]:
                raise RunError(f"{self._endpoint(signal)}: took no {NAMES[signal]}: {_reason(tally)}")

    def check(self, counts: dict[str, int]) -> None:
        """RunError where not all of a finished run was taken, or the account does not close."""
        if self.target.sink != "otlp":
            return
        for signal, tally in self.account.as_dict().items():
            made = sum(counts[kind] for kind in KINDS[signal])
            if not self.account.closes or tally["pending"] or tally["generated"] != made:
                raise RunError(f"the account of {NAMES[signal]} does not close: {made:,} were made, {tally}")
            if tally["rejected"]:
                where, said = self._endpoint(signal), _reason(tally)
                raise RunError(f"{where}: rejected {tally['rejected']:,} {NAMES[signal]}: {said}")

    def _endpoint(self, signal: str) -> str:
        settings = self.target.otlp.settings if self.target.otlp else None
        return settings[signal].endpoint if settings else signal


def _reason(tally: dict[str, Any]) -> str:
    return "; ".join(note["text"] for note in tally["refusals"].values())
