"""What counts as agreeing with a probability: five standard deviations, one failure in 1.7 million fair tests."""

from math import sqrt

SIGMAS = 5.0


def binomial_fault(hits: int, trials: int, p: float, relative: float = 0.0) -> str | None:
    """What is wrong with ``hits`` of ``trials`` at probability ``p``, or None.

    ``relative`` is a further relative deviation of p itself (of bursts, say). The bound has two hits to spare, since
    the normal distribution's tail is thinner than that of few hits.
    """
    expected = trials * p
    deviation = sqrt(expected * (1 - p) + (relative * expected) ** 2)
    if abs(hits - expected) <= SIGMAS * deviation + 2:
        return None
    return f"{hits} of {trials}, expected {expected:.1f} +- {deviation:.1f}"


def none(faults: dict[object, str | None]) -> None:
    """Fail with all that is wrong; nothing to look at is wrong too."""
    assert faults, "nothing was compared"
    wrong = {what: fault for what, fault in faults.items() if fault}
    assert not wrong, f"{len(wrong)} of {len(faults)}: {dict(list(wrong.items())[:8])}"
