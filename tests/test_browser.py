"""The browser sees what is wrong with a page, and that nothing is."""

import pytest

from tests import browser
from tests.browser import open_page

GOOD = "<!doctype html><title>Good</title><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><p>Fine"
BAD = """<!doctype html><script>console.error("said"); throw new Error("thrown")</script>
<script src="http://127.0.0.1:9/elsewhere.js"></script><img src="missing.png">"""


def test_a_good_page_gives_nothing_to_complain_of(tmp_path):
    (tmp_path / "good.html").write_text(GOOD)
    with open_page(tmp_path / "good.html", 400, dark=True) as opened:
        assert opened.page.inner_text("p") == "Fine"
        assert opened.page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [400, True]
        assert opened.screenshot(tmp_path / "good.png").stat().st_size > 0
    assert (opened.errors, opened.failed, opened.outgoing()) == ([], [], [])


def test_what_is_wrong_with_a_page_is_seen(tmp_path):
    (tmp_path / "bad.html").write_text(BAD)
    with open_page(tmp_path / "bad.html") as opened:
        assert opened.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is False
    assert {"said", "thrown"} <= set(opened.errors)
    elsewhere, missing = opened.outgoing()
    assert elsewhere == "http://127.0.0.1:9/elsewhere.js"
    assert missing.endswith("/missing.png")
    assert len(opened.failed) == 2


def test_where_chromium_is_missing_it_is_said(monkeypatch):
    monkeypatch.setattr(browser, "NAMES", ("no-such-program",))
    monkeypatch.delenv("OTELSIM_BACKENDS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium is not installed"):
        browser.chromium_or_skip()
    monkeypatch.setenv("OTELSIM_BACKENDS", "required")
    with pytest.raises(pytest.fail.Exception, match="Chromium is not installed"):
        browser.chromium_or_skip()
