"""What pages are made of: contrasts that everybody can read, scripts that are all there, the library's licence."""

import re

import pytest

from otelsim.report.page import ASSETS, LIBRARY, SCRIPTS, library_version, policy
from tests.test_tidy import MAX_FILE_LINES

CSS = (ASSETS / "page.css").read_text()
TEXTS = ("ink", "soft", "accent", "deep", "bad", "warn", "good")
GROUNDS = ("card", "page", "faint", "pale")
ENOUGH = 4.5
ENOUGH_OF_SHAPES = 3.0
"""WCAG 2.1, AA: of text, and of what is no text."""


def themes() -> list[dict[str, str]]:
    """The colours of each block that sets them: light, dark by the system, dark by choice."""
    return [dict(re.findall(r"--(\w+): (#\w{6});", block)) for block in re.findall(r"\{([^{}]*--page:[^{}]*)\}", CSS)]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_texts_stand_out_from_what_is_behind_them():
    light, dark, chosen = themes()
    assert dark == chosen
    for theme in (light, dark):
        pairs = [(text, ground) for text in TEXTS for ground in GROUNDS] + [
            ("on", bar) for bar in ("accent", "bad", "warn")
        ]
        poor = {pair: contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
        assert {pair: ratio for pair, ratio in poor.items() if ratio < ENOUGH} == {}


def test_white_is_read_on_every_colour_of_a_field_and_lines_of_it_are_seen():
    colours = re.findall(r'"(#\w{6})"', (ASSETS / "base.js").read_text().split("COLOURS")[1].split("]")[0])
    assert len(colours) == len(set(colours)) == 14
    assert {colour: contrast("#ffffff", colour) for colour in colours if contrast("#ffffff", colour) < ENOUGH} == {}
    dark = themes()[1]["card"]
    assert {colour: contrast(dark, colour) for colour in colours if contrast(dark, colour) < ENOUGH_OF_SHAPES} == {}


def test_every_script_is_used_and_short():
    assert {p.name for p in ASSETS.glob("*.js")} == {LIBRARY, *SCRIPTS}
    for name in SCRIPTS:
        assert len((ASSETS / name).read_text().splitlines()) <= MAX_FILE_LINES


def test_nothing_in_the_scripts_makes_html_of_text():
    for name in SCRIPTS:
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write", (ASSETS / name).read_text())


def test_the_librarys_licence_lies_beside_it():
    licence = (ASSETS / "LICENSE-echarts.txt").read_text()
    for words in ("Apache License", "zrender", "tslib", "d3", "The Apache Software Foundation"):
        assert words in licence
    notice = (ASSETS.parents[2] / "NOTICE").read_text()
    assert f"Apache ECharts {library_version()}," in notice
    assert f"echarts={library_version()} " in (ASSETS.parents[2] / "charts" / "build.sh").read_text()


def test_the_policy_names_each_script_and_nothing_else():
    assert policy(["a", "b"]).startswith("default-src 'none'; script-src 'sha256-")
    assert policy(["a"]) != policy(["b"])
    assert "</script" not in (ASSETS / LIBRARY).read_text()
