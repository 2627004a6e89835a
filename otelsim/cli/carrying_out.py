"""What `generate` and `resume` share: a run carried to its end, whatever that is, and told."""

from collections.abc import Callable
from typing import Any, NamedTuple

from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.progress import Display, duration, size
from otelsim.errors import Interruption


class Telling(NamedTuple):
    """What is said of work's end."""

    left: Callable[[Any], str]
    """For a target: that it was interrupted, and how it goes on."""
    done: Callable[[dict[str, Any]], str]
    """For a summary: what was made."""


def carried_out(
    run: Any, folder: Any, display: Display, work: Callable[[], dict[str, Any]], telling: Telling | None = None
) -> dict[str, Any]:
    """Do ``work``, the summary of `runner.working.Work` ``run`` in ``folder``, which is let go; the account is told."""
    telling = telling or Telling(_left, lambda summary: _report(summary, run.seconds(), run.target))
    try:
        ensure_compiled(display.say, run.kernels)
        run.begin()
        with display:
            summary = work()
    except KeyboardInterrupt:
        raise Interruption(telling.left(run.target)) from None
    finally:
        if folder:
            folder.close()
        for line in run.delivered.lines():
            display.say(line)
    display.say(telling.done(summary))
    return summary


def _left(target: Any) -> str:
    from otelsim.runner.folder import holds_journal

    if not target.groups and (target.directory is None or not holds_journal(target.directory)):
        return "interrupted"
    return f"interrupted: `otelsim resume {target.where}` goes on from here"


def _report(summary: dict[str, Any], seconds: float, target: Any) -> str:
    counts = {"histogram points" if k == "histogram_points" else k: n for k, n in summary["counts"].items()}
    requests, spans = counts.pop("requests"), counts.pop("spans", 0)
    if target.otlp and spans:
        counts = {"spans": spans, **counts}
    records = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
    made = f"{requests:,} requests: {records}, {size(sum(summary['bytes'].values()))} in {duration(seconds)}"
    return made + (f", in {target.where}" if target.where else "")
