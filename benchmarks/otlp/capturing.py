"""An OTLP/HTTP receiver that keeps what comes, in a file."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from isal import igzip

from benchmarks.otlp.bodies import Body, packed
from benchmarks.otlp.measuring import Running, Sending
from benchmarks.otlp.receiving import Endpoints
from tests.sinks.otlp.receiver import records_of


def capture(path: Path, sending: Callable[[Endpoints], Sending], most_bytes: float = float("inf")) -> list[str]:
    """Keep what the commands post, to their end or until it is so much; returns what they wrote to stdout."""
    with capturing(path) as to, Running(sending(to), path.parent) as running:
        while running.going() and path.stat().st_size < most_bytes:
            time.sleep(0.05)
        running.stop()
        return running.texts("out")


@contextmanager
def capturing(path: Path) -> Iterator[Endpoints]:
    """A receiver on a free loopback port; at the end everything that was answered is in the file."""
    with path.open("wb") as file:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(file))
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield Endpoints(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


def _handler(file: BinaryIO) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffered, so that status and headers leave as one packet: with several, each reply would wait 40 ms.
        wbufsize = -1

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            content = self.rfile.read(size)
            if len(content) < size:
                return  # A sender that was stopped.
            if self.headers.get("Content-Encoding") == "gzip":
                content = igzip.decompress(content)
            signal = self.path.rsplit("/", 1)[1]
            kept = packed(Body(signal, records_of(signal, content), content))
            with lock:
                file.write(kept)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Not on the benchmark's output."""

    return Handler
