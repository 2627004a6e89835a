"""A dashboard's queries with values for their variables, as Grafana 12 and VictoriaLogs' plugin 0.29 put them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.backends.stores import Backends, VictoriaLogs, VictoriaMetrics
from tests.grafana import boards
from tests.grafana.boards import Asked

METRICS, LOGS, TRACES = "prometheus", "victoriametrics-logs-datasource", "jaeger"
ALL = ".*"
LEAST_STEP_S = 60
"""The data source's timeInterval."""
# Steps that Grafana rounds to, each up to the middle between it and the next; those of a minute and more.
STEPS_S = (60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
LIMITS_S = (90, 210, 450, 750, 1_050, 1_500, 2_700, 5_400, 9_000, 16_200, 32_400, 86_400)
Series = dict[str, Any]
"""Labels by ``metric``, and ``values``: pairs of seconds and numbers as text."""


@dataclass
class Viewer:
    """Someone who looks at dashboards of ``[start_s, end_s]``, and has chosen values of some variables."""

    backends: Backends
    start_s: int
    end_s: int
    chosen: dict[str, list[str]] = field(default_factory=dict)

    def values_of(self, board: str) -> dict[str, list[str] | str]:
        """What each variable of a dashboard stands for: values, or the text for all of them. None has no value."""
        found: dict[str, list[str] | str] = {}
        for variable in boards.variables(board):
            found[variable["name"]] = self._value(variable, found)
        return found

    def offered(self, variable: dict[str, Any], known: dict[str, Any]) -> list[str]:
        """The values that one may choose of a variable, given those before it."""
        if variable["type"] == "custom":
            return [option["value"] for option in variable["options"]]
        if variable["datasource"]["type"] == LOGS:
            return self._fields(variable["query"], known)
        query = in_metrics(variable["query"]["query"], known)
        selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
        asked = {"match[]": selector, "start": self.start_s, "end": self.end_s}
        return sorted(self.backends.metrics.data(f"/api/v1/label/{label}/values", **asked))

    def _fields(self, query: dict[str, Any], known: dict[str, Any]) -> list[str]:
        asked = {"query": in_logs(query["query"], known), "field": query["field"], "limit": query["limit"]}
        return sorted(self.backends.logs.field_values(start=self.start_s, end=self.end_s, **asked))

    def _value(self, variable: dict[str, Any], known: dict[str, Any]) -> list[str] | str:
        offered = self.offered(variable, known)
        assert offered, f"nothing to choose from: {variable['name']}"
        chosen = [value for value in self.chosen.get(variable["name"], []) if value in offered]
        if not variable.get("includeAll"):
            return (chosen or offered)[0]
        return chosen or variable.get("allValue") or offered

    def asks(self, asked: Asked) -> list[Series]:
        """What a query finds: series, or for rows of logs one without labels whose values are the rows."""
        values = self.values_of(asked.board)
        return self._of_logs(asked, values) if asked.source == LOGS else self._of_metrics(asked, values)

    def step_s(self, asked: Asked) -> int:
        return rounded((self.end_s - self.start_s) / asked.points)

    def _of_metrics(self, asked: Asked, values: dict[str, Any]) -> list[Series]:
        step_s = self.step_s(asked)
        query = in_metrics(self._timed(asked.query["expr"], step_s), values)
        if asked.query.get("instant"):
            return answered(self.backends.metrics, query, time=self.end_s)
        start_s, end_s = (at // step_s * step_s for at in (self.start_s, self.end_s))
        return answered(self.backends.metrics, query, start=start_s, end=end_s, step=step_s)

    def _of_logs(self, asked: Asked, values: dict[str, Any]) -> list[Series]:
        query, store = in_logs(asked.query["expr"], values), self.backends.logs
        when = {"start": self.start_s, "end": self.end_s}
        kind = asked.query["queryType"]
        if kind == "instant":
            rows = store.rows(query, limit=asked.query["maxLines"], **when)
            return [{"metric": {}, "values": rows}] if rows else []
        if kind == "stats":
            timed = f"_time:[{self.start_s}, {self.end_s}] {query}"
            return answered_logs(store, "/select/logsql/stats_query", timed, time=self.end_s)
        return answered_logs(store, "/select/logsql/stats_query_range", query, step=f"{self.step_s(asked)}s", **when)

    def _timed(self, query: str, step_s: int) -> str:
        seconds = self.end_s - self.start_s
        names = {
            "$__interval_ms": str(step_s * 1_000),
            "$__rate_interval": f"{max(step_s + LEAST_STEP_S, 4 * LEAST_STEP_S)}s",
            "$__interval": f"{step_s}s",
            "$__range_s": str(seconds),
            "$__range": f"{seconds}s",
        }
        for name, value in names.items():
            query = query.replace(name, value)
        return query


def rounded(seconds: float) -> int:
    """The step that Grafana takes for so many seconds a point."""
    upper = [step for step, limit in zip(STEPS_S, LIMITS_S, strict=False) if seconds < limit]
    return max(LEAST_STEP_S, upper[0] if upper else STEPS_S[-1])


def in_metrics(query: str, values: dict[str, Any]) -> str:
    """Several values are alternatives of a regular expression; one of a variable that can have but one is as it is."""

    def written(value: list[str] | str) -> str:
        if isinstance(value, str):
            return value
        escaped = [re.sub(r"([$^*{}\[\]'+?.()|])", r"\\\\\1", one) for one in value]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"

    return _replaced(query, values, written)


def in_logs(query: str, values: dict[str, Any]) -> str:
    """The plugin quotes what stands in ``in(…)``, and makes ``in(*)`` of all."""

    def written(value: list[str] | str) -> str:
        if value == ALL:
            return "*"
        return ",".join(json.dumps(one) for one in ([value] if isinstance(value, str) else value))

    return _replaced(query, values, written)


def _replaced(query: str, values: dict[str, Any], written: Callable[[list[str] | str], str]) -> str:
    """With every variable replaced; one that has no value is an error."""
    return re.sub(r"\$(\w+)", lambda match: written(values[match[1]]), query)


def answered(store: VictoriaMetrics, query: str, **when: int) -> list[Series]:
    """Series with at least one number."""
    page = "/api/v1/query" if "time" in when else "/api/v1/query_range"
    return _numbered(store.data(page, query=query, nocache=1, **when)["result"])


def answered_logs(store: VictoriaLogs, page: str, query: str, **when: int | str) -> list[Series]:
    return _numbered(store.stats(page, query=query, **when))


def _numbered(found: list[Series]) -> list[Series]:
    made = [{"metric": one["metric"], "values": one.get("values") or [one["value"]]} for one in found]
    return [one for one in made if any(value not in ("NaN", "") for _, value in one["values"])]


def numbers(found: list[Series], *labels: str) -> dict[Any, float]:
    """The last number of each series by the values of its labels."""
    return {tuple(one["metric"].get(label, "") for label in labels): float(one["values"][-1][1]) for one in found}
