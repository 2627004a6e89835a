"""What a rule about a store's settings is asked with, and what it says."""

from typing import NamedTuple

from otelsim.doctor.findings import OK, PROBLEM, WARNING


class Need(NamedTuple):
    """What a run asks of a store."""

    start_s: int
    """Epoch seconds of the run's first instant."""
    end_s: int
    """Epoch seconds of its end."""
    now_s: float
    request_bytes: int
    """The largest request."""

    @property
    def age_s(self) -> float:
        """How old the run's first record is."""
        return self.now_s - self.start_s


class Ruled(NamedTuple):
    """What a rule found: a `Finding` but for whom it is about."""

    verdict: str
    check: str
    text: str
    change: str = ""


def good(check: str, text: str) -> Ruled:
    """Nothing to change."""
    return Ruled(OK, check, text)


def doubtful(check: str, text: str, change: str) -> Ruled:
    """Worth a look."""
    return Ruled(WARNING, check, text, change)


def bad(check: str, text: str, change: str) -> Ruled:
    """The run would not arrive whole."""
    return Ruled(PROBLEM, check, text, change)


def unreadable(check: str, flag: str, value: str) -> Ruled:
    """A setting in a form that is not known."""
    return doubtful(check, f"says -{flag}={value}, which is not understood", "compare it with the run yourself")
