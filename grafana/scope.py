"""The variables of a dashboard, each limited by those before it, and selectors of what they choose.

Metrics and logs are asked for the same values. ``.*`` stands for all of them: the metrics' source takes it as a regular
expression, and the logs' plugin makes ``in(*)`` of ``in(.*)``.
"""

from grafana_foundation_sdk.builders.dashboard import CustomVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableOption, VariableRefresh, VariableSort

from grafana.sources import LOGS, METRICS

CHAIN = {"environment": "environment", "region": "region", "stack": "stack_id", "service": "service_id"}
"""Variables, and the label of each, which is also a field of the logs."""
RUN, RUN_LABEL, RUN_FIELD = "run", "otelsim_run_id", '"otelsim.run.id"'
EVERY_CALL = "request_duration_ms"
"""The metric that has a point for every call, so that its labels are all there are."""


def labels(*more: str) -> str:
    """Matchers of a metric's labels."""
    chosen = [f'{label}=~"${name}"' for name, label in {**CHAIN, RUN: RUN_LABEL}.items()]
    return ",".join([*chosen, *more])


def fields(*names: str) -> str:
    """Filters of the logs' fields, by those of the variables that the dashboard has."""
    known = {**CHAIN, RUN: RUN_FIELD}
    return " ".join(f"{known[name]}:in(${name})" for name in names or known)


def chain(one_service: bool = False) -> list[QueryVariable]:
    """Environment, region, stack, service, run. With ``one_service`` one is chosen, the first if nobody chooses."""
    made = [_limited(name) for name in CHAIN]
    made[-1] = made[-1] if one_service else _many(made[-1])
    return [*map(_many, made[:-1]), made[-1], _many(label_values(RUN, EVERY_CALL, RUN_LABEL))]


def _limited(name: str) -> QueryVariable:
    before = list(CHAIN.items())[: list(CHAIN).index(name)]
    chosen = ",".join(f'{label}=~"${other}"' for other, label in before)
    return label_values(name, f"{EVERY_CALL}{{{chosen}}}" if chosen else EVERY_CALL, CHAIN[name])


def label_values(name: str, selector: str, label: str) -> QueryVariable:
    """The values that a label has within the dashboard's time range."""
    query = {
        "qryType": 1,
        "query": f"label_values({selector}, {label})",
        "refId": "PrometheusVariableQueryEditor-VariableQuery",
    }
    return _asked(name, query).datasource(METRICS)


def field_values(name: str, query: str, field: str) -> QueryVariable:
    """The values that a field of the logs has in the records of a query."""
    asked = {"refId": "VictoriaLogsVariableQueryEditor-VariableQuery", "type": "fieldValue", "field": field}
    return _asked(name, {**asked, "query": query, "limit": 1_000}).datasource(LOGS)


def _asked(name: str, query: dict[str, object]) -> QueryVariable:
    variable = QueryVariable(name).label(name.capitalize()).query(query)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)


def _many(variable: QueryVariable) -> QueryVariable:
    return with_all(variable).all_value(".*")


def with_all(variable: QueryVariable) -> QueryVariable:
    """Several values may be chosen, and all are until someone chooses."""
    return variable.multi(True).include_all(True).current(VariableOption(text=["All"], value=["$__all"]))


def hidden(variable: QueryVariable) -> QueryVariable:
    """A value that follows from the others."""
    return variable.hide(VariableHide.HIDE_VARIABLE)


def choice(name: str, label: str, values: list[str]) -> CustomVariable:
    """One of a few values, the first by default."""
    options = [VariableOption(text=value, value=value, selected=value == values[0]) for value in values]
    made = CustomVariable(name).label(label).values(",".join(values)).options(options)
    return made.current(options[0])
