"""One attempt over OTLP/HTTP: a protobuf body posted on a pooled connection, and at most 4 MiB of the reply read."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import cast

import urllib3
from isal import isal_zlib
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as PoolTimeout

from otelsim import __version__
from otelsim.sinks.otlp.deadline import REQUEST, DeadlineSocket, Pool, TlsPool
from otelsim.sinks.otlp.replies import MAX_REPLY_BYTES, UNREAD, Acknowledged, Outcome, Retry, plain, shown
from otelsim.sinks.otlp.retry import HttpReply, judge_http
from otelsim.sinks.otlp.settings import OtlpSettings

GZIP = 31
"""zlib's number for a gzip member."""
USER_AGENT = f"otelsim/{__version__}"
ISAL_ERROR = cast("type[Exception]", isal_zlib.IsalError)  # its stub says that it is an instance


class HttpExporter:
    """Posts to one signal's endpoint; any number of threads may use it."""

    def __init__(self, settings: OtlpSettings, clock: Callable[[], float] = time.time) -> None:
        self.settings, self.clock = settings, clock
        self._sockets: dict[int, DeadlineSocket] = {}
        context = None if settings.insecure else settings.tls_context()
        self._pools = urllib3.PoolManager(num_pools=1, maxsize=settings.in_flight, ssl_context=context)
        self._pools.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}
        self._url = settings.endpoint + (f"?{settings.query.reveal()}" if settings.query else "")
        self._headers = {name: value.reveal() for name, value in settings.headers} | {
            "content-type": "application/x-protobuf",
            "user-agent": USER_AGENT,
        }
        if settings.compression == "gzip":
            self._headers["content-encoding"] = "gzip"

    def export(self, body: bytes, timeout: float) -> Outcome:
        """Send ``body`` once, in ``timeout`` seconds all in all."""
        REQUEST.begin(timeout, self._sockets)
        try:
            outcome = self._exchange(self._packed(body), timeout)
        except (HTTPError, OSError) as error:
            outcome = Retry(None, reason_of(error, timeout))
        return shown(outcome, self.settings.redact)

    def close(self) -> None:
        """Cut the connections: whoever waits for a reply on one is told that it was lost."""
        for each in list(self._sockets.values()):
            each.cut()
        self._pools.clear()

    def _packed(self, body: bytes) -> bytes:
        if self.settings.compression == "none":
            return body
        return isal_zlib.compress(body, 1, GZIP)

    def _exchange(self, packed: bytes, timeout: float) -> Outcome:
        reply = self._pools.request(
            "POST",
            self._url,
            body=packed,
            headers=self._headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            content = read_reply(cast(urllib3.HTTPResponse, reply))
        except (HTTPError, OSError):
            # A reply that breaks off may have told of rejected records; other than that, the status says enough.
            if 200 <= reply.status < 300:
                raise
            content = b""
        if content is None and 200 <= reply.status < 300:
            return Acknowledged(0, UNREAD)
        judged = HttpReply(reply.status, content or b"", reply.headers.get("retry-after"))
        return judge_http(self.settings.signal, judged, self.clock())


def read_reply(reply: urllib3.HTTPResponse) -> bytes | None:
    """The reply's content, decompressed; None where it has more than 4 MiB, of which no more is read."""
    content = reply.read(MAX_REPLY_BYTES + 1, decode_content=False)
    if len(content) > MAX_REPLY_BYTES:
        reply.close()
        return None
    reply.release_conn()
    return _unpacked(content) if reply.headers.get("content-encoding", "").lower() == "gzip" else content


def _unpacked(content: bytes) -> bytes | None:
    unpacker = isal_zlib.decompressobj(GZIP)
    try:
        unpacked = unpacker.decompress(content, MAX_REPLY_BYTES + 1)
    except ISAL_ERROR:
        return content
    if len(unpacked) > MAX_REPLY_BYTES:
        return None
    return unpacked if unpacker.eof else content


def reason_of(error: BaseException, timeout: float) -> str:
    """Why there was no reply, in the system's words: the libraries' own texts hold the addresses of objects."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return plain(f"TLS: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return plain(f"TLS: {cause.reason}")
        if isinstance(cause, socket.gaierror):
            return "the host's name does not resolve"
        # urllib3 counts a refused connection among its time-outs.
        if isinstance(cause, TimeoutError | PoolTimeout) and not isinstance(cause, NewConnectionError):
            return f"no answer within {timeout:g} s"
        if isinstance(cause, OSError) and cause.strerror:
            return plain(cause.strerror)
    return "the connection was lost"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what is wrapped in it, and what it came from."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__context__, cause.__cause__, *(a for a in cause.args if isinstance(a, BaseException))]
