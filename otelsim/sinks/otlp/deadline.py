"""Sockets with one deadline for a whole request.

The time-outs of a socket hold for one operation: a peer that takes or gives a byte a second never meets them. These
sockets give each operation what is left of the request's time. The deadline belongs to the thread that works on the
request, since a connection serves one thread at a time.
"""

import contextlib
import io
import socket
import threading
import time
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Request(threading.local):
    """What the calling thread is at: until when, and for whom."""

    deadline_s = float("inf")
    sockets: "dict[int, DeadlineSocket] | None" = None

    def begin(self, timeout_s: float, sockets: "dict[int, DeadlineSocket]") -> None:
        """Start a request; the connections opened for it are listed in ``sockets`` while they live."""
        self.deadline_s = time.monotonic() + timeout_s
        self.sockets = sockets

    def left_s(self) -> float:
        """What remains of its time; TimeoutError where nothing does."""
        left = self.deadline_s - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request's time is over")
        return left


REQUEST = Request()


class DeadlineSocket:
    """A connected socket whose operations end at the calling thread's deadline."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self._listed = REQUEST.sockets if REQUEST.sockets is not None else {}
        self._listed[id(self)] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def fileno(self) -> int:
        """The descriptor, for polling."""
        return self._real.fileno()

    def settimeout(self, _: float | None) -> None:
        """Nothing: the deadline rules."""

    def sendall(self, data: bytes) -> None:
        """Send all of it in time."""
        view = memoryview(data)
        while view:
            self._real.settimeout(REQUEST.left_s())
            view = view[self._real.send(view) :]

    def close(self) -> None:
        """Close it."""
        self._listed.pop(id(self), None)
        self._real.close()

    def cut(self) -> None:
        """End what another thread waits for on it.

        Not by SSLSocket's own shutdown: it drops TLS first, and what the other thread sends next would go out plain.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._real, socket.SHUT_RDWR)

    def makefile(self, mode: str) -> io.BufferedReader:
        """The file that a response is read from."""
        return io.BufferedReader(_TimedReader(self._real, self._real.makefile("rb", buffering=0)))


class _TimedReader(io.RawIOBase):
    """Reads from a socket until the calling thread's deadline."""

    def __init__(self, real: socket.socket, raw: socket.SocketIO) -> None:
        self._socket, self._raw = real, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(REQUEST.left_s())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _timed(self.sock)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _timed(self.sock)


def _timed(connected: socket.socket | None) -> socket.socket:
    return cast(socket.socket, DeadlineSocket(cast(socket.socket, connected)))


class Pool(HTTPConnectionPool):
    """Pooled connections with deadlines."""

    ConnectionCls = _Connection


class TlsPool(HTTPSConnectionPool):
    """Pooled TLS connections with deadlines."""

    ConnectionCls = _TlsConnection
