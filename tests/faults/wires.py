"""Servers below any protocol: they read or write a byte a second, or pass on and count."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

SETTINGS, ACKNOWLEDGED = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])
HEADERS = bytes([0, 0, 19, 1, 4, 0, 0, 0, 1, 0x88, 0x5F, 16]) + b"application/grpc"
"""HTTP/2's first frames, and the head of the first call's reply."""
REPLIES = {
    "http/protobuf": (b"", b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"),
    "grpc": (SETTINGS + ACKNOWLEDGED, HEADERS),
}
"""What a server says at once, and its reply."""
CHUNK = 1 << 16


class Listener:
    """Takes connections on a free loopback port, each in a thread."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.begun = 0
        """Connections that came."""
        self.first_s = 0.0
        self.over = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                self.first_s = self.first_s or time.monotonic()
                self.begun += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.over.set()
        self.server.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.server.close()


class ReadsSlowly(Listener):
    """Reads a byte a second and never says a word."""

    def serve(self, connection: socket.socket) -> None:
        while connection.recv(1):
            self.over.wait(1)


class RepliesSlowly(Listener):
    """Reads everything and replies with a byte a second."""

    def serve(self, connection: socket.socket) -> None:
        threading.Thread(target=_swallow, args=(connection,), daemon=True).start()
        at_once, reply = REPLIES[self.protocol]
        connection.sendall(at_once)
        for byte in reply:
            connection.sendall(bytes([byte]))
            if self.over.wait(1):
                return


class Relay(Listener):
    """Passes everything on to a receiver, replies at 32 MiB a second, and counts those for each connection.

    So slow, nearly nothing waits in the system's buffers: what was passed on was read.
    """

    def __init__(self, receiver) -> None:
        self.target = urlsplit(receiver.url)
        self.counts: list[list[int]] = []
        super().__init__(receiver.protocol)

    def serve(self, connection: socket.socket) -> None:
        with socket.create_connection((self.target.hostname, self.target.port)) as onward:
            threading.Thread(target=_pass_on, args=(connection, onward), daemon=True).start()
            count = [0]
            self.counts.append(count)
            for chunk in _chunks(onward):
                connection.sendall(chunk)
                count[0] += len(chunk)
                time.sleep(0.002)

    @property
    def replied(self) -> list[int]:
        """Bytes passed back on each connection."""
        return [count for (count,) in self.counts]


def _swallow(connection: socket.socket) -> None:
    for _ in _chunks(connection):
        pass


def _pass_on(connection: socket.socket, onward: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for chunk in _chunks(connection):
            onward.sendall(chunk)
        onward.shutdown(socket.SHUT_WR)


def _chunks(connection: socket.socket) -> Iterator[bytes]:
    """Until the other end or ours is closed."""
    with contextlib.suppress(OSError):
        while chunk := connection.recv(CHUNK):
            yield chunk
