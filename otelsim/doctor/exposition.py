r"""Prometheus text, as the stores and the Collector expose it.

The stores list their settings there too, quoted as Go does::

    flag{name="retentionPeriod", value="2y", is_set="true"} 1
"""

import re

from otelsim.sinks.otlp.replies import plain

_FLAG = re.compile(r'^flag\{name="([^"]*)", ?value="((?:[^"\\]|\\.)*)"', re.MULTILINE)
_SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? ([-+.\w]+)(?: \d+)?$", re.MULTILINE)
Samples = dict[tuple[str, str], float]
"""(name, labels as written) → value."""


def flags(text: str) -> dict[str, str]:
    """A store's settings by name; values as one safe line."""
    return {name: plain(re.sub(r"\\(.)", r"\1", value)) for name, value in _FLAG.findall(text)}


def samples(text: str, beginning: str) -> Samples:
    """The samples whose names begin so; lines that are none are passed over."""
    found: Samples = {}
    for name, labels, value in _SAMPLE.findall(text):
        if name.startswith(beginning):
            try:
                found[name, labels] = float(value)
            except ValueError:
                continue
    return found


def label(labels: str, name: str) -> str:
    """The value of a label, or ""."""
    found = re.search(rf'(?:^|,) ?{name}="((?:[^"\\]|\\.)*)"', labels)
    return plain(found[1]) if found else ""
