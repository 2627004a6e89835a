"""Panels that look alike on all dashboards. Widths are of 24 columns, heights of a grid's rows."""

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge as bargauges
from grafana_foundation_sdk.builders import common
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import logs as logs_panels
from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.builders import timeseries as curves
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from grafana.queries import Target, source_of

# Enough for a week by half hours, and few enough for stores to answer at once.
POINTS = 300
STEPS = options.LineInterpolation.STEP_AFTER
SHARE, SECONDS, MILLISECONDS, PER_SECOND, NUMBER = "percentunit", "s", "ms", "reqps", "short"
Columns = dict[str, tuple[str, str]]
"""Of a table: a field's name, and the title and unit to give it."""
Built = TypeVar("Built", curves.Panel, stats.Panel, bargauges.Panel, tables.Panel, logs_panels.Panel)


def timeseries(title: str, targets: Sequence[Target], unit: str, about: str = "", width: int = 8) -> curves.Panel:
    """Lines from 0 on, with a legend of means and maxima."""
    return lines(title, targets, unit, about, width).min(0)


def lines(title: str, targets: Sequence[Target], unit: str, about: str = "", width: int = 8) -> curves.Panel:
    """Lines whose axis begins where they do."""
    legend = common.VizLegendOptions().display_mode(options.LegendDisplayMode.TABLE).show_legend(True)
    legend = legend.placement(options.LegendPlacement.BOTTOM).calcs(["mean", "max"])
    made = curves.Panel().legend(legend).show_points(options.VisibilityMode.AUTO).line_width(1).fill_opacity(5)
    tooltip = common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI).sort(options.SortOrder.DESCENDING)
    return _common(made.tooltip(tooltip), title, targets, about).unit(unit).span(width).height(9)


def bars(title: str, targets: Sequence[Target], unit: str, about: str = "", width: int = 8) -> curves.Panel:
    """Counts of each step, one upon the other."""
    made = timeseries(title, targets, unit, about, width).draw_style(options.GraphDrawStyle.BARS).fill_opacity(60)
    return made.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL).group("A"))


def stat(title: str, targets: Sequence[Target], unit: str, about: str = "", width: int = 4) -> stats.Panel:
    """One number a target, large."""
    made = stats.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    made = made.color_mode(options.BigValueColorMode.NONE).graph_mode(options.BigValueGraphMode.NONE)
    return _common(made, title, targets, about).unit(unit).span(width).height(4)


def ranking(title: str, targets: Sequence[Target], unit: str, about: str = "", width: int = 8) -> bargauges.Panel:
    """A bar a series."""
    made = bargauges.Panel().orientation(options.VizOrientation.HORIZONTAL)
    made = made.display_mode(options.BarGaugeDisplayMode.BASIC).show_unfilled(False)
    made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    return _common(made, title, targets, about).unit(unit).span(width).height(9).min(0)


def table(title: str, targets: Sequence[Target], columns: Columns, about: str = "", width: int = 24) -> tables.Panel:
    """The targets' rows joined by the labels they share; columns are shown in the order given, and no others."""
    made = tables.Panel().with_transformation(DataTransformerConfig(id_val="merge", options={}))
    return _common(_columns(made, columns), title, targets, about).span(width).height(10)


def rows_of_logs(title: str, targets: Sequence[Target], columns: Columns, about: str, width: int) -> tables.Panel:
    """A table of log records' fields, which the logs' source gives in one column of objects."""
    fields = {"source": "labels", "format": "json", "keepTime": True, "replace": True}
    made = tables.Panel().with_transformation(DataTransformerConfig(id_val="extractFields", options=fields))
    return _common(_columns(made, columns), title, targets, about).span(width).height(10)


def _columns(made: tables.Panel, columns: Columns) -> tables.Panel:
    organize = {
        "includeByName": dict.fromkeys(columns, True),
        "indexByName": {name: place for place, name in enumerate(columns)},
        "renameByName": {name: title for name, (title, _) in columns.items()},
    }
    made = made.with_transformation(DataTransformerConfig(id_val="organize", options=organize)).filterable(True)
    for title, unit in columns.values():
        if unit:
            made = made.override_by_name(title, [DynamicConfigValue(id_val="unit", value=unit)])
    return made


def records(title: str, targets: Sequence[Target], about: str = "", width: int = 24) -> logs_panels.Panel:
    """Log records, the latest first; each opens to its fields, with the link to its trace."""
    made = logs_panels.Panel().show_time(True).wrap_log_message(True).enable_log_details(True)
    made = made.sort_order(options.LogsSortOrder.DESCENDING).dedup_strategy(options.LogsDedupStrategy.NONE)
    return _common(made, title, targets, about).span(width).height(10)


def found_traces(title: str, targets: Sequence[Target], about: str = "", width: int = 24) -> tables.Panel:
    """A search for traces, the longest first; ids link to the traces."""
    longest_first = common.TableSortByFieldState().display_name("Duration").desc(True)
    return _common(tables.Panel().sort_by([longest_first]), title, targets, about).span(width).height(10)


def to_service(made: bargauges.Panel, value: str) -> bargauges.Panel:
    """Links what is shown to the dashboard of its service; ``value`` is Grafana's variable for the service's id."""
    url = f"/d/otelsim-service?var-service={value}&${{__url_time_range}}"
    return made.data_links([builders.DashboardLink("The service").url(url)])


class Given(Builder[Dataquery]):
    """A target that is built already, where the SDK wants one that is not."""

    def __init__(self, query: Dataquery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        """The target."""
        return self._query


def _common(made: Built, title: str, targets: Sequence[Target], about: str) -> Built:
    made.title(title).datasource(source_of(targets[0])).max_data_points(POINTS).targets(list(map(Given, targets)))
    if about:
        made.description(about)
    return made
