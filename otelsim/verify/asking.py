"""Stores, asked over HTTP."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from otelsim.doctor.pages import Page, Site
from otelsim.errors import RunError
from otelsim.sinks.otlp.replies import plain


class StoreError(RunError):
    """A store did not answer, or not with what was asked."""


class Store(NamedTuple):
    """A store, and the option that gives its URL."""

    name: str
    option: str
    site: Site

    def ask(self, path: str, parameters: dict[str, str]) -> str:
        """The text of the answer; StoreError says why there is none."""
        page = self.site.get(path, parameters)
        if page.status == 200 and not page.reason:
            return page.text
        raise StoreError(
            f"{self.site.url}: {self.name} {_trouble(page)}: correct {self.option}, or leave the signal out"
        )

    def flush(self) -> None:
        """Make what has arrived visible; a store that lets nobody do that makes it so within seconds."""
        self.site.get("/internal/force_flush")

    def lines(self, path: str, parameters: dict[str, str]) -> Iterator[dict[str, Any]]:
        """The JSON objects of the answer, one a line."""
        for line in self.ask(path, parameters).splitlines():
            yield self.parsed(line)

    def parsed(self, text: str) -> dict[str, Any]:
        """A JSON object of an answer."""
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise self.strange()
        return values

    def strange(self) -> StoreError:
        """For an answer that no such store gives."""
        return StoreError(f"{self.site.url}: does not answer as {self.name} does: correct {self.option}")


def _trouble(page: Page) -> str:
    if not page.status:
        return f"does not answer ({page.reason})"
    return f"answers HTTP {page.status} ({page.reason or plain(page.text)})"


def quoted(text: str) -> str:
    """A value for the stores' query languages, which quote as Go does."""
    return json.dumps(text, ensure_ascii=False)
