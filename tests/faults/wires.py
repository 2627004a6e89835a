"""Servers below any protocol: they read or write a byte a second, or pass on and count or cut."""

import contextlib
import random
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
MEAN_ANSWERS = 2_000
"""Bytes of a connection's answers, which are short."""


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


class CuttingRelay(Listener):
    """Passes connections on to a URL, and cuts each, both ways, after a seeded number of bytes: of what goes there,
    ``mean_bytes`` or so, or of the answers. It does so ``most_cuts`` times.
    """

    def __init__(self, url: str, mean_bytes: int, most_cuts: int) -> None:
        self.target = urlsplit(url)
        self.mean_bytes, self.most_cuts, self.cuts = mean_bytes, most_cuts, 0
        self._draw, self._lock = random.Random(11), threading.Lock()
        super().__init__("")

    def serve(self, connection: socket.socket) -> None:
        with socket.create_connection((self.target.hostname, self.target.port)) as onward:
            with self._lock:
                there, back = (self._draw.expovariate(1 / mean) for mean in (self.mean_bytes, MEAN_ANSWERS))
            answers = threading.Thread(target=self._pump, args=(onward, connection, back), daemon=True)
            answers.start()
            self._pump(connection, onward, there)
            answers.join()

    def _pump(self, source: socket.socket, sink: socket.socket, budget: float) -> None:
        with contextlib.suppress(OSError):
            for data in _chunks(source):
                budget -= len(data)
                if budget < 0 and self._may_cut():
                    break
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _may_cut(self) -> bool:
        with self._lock:
            self.cuts += self.cuts < self.most_cuts
            return self.cuts < self.most_cuts


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
