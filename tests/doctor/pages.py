"""A server of pages, as stores and Collectors have them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl


class PageServer:
    """Answers GET with ``pages[path] = (status, text)``, or what gives it for the query's values by name, else 404.

    ``asked`` holds (path with query, headers).
    """

    def __init__(self, pages, port: int = 0, tls=None) -> None:
        self.pages, self.asked = pages, []
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._http.handle_error = lambda *_: None
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_port
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(server: PageServer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers)))
            path, _, query = self.path.partition("?")
            page = server.pages.get(path, (404, ""))
            status, text = page(dict(parse_qsl(query))) if callable(page) else page
            self.send_response(status)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    return Handler


def metrics_page(beginning: str, flags: dict[str, str], more: str = "") -> dict[str, tuple[int, str]]:
    """A store's page with these settings."""
    lines = [f'flag{{name="{name}", value="{value}", is_set="true"}} 1' for name, value in flags.items()]
    return {"/metrics": (200, "\n".join([f"{beginning}http_requests_all_total 1", *lines, more]) + "\n")}
