"""The page: one HTML file that holds all it needs, and may fetch nothing."""

import base64
import hashlib
import html
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from otelsim import __version__
from otelsim.times import EPOCH, instant_s

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = (
    "base.js", "head.js", "traffic.js", "people.js", "errors.js", "lanes.js", "incidents.js", "latency.js", "graph.js",
    "panel.js", "traces.js", "main.js",
)  # fmt: skip
LIBRARY = "echarts.min.js"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def page(content: dict[str, Any]) -> str:
    """The page of a run's ``content`` (see `content.content`)."""
    script = '"use strict";\n(() => {\n' + "\n".join(_asset(name) for name in SCRIPTS) + "})();\n"
    library = _asset(LIBRARY)
    parts = {
        "title": html.escape(_title(content)),
        "version": html.escape(__version__),
        "policy": html.escape(policy([library, script])),
        "echarts": library_version(),
        "style": _asset("page.css"),
        "data": embedded(content),
        "library": library,
        "script": script,
    }
    # One pass: what is put in is not looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _asset("page.html"))


def embedded(content: dict[str, Any]) -> str:
    """JSON that stays inside its element, whatever names say."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def policy(scripts: list[str]) -> str:
    """A Content-Security-Policy: these scripts, styles of the page itself, and nothing else from anywhere."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    rules = ("default-src 'none'", f"script-src {hashes}", "style-src 'unsafe-inline'", "img-src data:")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def library_version() -> str:
    """The version of ECharts, which its build begins with."""
    found = re.match(r"/\*! Apache ECharts ([0-9.]+)", _asset(LIBRARY))
    assert found, "charts/build.sh writes it"
    return found[1]


def _title(content: dict[str, Any]) -> str:
    run = content["run"]
    first, last = _day(instant_s(run["start"])), _day(instant_s(run["end"]) - 1)
    when = first if first == last else f"{first} to {last}"
    requests = content["totals"]["requests"]
    return f"{requests:,} request{'s' * (requests != 1)} to a simulated {run['world'].replace('_', ' ')}, {when}"


def _day(seconds: int) -> str:
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")
