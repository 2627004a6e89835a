"""Several requests in flight within bounded memory: each is tried until it is answered for, and then counted.

``send`` blocks while as many requests are in flight as may be, so a stalled receiver stops whoever generates.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, Self

from otelsim.errors import RunError
from otelsim.sinks.otlp.account import Account
from otelsim.sinks.otlp.endpoints import GRPC
from otelsim.sinks.otlp.http import HttpExporter
from otelsim.sinks.otlp.replies import Acknowledged, Outcome, Refused, Retry
from otelsim.sinks.otlp.retry import Backoff
from otelsim.sinks.otlp.settings import OtlpSettings
from otelsim.sinks.otlp.splitting import halves

Split = Callable[[], list[tuple[bytes, int]]]
"""Gives a request's records as smaller requests, each with its number of records."""
Answered = Callable[[int], None]
"""Hears that a request was answered for, and how many of its records were rejected."""
LATE_S = 10.0
"""A request without an answer for so long is told of."""
LEAST_S = 0.5
"""The time of a last attempt."""
CLOSING_S = 2.0
"""How long closing waits for requests to end; longer takes only one that is still connecting."""


class Exporter(Protocol):
    """One attempt, over one transport."""

    def export(self, body: bytes, timeout: float) -> Outcome:
        """Send ``body`` once, in ``timeout`` seconds all in all."""

    def close(self) -> None:
        """End what is under way."""


class Parcel(NamedTuple):
    """A request to be sent."""

    signal: str
    body: bytes
    records: int
    split: Split | None = None
    answered: Answered | None = None


class Waiting(NamedTuple):
    """What an endpoint keeps us waiting with; ``since_s`` is Unix time."""

    endpoint: str
    reason: str
    since_s: float

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since_s, UTC)
        return f"waiting for {self.endpoint}: {self.reason} since {since:%H:%M:%S} UTC"


class _Stopped(Exception):
    """The sender is closed or has failed: what is in flight stays pending."""


def new_exporter(settings: OtlpSettings) -> Exporter:
    """The transport that the settings ask for."""
    if settings.protocol != GRPC:
        return HttpExporter(settings)
    # Only now: it takes a tenth of a second to load, of each process.
    from otelsim.sinks.otlp.grpc import GrpcExporter

    return GrpcExporter(settings)


