"""What a worker process does of a replay: parts as requests, sent."""

from collections import Counter
from typing import Any, NamedTuple

from otelsim.errors import RunError
from otelsim.replay.encoding import Encoder, Style
from otelsim.replay.operations import Known
from otelsim.replay.source import LeftOut, Part, Source
from otelsim.runner.otlp_output import Sent
from otelsim.runner.slicing import Interrupted
from otelsim.runner.stopping import Stopping
from otelsim.runner.target import Target
from otelsim.runner.worker import INTERRUPTED, Done, Task
from otelsim.sinks.ledger import Ledger

LEFT_OUT = ("lines", "unpaired_logs", "unpaired_durations")
"""What of a part became no record, as `source.LeftOut` counts it."""


class Plan(NamedTuple):
    """What workers need to know of a replay."""

    parts: list[Part]
    style: Style
    known: Known
    stop_at_faults: bool

    def worker(self, target: Target, stop: Stopping) -> "Replayer":
        """Who sends its parts."""
        return Replayer(self, target, stop)


class Replayer:
    """A source and the connections that its requests go through."""

    def __init__(self, plan: Plan, target: Target, stop: Stopping) -> None:
        assert target.otlp is not None
        assert target.otlp.settings is not None
        self.plan, self.target, self.stop = plan, target, stop
        self.ledger = Ledger(target.directory) if target.directory else None
        self.source = Source(Encoder(plan.style, plan.known), self._go_on)
        self.output = Sent(target.otlp.settings, self.ledger)

    def run(self, task: Task) -> Done:
        """Send a part."""
        if self.ledger:
            self.ledger.begin(task.number, task.lane)
        self.output.begin({})
        left_out, counts = LeftOut(self.plan.stop_at_faults), Counter[str]()
        try:
            for request in self.source.requests(self.plan.parts[task.number], left_out):
                self._go_on()
                counts[request.kind] += request.records
                self.output.put(request)
            extents = self.output.end()
        except (RunError, Interrupted) as error:
            account = self.output.account()
            return Done(task.number, task.lane, {}, {}, {}, account, str(error) or INTERRUPTED, tuple(left_out.told))
        missing: dict[str, Any] = {name: [getattr(left_out, name)] for name in LEFT_OUT}
        account = self.output.account()
        return Done(task.number, task.lane, missing, extents, dict(counts), account, "", tuple(left_out.told))

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise Interrupted

    def leave(self) -> None:
        """Nothing is to be told: what was answered for is noted as it happens."""
