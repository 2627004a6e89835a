"""A whole run made again and counted, by several processes where that is worth their start."""

import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from otelsim.errors import RunError
from otelsim.report.counting import Counter, Counts, empty
from otelsim.report.examples import Example, Examples
from otelsim.report.lookup import Lookup, lookup
from otelsim.runner.preparing import Prepared
from otelsim.runner.slicing import Simulator
from otelsim.runner.stopping import Stop
from otelsim.runner.totals import Totals
from otelsim.runner.worker import TABLES, end_with_parent

WORTH_A_PROCESS = 1_000_000
"""So many requests are counted in about the time that a process takes to start."""
_PARTS, _PART_REQUESTS = 4, 1_000_000
"""So many parts for each process at least, so that none waits long for the last one; and no part larger than that."""


class Part(NamedTuple):
    """Some slices, counted."""

    slices: int
    tallies: list[dict[str, list[int]]]
    """As the journal has them: see `runner.tallies.Tally`."""
    counts: Counts
    examples: dict[str, Example]


class Remade(NamedTuple):
    """A run, counted."""

    lookup: Lookup
    totals: Totals
    counts: Counts
    examples: dict[str, Example]


def remade(p: Prepared, workers: int, told: Callable[[int, int], None]) -> Remade:
    """All of a run counted, by at most so many processes; ``told(done, all)`` hears of slices."""
    t, totals, examples, done = lookup(p), Totals(p), Examples(), 0
    counts = empty(t)
    for part in _parts(p, max(1, min(workers, p.scenario.total_events // WORTH_A_PROCESS))):
        for tally in part.tallies:
            totals.add(tally)
        counts.add(part.counts)
        examples.add(part.examples)
        done += part.slices
        told(done, len(p.slices))
    return Remade(t, totals, counts, examples.best)


def counted(simulator: Simulator, t: Lookup, slices: Iterable[int]) -> Part:
    """Some slices made again, and counted."""
    counter, tallies = Counter(t), []
    for number in slices:
        counter.slice = number
        tally = simulator.slice(number, counter).tally
        tallies.append({field: column.tolist() for field, column in tally._asdict().items()})
    return Part(len(tallies), tallies, counter.counts, counter.examples.best)


def _parts(p: Prepared, workers: int) -> Iterator[Part]:
    slices = range(len(p.slices))
    if workers == 1:
        yield counted(Simulator(p), lookup(p), slices)
        return
    step = max(workers * _PARTS, p.scenario.total_events // _PART_REQUESTS)
    with tempfile.TemporaryDirectory(prefix="otelsim-report-") as name:
        folder = Path(name)
        (folder / TABLES).write_bytes(pickle.dumps(p, protocol=5))
        stop, context = Stop(folder), get_context("forkserver")
        with ProcessPoolExecutor(workers, context, _begin, (folder, stop)) as pool:
            try:
                yield from pool.map(_count, [slices[i::step] for i in range(step)])
            except BrokenProcessPool:
                raise RunError("a worker process died: the machine may be out of memory (try --workers 1)") from None
            finally:
                stop.set()


_here: list[tuple[Simulator, Lookup]] = []
"""In a worker: what its parts share."""


def _begin(folder: Path, stop: Stop) -> None:
    """Set a new process up: it leaves interruptions to its parent, and ends when that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=end_with_parent, args=(folder,), daemon=True).start()
    prepared = pickle.loads((folder / TABLES).read_bytes())
    _here[:] = [(Simulator(prepared, stop.is_set), lookup(prepared))]


def _count(slices: range) -> Part:
    return counted(*_here[0], slices)
