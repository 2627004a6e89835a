"""Models that the SDK lacks, in its own form: queries of VictoriaLogs and Jaeger, and annotations of any data source.

Their fields are those of ``Query`` in the VictoriaLogs plugin's ``src/types.ts`` (0.29.0), of ``JaegerQuery`` in
Grafana's Jaeger plugin, and of ``AnnotationQuery`` in Grafana, of which the SDK has only what Grafana's own annotations
need.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from grafana_foundation_sdk.cog import plugins, runtime, variants
from grafana_foundation_sdk.models import dashboard

from grafana.sources import LOGS, TRACES


class Named:
    """A dataclass that is JSON under the names in ``keys``; what is None is left out."""

    keys: ClassVar[dict[str, str]]

    def to_json(self) -> dict[str, object]:
        """What Grafana reads."""
        said = {key: getattr(self, name) for name, key in self.keys.items()}
        return {key: value for key, value in said.items() if value is not None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse; keys that are not known are dropped, as the SDK's models do."""
        read = {name: data[key] for name, key in cls.keys.items() if key in data}
        if "datasource" in read:
            read["datasource"] = dashboard.DataSourceRef.from_json(read["datasource"])
        return cls(**read)


@dataclass
class LogsQuery(Named, variants.Dataquery):
    """A LogsQL query; ``query_type`` says which of the store's pages answers it."""

    keys: ClassVar = {
        "expr": "expr",
        "ref_id": "refId",
        "query_type": "queryType",
        "datasource": "datasource",
        "legend_format": "legendFormat",
        "max_lines": "maxLines",
        "editor_mode": "editorMode",
    }
    expr: str
    ref_id: str
    query_type: str
    """``instant``: rows, ``stats``: one number a series, ``statsRange``: a curve a series."""
    datasource: dashboard.DataSourceRef
    legend_format: str | None = None
    max_lines: int | None = None
    editor_mode: str = "code"


@dataclass
class TracesQuery(Named, variants.Dataquery):
    """A search for traces of a service that took long."""

    keys: ClassVar = {
        "ref_id": "refId",
        "query_type": "queryType",
        "datasource": "datasource",
        "service": "service",
        "min_duration": "minDuration",
        "limit": "limit",
    }
    ref_id: str
    query_type: str
    datasource: dashboard.DataSourceRef
    service: str
    min_duration: str
    limit: int


class Annotation(dashboard.AnnotationQuery):
    """An annotation by a query of a data source. The formats are read by the Prometheus source only."""

    formats: ClassVar = {"title": "titleFormat", "text": "textFormat", "tags": "tagKeys"}

    def __init__(self, query: variants.Dataquery, texts: dict[str, str], **more: Any) -> None:
        super().__init__(**more)
        self.query = query
        self.texts = texts

    def to_json(self) -> dict[str, object]:
        """What Grafana reads."""
        said = {self.formats[name]: text for name, text in self.texts.items()}
        return {**super().to_json(), "target": self.query, **said}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse."""
        own = dashboard.AnnotationQuery.from_json({**data, "target": {}})
        texts = {name: data[key] for name, key in cls.formats.items() if key in data}
        query = runtime.dataquery_from_json(data["target"], data["datasource"]["type"])
        more = {name: value for name, value in vars(own).items() if name != "target"}
        return cls(query, texts, **more)


def load(data: dict[str, Any]) -> dashboard.Dashboard:
    """A dashboard as typed objects. What no type has a place for is lost, which is how tests find it."""
    _register()
    found = dashboard.Dashboard.from_json(data)
    found.annotations.list_val = [Annotation.from_json(one) for one in data["annotations"]["list"]]
    return found


def _register() -> None:
    plugins.register_default_plugins()
    for source, model in ((LOGS, LogsQuery), (TRACES, TracesQuery)):
        assert set(model.keys) == {field.name for field in fields(model)}
        runtime.register_dataquery_variant(runtime.DataqueryConfig(str(source.type_val), model.from_json))
