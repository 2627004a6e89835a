"""Pages in the system's Chromium: what they ask for, what they complain of, and how they look."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Of its own it would ask for updates and the like; as root, as in containers, it has no sandbox.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Opened:
    """An open page. What it recorded grows while it is open."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    """Errors on the console, and exceptions that nobody caught."""
    failed: list[str] = field(default_factory=list)
    """Requests that were not answered, or with 400 and above."""
    requests: list[str] = field(default_factory=list)

    def outgoing(self) -> list[str]:
        """Requests to elsewhere than the page's own server; of a file, all but that for itself."""
        return [url for url in self.requests if _origin(url) not in (_origin(self.address), "inline")]

    def screenshot(self, file: Path, whole: bool = False) -> Path:
        """What is in the window, or the ``whole`` page, as PNG."""
        self.page.screenshot(path=file, full_page=whole)
        return file


def chromium_or_skip() -> str:
    """Chromium's program. Where it is missing the test is skipped, or fails if OTELSIM_BACKENDS says ``required``."""
    for found in filter(None, map(shutil.which, NAMES)):
        return found
    reason = "Chromium is not installed: pages cannot be looked at"
    if os.environ.get("OTELSIM_BACKENDS") == "required":
        pytest.fail(reason)
    return pytest.skip(reason)


@contextmanager
def open_page(address: str | Path, width: int = 1_400, dark: bool = False, height: int = 900) -> Iterator[Opened]:
    """A URL or a file, loaded, in a browser of its own: ``with open_page(path, 400, dark=True) as opened``."""
    program = chromium_or_skip()
    url = Path(address).resolve().as_uri() if isinstance(address, Path) else address
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=FLAGS) as browser:
        size, scheme = {"width": width, "height": height}, "dark" if dark else "light"
        opened = Opened(browser.new_page(viewport=size, color_scheme=scheme, locale="en-GB", timezone_id="UTC"), url)
        _record(opened)
        opened.page.goto(url)
        yield opened


def _record(opened: Opened) -> None:
    page = opened.page
    page.on("console", lambda said: opened.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("requestfailed", lambda request: opened.failed.append(f"{request.url}: {request.failure}"))
    page.on("response", lambda answer: opened.failed.extend(_refusals(answer)))


def _refusals(answer: Response) -> list[str]:
    return [f"{answer.url}: {answer.status}"] if answer.status >= 400 else []


def _origin(url: str) -> str:
    """Scheme and host; of a file its whole address; data and blobs come from nowhere."""
    parts = urlsplit(url)
    if parts.scheme in ("data", "blob"):
        return "inline"
    return f"{parts.scheme}://{parts.netloc}{parts.path if parts.scheme == 'file' else ''}"