class Sender:
    """Sends one worker's requests; its account is complete at any time."""

    def __init__(self, settings: Mapping[str, OtlpSettings], account: Account, backoff: Backoff | None = None) -> None:
        self.settings, self.account, self.backoff = settings, account, backoff or Backoff()
        self._exporters = {signal: new_exporter(each) for signal, each in settings.items()}
        self._limit = max(each.in_flight for each in settings.values())
        self._changed = threading.Condition()
        self._in_flight = 0
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._waiting: dict[str, Waiting] = {}
        self._under_way: dict[int, Waiting] = {}

    def send(
        self, signal: str, body: bytes, records: int, split: Split | None = None, answered: Answered | None = None
    ) -> None:
        """Put a request on its way, as soon as there is room for it; RunError where sending was given up."""
        self.account.generated(signal, records)
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self._limit or self._stop.is_set())
            self._raise_failure()
            self._in_flight += 1
        # A request takes far longer than starting a thread does, and a daemon can never keep the process from ending.
        parcel = Parcel(signal, body, records, split, answered)
        threading.Thread(target=self._work, args=(parcel,), name=f"otlp {signal}", daemon=True).start()

    def flush(self) -> None:
        """Wait until everything sent is answered for; RunError where sending was given up."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight or self._stop.is_set())
            self._raise_failure()

    def close(self) -> None:
        """End at once: what is in flight stays pending. After ``flush`` nothing is."""
        self._halt(None)
        for exporter in self._exporters.values():
            exporter.close()
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight, CLOSING_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def waiting(self) -> list[Waiting]:
        """The endpoints that are waited for, longest first; empty while all goes well."""
        late_s = time.time() - LATE_S
        with self._changed:
            late = {each.endpoint: each for each in self._under_way.values() if each.since_s < late_s}
            return sorted({**late, **self._waiting}.values(), key=lambda each: each.since_s)

    def _raise_failure(self) -> None:
        if isinstance(self._failure, RunError):
            raise RunError(*self._failure.args)
        if self._failure is not None:
            raise RunError(f"sending failed: {type(self._failure).__name__}") from self._failure
        if self._stop.is_set():
            raise RunError("sending has ended")

    def _halt(self, failure: BaseException | None) -> None:
        with self._changed:
            self._failure = self._failure or failure
            self._stop.set()
            self._changed.notify_all()

    def _work(self, parcel: Parcel) -> None:
        """A thread's task: nothing that goes wrong in it may pass unseen."""
        try:
            rejected = self._deliver(parcel)
            if parcel.answered:
                parcel.answered(rejected)
        except _Stopped:
            pass
        except Exception as error:  # told to whoever sends or flushes next
            self._halt(error)
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _deliver(self, parcel: Parcel) -> int:
        """Send a request, in parts where it must be, and count what became of it; returns the records rejected."""
        if len(parcel.body) > self.settings[parcel.signal].max_request_bytes:
            rejected = self._deliver_parts(parcel)
            if rejected is not None:
                return rejected
        outcome = self._answered(parcel)
        if not isinstance(outcome, Refused):
            return self._count(parcel, outcome)
        rejected = self._deliver_parts(parcel) if outcome.too_large else None
        if rejected is None:
            self.account.refused(parcel.signal, parcel.records, outcome.reason)
            return parcel.records
        return rejected

    def _deliver_parts(self, parcel: Parcel) -> int | None:
        """Deliver the request's parts; None where it cannot be split."""
        parts = list(_parts(parcel))
        if len(parts) < 2:
            return None
        if sum(part.records for part in parts) != parcel.records:
            raise RunError(f"{parcel.signal}: a request's parts hold other records than the request")
        return sum(self._deliver(part) for part in parts)

    def _count(self, parcel: Parcel, outcome: Acknowledged) -> int:
        rejected = min(outcome.rejected, parcel.records)
        self.account.acknowledged(parcel.signal, parcel.records, rejected, outcome.message)
        return rejected

    def _answered(self, parcel: Parcel) -> Acknowledged | Refused:
        """Try until there is an answer for good."""
        settings, exporter = self.settings[parcel.signal], self._exporters[parcel.signal]
        began_s, failures = time.monotonic(), 0
        while True:
            if self._stop.is_set():
                raise _Stopped
            outcome = self._attempt(parcel, exporter, settings, time.monotonic() - began_s)
            if not isinstance(outcome, Retry):
                self._note(settings.endpoint, None)
                return outcome
            failures += 1
            self._note(settings.endpoint, outcome.reason)
            self._pause(settings, outcome, failures, time.monotonic() - began_s)
            self.account.resent(parcel.signal, parcel.records)

    def _attempt(self, parcel: Parcel, exporter: Exporter, settings: OtlpSettings, tried_s: float) -> Outcome:
        """One attempt, no longer than the request may be tried; who looks meanwhile sees that it is under way."""
        left_s = settings.give_up_after_s - tried_s if settings.give_up_after_s is not None else settings.timeout_s
        me = threading.get_ident()
        with self._changed:
            self._under_way[me] = Waiting(settings.endpoint, "a request is not answered yet", time.time())
        try:
            return exporter.export(parcel.body, min(settings.timeout_s, max(left_s, LEAST_S)))
        finally:
            with self._changed:
                del self._under_way[me]

    def _pause(self, settings: OtlpSettings, outcome: Retry, failures: int, tried_s: float) -> None:
        """Wait for the next attempt, or give up where it would come too late."""
        delay_s = self.backoff.delay_s(failures, outcome.after_s)
        limit_s = settings.give_up_after_s
        if limit_s is not None and not self._stop.is_set():
            if tried_s >= limit_s or (outcome.after_s or 0) > limit_s - tried_s:
                raise RunError(f"{settings.endpoint}: gave up after {tried_s:.1f} s: {outcome.reason}")
            if not outcome.after_s:  # a last attempt when the time is over
                delay_s = min(delay_s, limit_s - tried_s)
        if self._stop.wait(delay_s):
            raise _Stopped

    def _note(self, endpoint: str, reason: str | None) -> None:
        """Remember whom we wait for, since the first failure after an answer."""
        with self._changed:
            before = self._waiting.pop(endpoint, None)
            if reason is not None:
                self._waiting[endpoint] = Waiting(endpoint, reason, before.since_s if before else time.time())


def _parts(parcel: Parcel) -> Iterator[Parcel]:
    split = parcel.split() if parcel.split else []
    if len(split) < 2:
        split = halves(parcel.signal, parcel.body)
    return (Parcel(parcel.signal, body, records) for body, records in split)
