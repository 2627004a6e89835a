"""``otelsim generate --sink otlp`` as a process that is watched: how it ended, what it told, how large it was."""

import json
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from otelsim.runner.accounting import NAMES
from tests.command import OTELSIM, WEEK
from tests.memory import watched

MANY_S = 300
"""No run may take longer, whatever its server does."""
_SIGNALS = {name: signal for signal, name in NAMES.items()}
_ACCOUNT = re.compile(
    r"([a-z ]+): ([\d,]+) generated = ([\d,]+) acknowledged \+ ([\d,]+) rejected \+ ([\d,]+) pending"
    r"(?: \(([\d,]+) sent more than once\))?"
)
_NOTE = re.compile(r"  (?:warning, ([\d,]+) times|rejected ([\d,]+)): (.*)")


class Told(NamedTuple):
    """A signal's account, as the program prints it."""

    generated: int
    acknowledged: int
    rejected: int
    pending: int
    resent: int


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    lines: list[str]
    account: dict[str, Told]
    manifest: dict[str, Any] | None
    at_s: float
    """By the monotonic clock."""
    most_mib: float
    """The largest resident set of a worker."""

    @property
    def complaint(self) -> str:
        """The one line that says what went wrong."""
        (line,) = [each for each in self.lines if each.startswith("otelsim: ")]
        assert line == self.lines[-1]
        return line

    @property
    def warnings(self) -> dict[str, int]:
        """How often each was given, all signals together."""
        return self._notes(0)

    @property
    def refusals(self) -> dict[str, int]:
        """Records refused for each reason, all signals together."""
        return self._notes(1)

    def of(self, name: str) -> dict[str, int]:
        """One number of the account by signal."""
        return {signal: getattr(told, name) for signal, told in self.account.items()}

    def _notes(self, column: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for *numbers, text in (match.groups() for match in map(_NOTE.fullmatch, self.lines) if match):
            if numbers[column]:
                found[text] = found.get(text, 0) + _number(numbers[column])
        return found


class Begun:
    """A run under way, of ``requests`` requests of 50 people in a week, to a receiver with a ``url`` and a protocol."""

    def __init__(self, receiver: Any, folder: Path, requests: int, *words: object) -> None:
        self.folder = folder
        to = ("--sink", "otlp", "--endpoint", receiver.url, "--protocol", receiver.protocol, "--output", folder)
        command = [*OTELSIM, "generate", requests, 50, *WEEK, *to, *words]
        self.process = subprocess.Popen(
            [*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.most_mib = self.at_s = 0.0
        self.watcher = threading.Thread(target=self._watch)
        self.watcher.start()

    def _watch(self) -> None:
        self.most_mib = watched(self.process, MANY_S)
        self.at_s = time.monotonic()

    def end(self) -> Ended:
        """Wait for it."""
        try:
            _, errors = self.process.communicate(timeout=MANY_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, errors = self.process.communicate()
            raise AssertionError(f"the run did not end: {errors}") from None
        finally:
            self.watcher.join()
        assert "Traceback" not in errors, errors
        path = self.folder / "manifest.json"
        manifest = json.loads(path.read_text()) if path.exists() else None
        lines = errors.splitlines()
        return Ended(self.process.returncode, lines, account(lines, manifest), manifest, self.at_s, self.most_mib)


def sent(receiver: Any, folder: Path, requests: int, *words: object) -> Ended:
    """A whole run."""
    return Begun(receiver, folder, requests, *words).end()


def account(lines: list[str], manifest: dict[str, Any] | None) -> dict[str, Told]:
    """What the lines tell; it must close, and be the manifest's where there is one."""
    found = {}
    for name, *numbers in (match.groups() for match in map(_ACCOUNT.fullmatch, lines) if match):
        told = Told(*map(_number, numbers))
        assert told.generated == told.acknowledged + told.rejected + told.pending, (name, told)
        found[_SIGNALS[name]] = told
    assert found, lines
    if manifest is not None:
        kept = {signal: Told(*map(tally.get, Told._fields)) for signal, tally in manifest["account"].items()}
        assert kept == found
    return found


def _number(text: str | None) -> int:
    return int((text or "0").replace(",", ""))
