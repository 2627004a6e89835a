"""Posts captured requests as they are, the cheapest way: what a receiver takes when nothing has to be made.

``python -m benchmarks.otlp.posting``; whole HTTP requests lie ready in memory and go out on sockets that are open.
"""

import argparse
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

from isal import igzip

from benchmarks.otlp.bodies import SIGNALS, Body, read

REPLY = re.compile(rb"HTTP/1\.1 (\d{3}).*?\r\ncontent-length: *(\d+)\r\n(?:.*?\r\n)??\r\n", re.IGNORECASE | re.DOTALL)
RETRIED = (429, 503)
"""A Collector over its memory limit says these; it is asked again."""
PAUSE_S, TIMEOUT_S = 0.05, 120.0


class Connection:
    """A socket that is open, one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, request: bytes) -> int:
        """The status of the reply, which is read to its end. Raises OSError."""
        self._socket.sendall(request)
        reply = b""
        while not (found := REPLY.match(reply)) or len(reply) < found.end() + int(found[2]):
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionError("the connection was closed")
            reply += more
        return int(found[1])

    def deliver(self, request: bytes) -> None:
        """Post until it is accepted."""
        while (status := self.post(request)) not in (200, 204):
            if status not in RETRIED:
                raise ConnectionError(f"status {status}")
            time.sleep(PAUSE_S)


def ready(body: Body, host: str, path: str, compress: bool) -> bytes:
    """A body as a whole HTTP request; ``path`` is empty for the standard one."""
    content = igzip.compress(body.content, 1) if compress else body.content
    encoding = "Content-Encoding: gzip\r\n" if compress else ""
    head = (
        f"POST {path or f'/v1/{body.signal}'} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-protobuf\r\n"
        f"{encoding}Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Posting:
    """Requests that several connections take from one after the other."""

    def __init__(self, requests: list[tuple[Body, bytes]], seconds: float) -> None:
        endless = cycle(requests) if seconds else iter(requests)
        self._next: Iterator[tuple[Body, bytes]] = endless
        self._until = time.monotonic() + seconds if seconds else float("inf")
        self.made = dict.fromkeys(SIGNALS, 0)
        self.failures: list[str] = []
        self._lock = threading.Lock()

    def work(self, connection: Connection) -> None:
        made = dict.fromkeys(SIGNALS, 0)
        try:
            for body, request in self._next:
                connection.deliver(request)
                made[body.signal] += body.records
                if self.failures or time.monotonic() > self._until:
                    break
        except OSError as error:
            self.failures.append(str(error))
        with self._lock:
            self.made = {signal: self.made[signal] + made[signal] for signal in SIGNALS}


def main() -> None:
    asked = _arguments()
    target = urlsplit(asked.url)
    part, parts = asked.part
    # Without its content, which the request holds.
    bodies = islice(read(asked.bodies), part, None, parts)
    requests = [(b._replace(content=b""), ready(b, target.netloc, asked.path, asked.gzip)) for b in bodies]
    # Only now: a server closes connections on which nothing comes.
    connections = [Connection(target.hostname, target.port) for _ in range(asked.connections)]
    posting = Posting(requests, asked.seconds)
    threads = [threading.Thread(target=posting.work, args=(c,)) for c in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if posting.failures:
        sys.exit(f"posting failed: {posting.failures[0]}")
    print(json.dumps({"made": posting.made}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Post captured OTLP requests.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--path", default="", help="instead of the signal's own, such as a store's")
    parser.add_argument("--bodies", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.0, help="in a loop for so long; 0: each request once")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="i n: every n-th request from the i-th on")
    parser.add_argument("--gzip", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
