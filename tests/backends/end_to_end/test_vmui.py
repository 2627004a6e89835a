"""The overview on VictoriaMetrics' own page, in a real browser: curves of a run, and none of an empty store."""

import json

import polars as pl
import pytest

from tests.backends import stores
from tests.backends.end_to_end import truth
from tests.backends.end_to_end.runs import instant
from tests.browser import open_page
from tests.grafana.boards import ROOT

pytestmark = pytest.mark.backends
PANELS = json.loads((ROOT / "vmui" / "overview.json").read_text())["rows"][0]["panels"]
FLAG = f"-vmui.customDashboardsPath={ROOT / 'vmui'}"
# Of each panel its title, the names of its curves, and how many of its canvas's pixels have a colour: axes are grey.
SHOWN = """[...document.querySelectorAll('.vm-predefined-panel')].map(panel => {
  const canvas = panel.querySelector('canvas');
  const colours = canvas ? canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data : [];
  let coloured = 0;
  for (let i = 0; i < colours.length; i += 4) {
    const least = Math.min(colours[i], colours[i + 1], colours[i + 2]);
    const most = Math.max(colours[i], colours[i + 1], colours[i + 2]);
    if (colours[i + 3] > 128 && most - least > 60) coloured++;
  }
  const legend = [...panel.querySelectorAll('.vm-legend-item')].map(item => item.innerText.split('\\n')[0]);
  return [panel.querySelector('h3').innerText, legend, coloured];
})"""
ALL_DRAWN = f"({SHOWN}).filter(([, legend, coloured]) => legend.length && coloured > 300).length == {len(PANELS)}"
QUERIES = sum(len(panel["expr"]) for panel in PANELS)


def opened(metrics, asked):
    """The page for a run's time; all of it is in the window, since panels out of it ask nothing."""
    when = f"g0.range_input={asked.end_s - asked.start_s}s&g0.end_input={instant(asked.end_s)[:-1]}"
    url = f"{metrics.url}/vmui/#/dashboards?{when}&g0.relative_time=none"
    return open_page(url, 1_400, height=3_600)


def test_a_run_is_seen_without_grafana(filled, tmp_path_factory):
    with opened(filled.backends.metrics, filled.sent.asked) as page:
        page.page.wait_for_function(ALL_DRAWN, timeout=120_000, polling=500)
        shown = {title: (legend, coloured) for title, legend, coloured in page.page.evaluate(SHOWN)}
        print(page.screenshot(tmp_path_factory.getbasetemp() / "vmui.png"))
    assert (page.errors, page.failed, page.outgoing()) == ([], [], [])
    assert list(shown) == [panel["title"] for panel in PANELS]
    environments = truth.by(filled.requests, "environment", pl.len())
    assert shown["Requests a second by environment"][0] == sorted(environments, key=environments.get, reverse=True)
    assert shown["Latency"][0] == ["p50", "p95", "p99"]
    assert len(shown["p95 of the six slowest services"][0]) == 6


def test_an_empty_store_shows_nothing(programs, tmp_path, filled):
    """The negative control: the same page, dashboard and time."""
    metrics = stores.victoria_metrics(programs, tmp_path)
    metrics.command.append(FLAG)
    with metrics, opened(metrics, filled.sent.asked) as page:
        page.page.wait_for_selector(".vm-predefined-panel")
        page.page.wait_for_load_state("networkidle")
        page.page.wait_for_timeout(1_000)
        shown = page.page.evaluate(SHOWN)
    assert sum("query_range" in url for url in page.requests) >= QUERIES
    assert [title for title, _, _ in shown] == [panel["title"] for panel in PANELS]
    assert [(legend, coloured) for _, legend, coloured in shown] == [([], 0)] * len(PANELS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_has_what_the_format_knows(panel):
    """Of app/vmui/README.md in VictoriaMetrics."""
    known = {"title": str, "description": str, "unit": str, "expr": list, "alias": list, "width": int}
    assert {key: type(value) for key, value in panel.items()} == {key: known[key] for key in panel}
    assert len(panel["expr"]) == len(panel["alias"]) > 0
    assert 1 <= panel["width"] <= 12
