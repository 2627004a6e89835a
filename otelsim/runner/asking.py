"""Questions to others, who may never answer: nobody waits for them for ever, or without being told."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


def answer(question: Callable[[], Answer], patience_s: float) -> Answer:
    """What a question gives, or raises; TimeoutError where it takes longer.

    It is asked in a thread of its own, which is left behind then, and ends with the process.
    """
    future = Future[Answer]()
    threading.Thread(target=_settle, args=(future, question), daemon=True).start()
    return future.result(patience_s)


def _settle(future: "Future[Answer]", question: Callable[[], Answer]) -> None:
    try:
        future.set_result(question())
    except BaseException as error:
        future.set_exception(error)


class Asked(Generic[Answer]):
    """What is asked again and again, beside everything else; who looks at the newest answer never waits."""

    def __init__(self, question: Callable[[], Answer], every_s: float, first: Answer) -> None:
        """A question that raises is asked again in time; what it was answered last still stands."""
        self.question, self.every_s, self.newest = question, every_s, first
        self.heard, self.over = time.monotonic(), threading.Event()
        threading.Thread(target=self._ask, daemon=True).start()

    def silent_s(self) -> float:
        """How long there has been no answer."""
        return time.monotonic() - self.heard

    def close(self) -> None:
        """Ask no more."""
        self.over.set()

    def _ask(self) -> None:
        while not self.over.wait(self.every_s):
            try:
                self.newest = self.question()
            except Exception:  # whoever is gone is told of where tasks are, and who dies just now says nothing
                continue
            self.heard = time.monotonic()
