"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere."""

import io
import sys
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import IO, TYPE_CHECKING, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from otelsim.cli.commands import forget

if TYPE_CHECKING:
    from otelsim.runner.working import Progress

_LINE_EVERY_S = 10.0
_PARTS_TOLD = 1_000
"""Fewer parts of files are read in no time."""


def size(number: float) -> str:
    """Bytes for people: 5.6 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def duration(seconds: float) -> str:
    """Time for people: 1 h 02 min, 3 min 20 s, 12 s."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


class Listener(io.TextIOBase):
    """Standard error for as long as somebody is there: a run does not end because a terminal is closed."""

    def __init__(self) -> None:
        self.stream = sys.stderr

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of standard error."""
        return self.stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Its descriptor."""
        return self.stream.fileno()

    def write(self, text: str) -> int:
        """Say it, to nobody where nobody is left."""
        try:
            return self.stream.write(text)
        except OSError:
            forget(self.stream)
            return len(text)

    def flush(self) -> None:
        """Hold nothing back."""
        try:
            self.stream.flush()
        except OSError:
            forget(self.stream)


class Display:
    """Shows progress on stderr, or nothing."""

    def __init__(self, quiet: bool, parts: str = "slices") -> None:
        self.quiet, self.parts = quiet, parts
        self.console = Console(file=cast(IO[str], Listener()))
        self.last = 0.0
        self.waiting: tuple[str, ...] = ()
        self.deaths = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(parts))
        rates = (TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
        self.bar = Bar(*columns, *rates, console=self.console, transient=True)
        self.task = self.bar.add_task("generating", total=None, rate="")
        self.live = not quiet and sys.stderr.isatty()

    def __enter__(self) -> "Display":
        if self.live:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.bar.stop()

    def say(self, text: str) -> None:
        """A line of its own."""
        if not self.quiet:
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line of its own that is told even where no progress is."""
        self.console.print(f"otelsim: {text}", highlight=False, markup=False, soft_wrap=True)

    def reading(self, parts: int) -> Callable[[], None]:
        """What hears of each of so many parts that are read; it may be called from several threads."""
        done = count(1)

        def read() -> None:
            so_far = next(done)
            if parts >= _PARTS_TOLD and so_far % (parts // 10) == 0:
                self.say(f"read {so_far}/{parts} parts of files")

        return read

    def __call__(self, now: "Progress") -> None:
        """Show how far it is."""
        made, kind = _made(now.counts)
        seconds = max(now.seconds, 1e-3)
        rate = f"{made / seconds:,.0f} {kind}/s, {size(now.content_bytes / seconds)}/s"
        if now.waiting != self.waiting:
            self.waiting = now.waiting
            for line in now.waiting or ("no longer waiting",):
                self.say(line)
        if now.deaths != self.deaths:
            self.deaths = now.deaths
            self.say("a worker process died: what it had in hand is made again")
        if self.live:
            self.bar.update(self.task, total=now.all_slices, completed=now.slices, rate=rate)
        elif now.seconds - self.last >= _LINE_EVERY_S:
            self.last = now.seconds
            new = now.slices - now.found
            left = now.seconds / new * (now.all_slices - now.slices) if new else None
            until = f", {duration(left)} left" if left is not None else ""
            self.say(f"{now.slices}/{now.all_slices} {self.parts}, {made:,} {kind}, {rate}{until}")


def _made(counts: dict[str, int]) -> tuple[int, str]:
    """How many requests were made, or records where none are."""
    if "requests" in counts:
        return counts["requests"], "requests"
    return sum(counts.values()), "records"
