"""Waiting until what is to be checked answers, and saying what is waited for."""

from collections.abc import Callable
from typing import NamedTuple

from otelsim.doctor.asking import Waited

EVERY_S = 1.0


class Time(NamedTuple):
    """A clock, and how to let it go on."""

    now_s: Callable[[], float]
    """Seconds that only grow."""
    sleep: Callable[[float], None]


def wait(waited: list[Waited], limit_s: float, time: Time, say: Callable[[str], None]) -> bool:
    """Ask all until each has answered once, or ``limit_s`` seconds have passed; whether all did.

    ``say`` is told whom we wait for and why, when that is new.
    """
    began_s, told = time.now_s(), dict[str, str]()
    while waited := [each for each in waited if not _answers(each, told, say)]:
        if time.now_s() - began_s >= limit_s:
            say(f"waited {limit_s:g} s in vain for {', '.join(each.name for each in waited)}")
            return False
        time.sleep(EVERY_S)
    return True


def _answers(each: Waited, told: dict[str, str], say: Callable[[str], None]) -> bool:
    reason = each.silence()
    if reason and told.get(each.name) != reason:
        say(f"waiting for {each.name}: {reason}")
    elif not reason and each.name in told:
        say(f"{each.name} answers")
    told |= {each.name: reason} if reason else {}
    return not reason
