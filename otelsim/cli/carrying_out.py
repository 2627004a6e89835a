"""What `generate` and `resume` share: a run carried to its end, whatever that is, and told."""

from collections.abc import Callable
from typing import Any

from otelsim.cli.kernels import ensure_compiled
from otelsim.cli.progress import Display, duration, size
from otelsim.errors import Interruption


def carried_out(run: Any, folder: Any, display: Display, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do ``work``, the summary of `runner.running.Run` ``run`` in ``folder``, which is let go; the account is told."""
    try:
        ensure_compiled(display.say, run.kernels)
        with display:
            summary = work()
    except KeyboardInterrupt:
        raise Interruption(_left(run.target)) from None
    finally:
        if folder:
            folder.close()
        for line in run.delivered.lines():
            display.say(line)
    _report(display, summary, run.seconds(), run.target)
    return summary


def _left(target: Any) -> str:
    from otelsim.runner.folder import holds_journal

    if target.directory is None or not holds_journal(target.directory):
        return "interrupted"
    return f"interrupted: `otelsim resume {target.directory}` goes on from here"


def _report(display: Display, summary: dict[str, Any], seconds: float, target: Any) -> None:
    counts = {"histogram points" if k == "histogram_points" else k: n for k, n in summary["counts"].items()}
    requests, spans = counts.pop("requests"), counts.pop("spans", 0)
    if target.otlp and spans:
        counts = {"spans": spans, **counts}
    records = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
    made = f"{requests:,} requests: {records}, {size(sum(summary['bytes'].values()))} in {duration(seconds)}"
    display.say(made + (f", in {target.directory}" if target.directory else ""))
