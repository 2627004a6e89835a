"""Pages that were tampered with, and names that are no plain words, in a real browser."""

import json
import re

from otelsim.report.page import page
from tests.browser import open_page
from tests.report.conftest import faults, rows_of
from tests.report.test_page import CHARTS


def test_what_points_somewhere_else_is_seen(reported, tmp_path):
    """A negative control of the tests above, and of the page's own policy."""
    planted = '<img src="http://127.0.0.1:9/planted.png"></main>'
    text = reported.page.read_text().replace("</main>", planted, 1)
    forbidden, allowed = tmp_path / "forbidden.html", tmp_path / "allowed.html"
    forbidden.write_text(text)
    allowed.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text))
    with open_page(allowed) as made:
        assert made.outgoing() == ["http://127.0.0.1:9/planted.png"]
    with open_page(forbidden) as made:
        assert any("Content Security Policy" in said for said in made.errors)
        assert all("csp" in said for said in made.failed)


def hostile(values: dict, text: str) -> dict:
    """All names of a world, and whatever else may come from anywhere, replaced."""
    made = json.loads(json.dumps(values))
    for part, keys in {
        "services": ("stack", "name"), "components": ("name", "type", "description"), "archetypes": ("name",),
        "personas": ("name",), "places": ("environment", "region"),
    }.items():  # fmt: skip
        for each in made[part]:
            each.update(dict.fromkeys(keys, text))
    for call in (call for trace in made["traces"] for call in trace["calls"]):
        call.update(dict.fromkeys(("service", "stack", "action", "message"), text))
    made["run"].update(name=text, world=text)
    made["differences"] = [{"what": text, "said": text, "made": text}]
    return made


def test_names_are_text_and_nothing_else(reported, tmp_path):
    text = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>{{data}}\\u0000{b}&amp;"
    path = tmp_path / "page.html"
    path.write_text(page(hostile(reported.values, text)))
    with open_page(path) as made:
        assert made.page.title().count(text.replace("_", " ")) == 1
        assert text in made.page.locator("#archetype-table").inner_text()
        assert "in 1 place" in made.page.locator("#verdict").inner_text()
        assert rows_of(made, "differences") == [[text] * 3]
        for chart in CHARTS:
            box = made.page.locator(f"#{chart}")
            box.scroll_into_view_if_needed()
            size = box.bounding_box()
            box.hover(position={"x": size["width"] * 0.4, "y": size["height"] * 0.3}, force=True)
        assert made.page.evaluate("[window.hacked, document.images.length]") == [None, 0]
        assert faults(made) == []
