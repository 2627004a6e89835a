"""The page in a real browser, wide and narrow, light and dark: what it shows, and what it asks for."""

import re
from pathlib import Path

import pytest

from tests.browser import open_page
from tests.report.conftest import faults, rows_of

CHARTS = (
    "traffic-chart", "week-chart", "archetype-chart", "rhythm-chart", "persona-chart", "errors-chart", "latency-chart",
    "graph-chart",
)  # fmt: skip
# Colours of a canvas's points, on a grid of every third; one that nothing was drawn on has one.
DRAWN = """() => Object.fromEntries([...document.querySelectorAll('.chart')].map((holder) => {
    const canvas = holder.querySelector('canvas');
    const points = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let k = 0; k < points.length; k += 12) seen.add((points[k] << 16) | (points[k + 1] << 8) | points[k + 2]);
    return [holder.id, seen.size];
}))"""
TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll, nav, .chart')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((one) => one.outerHTML)"""


@pytest.fixture(scope="module", params=[(1_400, False), (400, True)], ids=["wide, light", "narrow, dark"])
def opened(request, reported):
    width, dark = request.param
    with open_page(reported.page, width, dark) as made:
        yield made


def number(text: str) -> int:
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))


def test_it_asks_for_nothing_and_complains_of_nothing(opened):
    assert opened.page.evaluate("document.documentElement.dataset.ready") == "yes"
    assert faults(opened) == []
    assert opened.requests == [opened.address]


def test_the_numbers_are_those_of_the_summary(opened, reported):
    shown = {dd.get_attribute("data-key"): dd for dd in opened.page.locator("#totals dd").all()}
    summary = reported.summary
    wanted = {
        "requests": summary["counts"]["requests"],
        "calls": summary["counts"]["logs"],
        "points": summary["counts"]["points"],
        "users": summary["scenario"]["total_users"],
        "incidents": len(summary["incidents"]),
        **summary["levels"],
    }
    assert {key: number(dd.inner_text()) for key, dd in shown.items()} == wanted
    for digest in summary["content_digest"].values():
        assert digest in opened.page.locator("#identity").text_content()


def test_the_tables_are_those_of_the_summary(opened, reported):
    summary = reported.summary
    assert {row[0]: number(row[2]) for row in rows_of(opened, "errors-table")} == summary["error_sources"]
    assert {row[0]: number(row[3]) for row in rows_of(opened, "persona-table")} == summary["personas"]
    assert sum(number(row[1]) for row in rows_of(opened, "services-table")) == summary["counts"]["logs"]
    assert sum(number(row[1]) for row in rows_of(opened, "traffic-table")) == summary["counts"]["requests"]
    effects = sorted((row[0].strip(), number(row[1]), number(row[2])) for row in rows_of(opened, "all-incidents-table"))
    listed = ((i["component"], i["infrastructure_errors"], i["cascades"]) for i in summary["incidents"])
    assert effects == sorted(listed)


def test_the_charts_are_drawn(opened):
    drawn = opened.page.evaluate(DRAWN)
    assert tuple(drawn) == CHARTS
    assert {chart: n for chart, n in drawn.items() if n < 12} == {}
    opened.page.evaluate("""() => { const canvas = document.querySelector('#week-chart canvas');
        canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height); }""")
    assert opened.page.evaluate(DRAWN)["week-chart"] == 1
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.evaluate(DRAWN)["week-chart"] == drawn["week-chart"]


def test_nothing_is_wider_than_the_window(opened):
    assert opened.page.evaluate("document.documentElement.scrollWidth") == opened.page.viewport_size["width"]
    assert opened.page.evaluate(TOO_WIDE) == []
    opened.page.evaluate("document.querySelector('#traces-says').style.minWidth = '3000px'")
    assert len(opened.page.evaluate(TOO_WIDE)) == 1
    opened.page.evaluate("document.querySelector('#traces-says').style.minWidth = ''")


def test_a_service_chosen_shows_its_neighbours(opened, reported):
    services = [f"{s['stack']}:{s['name']}" for s in reported.values["services"]]
    number_of = services.index("content:posts")
    opened.page.select_option("#graph-pick", f"s{number_of}")
    said = opened.page.locator("#graph-panel").inner_text()
    for _, callee, _, _ in (edge for edge in reported.values["edges"] if edge[0] == number_of):
        assert services[callee] in said
    assert "aurora_primary" in said
    opened.page.locator("#graph-panel button", has_text="aurora_primary").click()
    assert opened.page.locator("#graph-pick").input_value().startswith("c")
    opened.page.select_option("#graph-pick", "")
    assert faults(opened) == []


def test_an_incident_is_looked_at_in_the_chart(opened):
    assert opened.page.locator("#errors-whole").is_hidden()
    opened.page.locator("#incidents-table .link").first.click()
    assert opened.page.locator("#errors-whole").is_visible()
    opened.page.locator("#errors-whole").click()
    assert opened.page.locator("#errors-whole").is_hidden()
    for button in opened.page.locator("#errors-by [data-by]").all():
        button.click()
        assert opened.page.evaluate(DRAWN)["errors-chart"] > 12
    assert faults(opened) == []


def test_light_and_dark(opened):
    def background():
        return opened.page.evaluate("getComputedStyle(document.body).backgroundColor")

    seen = [background()]
    for _ in range(3):
        opened.page.locator("#theme").click()
        seen.append(background())
    assert len(set(seen)) == 2
    assert seen[0] == seen[3]
    assert seen[1] != seen[2]


def test_the_page_is_small_and_holds_all_it_needs(reported):
    text = reported.page.read_text("utf-8")
    assert len(text) < 1_000_000
    assert text.startswith("<!doctype html>")
    assert re.findall(r"\{\{\w+\}\}", text) == []
    assert not re.findall(r"<(?:link|script|img|iframe)[^>]*(?:src|href)=\"(?!data:)", text)
    assert Path(reported.page.parent / "page.html.part").exists() is False
