"""A store's or a Collector's pages, read in bounded time."""

from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from otelsim.errors import InputError
from otelsim.sinks.otlp import endpoints, tls
from otelsim.sinks.otlp.deadline import REQUEST, Pool, TlsPool
from otelsim.sinks.otlp.endpoints import HTTP, Endpoint
from otelsim.sinks.otlp.http import USER_AGENT, read_reply, reason_of
from otelsim.sinks.otlp.tls import TlsFiles


class Page(NamedTuple):
    """An answer: ``status`` and ``text``; or why there was none, or none that could be read."""

    status: int = 0
    text: str = ""
    reason: str = ""


class Site(NamedTuple):
    """Where pages are; safe to print."""

    endpoint: Endpoint
    tls_files: TlsFiles
    timeout_s: float

    @property
    def url(self) -> str:
        """What is shown: no user info, no query."""
        return self.endpoint.url().rstrip("/")

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Page:
        """The page at ``path`` below the URL, asked for once, with these parameters."""
        context = None if self.endpoint.scheme == "http" else tls.context(self.tls_files)
        with urllib3.PoolManager(num_pools=1, ssl_context=context) as pools:
            pools.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}
            REQUEST.begin(self.timeout_s, {})
            try:
                return self._read(pools, path, urlencode(parameters or {}))
            except (HTTPError, OSError) as error:
                return Page(reason=reason_of(error, self.timeout_s))

    def _read(self, pools: urllib3.PoolManager, path: str, parameters: str) -> Page:
        own = self.endpoint.query.reveal() if self.endpoint.query else ""
        query = "&".join(filter(None, (own, parameters)))
        secret = self.endpoint.authorization
        reply = pools.request(
            "GET",
            self.url + path + (f"?{query}" if query else ""),
            headers={"user-agent": USER_AGENT} | ({"authorization": secret.reveal()} if secret else {}),
            timeout=self.timeout_s,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        content = read_reply(cast(urllib3.HTTPResponse, reply))
        if content is None:
            return Page(reply.status, reason="the answer is too long")
        return Page(reply.status, content.decode(errors="replace"))


def site(where: str, text: str, tls_files: TlsFiles, timeout_s: float) -> Site:
    """The site whose URL option ``where`` gives; InputError tells what is wrong with it."""
    endpoint = endpoints.parse(where, text, HTTP)
    if endpoint.authorization and endpoint.scheme == "http" and not endpoints.is_loopback(endpoint.host):
        raise InputError(where, f"its credentials would go to {endpoint.host} in the clear: use https")
    return Site(endpoint, tls_files, timeout_s)


def is_here(url: str) -> bool:
    """Whether ``url`` is an address of this machine."""
    return endpoints.is_loopback(urlsplit(url).hostname or "")
