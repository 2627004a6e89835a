"""A relay of TCP connections that cuts them: after a seeded number of bytes, of a request or of its answer."""

import contextlib
import random
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK = 65_536


class CuttingRelay:
    """Passes connections on to ``target`` (host:port); each is cut, both ways, after ``mean_bytes`` or so, so often."""

    def __init__(self, target: str, mean_bytes: int, most_cuts: int) -> None:
        host, _, port = target.rpartition(":")
        self.target, self.mean_bytes, self.most_cuts = (host, int(port)), mean_bytes, most_cuts
        self.cuts = 0
        self._draw = random.Random(11)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self.target)
                with self._lock:
                    up = self._draw.expovariate(1 / self.mean_bytes)
                    down = self._draw.expovariate(1 / 2_000)  # answers are short
                for source, sink, budget in ((near, far, up), (far, near, down)):
                    threading.Thread(target=self._pump, args=(source, sink, budget), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, budget: float) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                budget -= len(data)
                if budget < 0 and self._may_cut():
                    break
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _may_cut(self) -> bool:
        with self._lock:
            self.cuts += self.cuts < self.most_cuts
            return self.cuts < self.most_cuts
