"""One program on the loopback interface: started, waited for, asked, stopped."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

START_S, STOP_S = 30, 60
Samples = dict[tuple[str, str], float]


class NotReady(Exception):
    """A program ended or did not become ready; says what its log ends with."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on. All are held until the last is found, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def wait_until(true: Callable[[], bool], timeout_s: float, what: str, every_s: float = 0.1) -> None:
    """Asks until the answer is yes. Raises TimeoutError naming what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s} s")
        time.sleep(every_s)


@dataclass
class Service:
    """A running program with an HTTP interface; a context manager that stops it.

    ``command`` and ``environment`` start it again unchanged after ``stop``, on the same port and data.
    """

    command: list[str]
    log: Path
    url: str
    health_url: str
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=120))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._http.clear()

    def start(self) -> Self:
        """Starts the program and returns when it is healthy. Raises NotReady."""
        with self.log.open("ab") as log:
            variables = os.environ | self.environment
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, env=variables)
        try:
            wait_until(self._healthy, START_S, self.command[0])
        except (NotReady, TimeoutError) as error:
            self.stop()
            raise NotReady(f"{error}; its log ends with\n{self.last_lines()}") from error
        return self

    def stop(self) -> None:
        """Asks the program to end, so that it keeps what it has; kills it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Ends the program as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pid(self) -> int:
        """Of the running program."""
        assert self._process is not None
        return self._process.pid

    def last_lines(self, count: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def ask(self, path: str, **parameters: Any) -> urllib3.BaseHTTPResponse:
        """The answer to a form posted to ``path``, queries being long. Raises ValueError unless it is a success."""
        answer = self._http.request_encode_body("POST", self.url + path, parameters, encode_multipart=False)
        if answer.status >= 300:
            raise ValueError(f"{self.url}{path} answered {answer.status}: {answer.data.decode(errors='replace')[:500]}")
        return answer

    def _healthy(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise NotReady(f"{self.command[0]} ended")
        try:
            return self._http.request("GET", self.health_url, timeout=2).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def samples(exposition: str) -> Samples:
    """Prometheus text as (name, labels as written) → value."""
    found: Samples = {}
    for line in exposition.splitlines():
        if line and not line.startswith("#"):
            series, value = line.rsplit(" ", 1)
            name, _, labels = series.partition("{")
            found[name, labels.removesuffix("}")] = float(value)
    return found
