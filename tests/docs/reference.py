"""`python -m tests.docs.reference` writes docs/reference.md anew, from the code and from what a small run sends.

It stands among the tests because it is made of what they are made of (small runs, the SDK's objects), which the
installed package has not; and it is they who see that the page is current.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from string import Template
from typing import Any

from otelsim.outcome.expand import ONE_PERCENT, SLOW
from otelsim.signals import conventions
from otelsim.signals.notation import Notation
from otelsim.signals.points import EXEMPLARS, EXPONENTIAL_SCALE
from otelsim.verify.fields import label, metric_name
from otelsim.wire.sdk.spans import CLIENT_LEAD_NS
from tests.docs import stored
from tests.docs.meanings import MEANINGS
from tests.docs.rules import absent
from tests.docs.sample import Seen, sample
from tests.docs.tables import code, table, type_of

Attributes = dict[str, Any]
Kind = Callable[[Seen], Attributes | None]
HISTOGRAMS = (conventions.HTTP_DURATION, conventions.RPC_DURATION)


class Names:
    """The names of one kind of record: in which calls each is, and an example of it."""

    def __init__(self, kind: Kind, seen: Iterable[Seen]) -> None:
        pairs = [(one.told, known) for one in seen if (known := kind(one)) is not None]
        self.examples = {name: value for _, known in reversed(pairs) for name, value in reversed(known.items())}
        self._pairs = pairs

    def ordered(self) -> list[str]:
        """In the order of the records, those of one after those before it."""
        return list(dict.fromkeys(name for _, known in self._pairs for name in known))

    def absent(self, name: str) -> str:
        return absent(name, ((told, name in known) for told, known in self._pairs))

    def rows(self, *more: Callable[[str], str]) -> list[list[str]]:
        """Name, type, example, when it is absent, then what is asked for more, then the meaning."""
        return [
            [code(name), type_of(self.examples[name]), code(self.examples[name]), self.absent(name)]
            + [column(name) for column in more]
            + [MEANINGS[name]]
            for name in self.ordered()
        ]


HEAD = ("Attribute", "Type", "Example", "Absent")


def _root() -> Seen:
    """The example."""
    return sample()[0]


def _child() -> Seen:
    """Its child that failed."""
    return sample()[1]


def resource() -> str:
    names = Names(lambda seen: seen.resource, sample())
    streams = stored.stream_fields()

    def field(name: str) -> str:
        kept = stored.in_logs(name)
        return f"{code(kept)}, of the stream" if kept in streams else code(kept)

    head = (*HEAD, "In VictoriaMetrics", "In VictoriaLogs", "What")
    return table(head, names.rows(lambda name: code(stored.in_metrics(name)), field))


def spans() -> str:
    rows = [
        ["of a root", "SERVER", code(_root().span_name), "never"],
        ["of a child", "SERVER", code(_child().span_name), "never"],
        ["of a child's caller", "CLIENT", code(_child().span_name), "unless `--client-spans`"],
    ]
    return table(("Span", "Kind", "Name, an example", "Absent"), rows)


def span_attributes() -> str:
    names = Names(lambda seen: seen.span, sample())
    client = Names(lambda seen: seen.client, sample())
    of_client = client.ordered()

    def on_client(name: str) -> str:
        return client.absent(name) if name in of_client else "always"

    return table((*HEAD, "Absent of a CLIENT span", "What"), names.rows(on_client))


def log_attributes() -> str:
    return table((*HEAD, "What"), Names(lambda seen: seen.log, sample()).rows())


def metrics() -> str:
    values = Names(lambda seen: {name: _value(metric) for name, metric in seen.metrics.items()}, sample())
    descriptions = conventions.DESCRIPTIONS
    rows = []
    for name in values.ordered():
        example = values.examples[name]
        kept = code(metric_name(name, ""))
        told = [type_of(example), code(example), values.absent(name), kept, descriptions[name]]
        rows.append([code(name), "gauge", "none", *told])
    for name, rule, seen in zip(HISTOGRAMS, ("in children", "in roots"), (_root(), _child()), strict=True):
        parts = ", ".join(code(f"{metric_name(name, 's')}_{part}") for part in ("bucket", "sum", "count"))
        took_s = code(seen.told.duration_ns / 1e9)
        rows.append([code(name), "histogram", "s", "double", took_s, rule, parts, descriptions[name].rstrip(".")])
    return table(("Metric", "Kind", "Unit", "Value", "Example", "Absent", "In VictoriaMetrics", "What"), rows)


def _value(metric: Any) -> int | float:
    (point,) = metric.data.data_points
    return point.value


def point_attributes() -> str:
    names = Names(lambda seen: seen.point, sample())
    return table((*HEAD, "In VictoriaMetrics", "What"), names.rows(lambda name: code(label(name))))


def histogram_attributes() -> str:
    names = Names(lambda seen: seen.histogram, sample())
    return table((*HEAD, "In VictoriaMetrics", "What"), names.rows(lambda name: code(label(name))))


def filtered_attributes() -> str:
    return table((*HEAD, "What"), Names(lambda seen: seen.filtered, sample()).rows())


def log_keys() -> str:
    names = Names(lambda seen: {k: v for k, v in seen.told.log.items() if v is not None}, sample())
    ordered = list(_root().told.log)
    rows = {row[0]: row for row in names.rows()}
    return table(("Key", "Type", "Example", "Null", "What"), [rows[code(name)] for name in ordered])


def metric_keys() -> str:
    rows = []
    for name in _root().told.metrics[0]:
        rows.append([code(name), *_key(name), MEANINGS[name]])
        if name == "tags":
            tags = Names(lambda seen: seen.told.metrics[0]["tags"], sample())
            rows += [[f"— {row[0]}", *row[1:]] for row in tags.rows()]
    return table(("Key", "Type", "Example", "Absent", "What"), rows)


def _key(name: str) -> list[str]:
    example = _root().told.metrics[0][name]
    if isinstance(example, dict):
        return ["object", "", exemplar_rule() if name == "exemplar" else "never"]
    return [type_of(example), code(example), "never"]


def exemplar_rule() -> str:
    return f"in successes of {SLOW // 100} ms or less, but for {ONE_PERCENT / 65536:.0%}"


SECTIONS: dict[str, Callable[[], str]] = {
    "resource": resource,
    "spans": spans,
    "span_attributes": span_attributes,
    "log_attributes": log_attributes,
    "metrics": metrics,
    "point_attributes": point_attributes,
    "histogram_attributes": histogram_attributes,
    "filtered_attributes": filtered_attributes,
    "log_keys": log_keys,
    "metric_keys": metric_keys,
}


def facts() -> dict[str, str]:
    """What the page's sentences take from the code."""
    usual = Notation("")
    return {
        "schema": conventions.SCHEMA_URL.rpartition("/")[2],
        "severities": ", ".join(f"{number} {level}" for level, number in conventions.SEVERITY.items()),
        "bounds": ", ".join(f"{bound:g}" for bound in conventions.BOUNDS_S),
        "temporality": usual.temporality,
        "exemplars": str(EXEMPLARS),
        "scale": str(EXPONENTIAL_SCALE),
        "lead_us": str(CLIENT_LEAD_NS // 1_000),
        "absent_exemplar": exemplar_rule(),
        "streams": ", ".join(map(code, stored.stream_fields())),
        "log_fields": ", ".join(map(code, stored.fields_of_log_records())),
        "span_attribute": code(stored.span_field("<name>")),
        "resource_attribute": code(stored.span_resource_field("<name>")),
        "scope_labels": " and ".join(map(code, stored.labels_of_scopes())),
    }


def page() -> str:
    """The whole page."""
    template = (Path(__file__).parent / "reference.template.md").read_text()
    return Template(template).substitute({name: make().rstrip("\n") for name, make in SECTIONS.items()}, **facts())


if __name__ == "__main__":
    stored.PAGE.write_text(page())
