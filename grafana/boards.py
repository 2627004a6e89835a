"""A dashboard of rows of panels."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from grafana.models import Annotation

TAG = "otelsim"
# A run without --start or --end goes up to the last UTC midnight, and scenario `incidents` is a week long. At the end
# of a range "now-1d/d" is the end of yesterday.
LAST_WEEK = ("now-7d/d", "now-1d/d")
RANGES = {
    "The week up to midnight": LAST_WEEK,
    "The 30 days up to midnight": ("now-30d/d", "now-1d/d"),
    "The year up to midnight": ("now-365d/d", "now-1d/d"),
    "The last hour, for runs that are under way": ("now-1h", "now"),
}
Panels = Sequence[Builder[dashboard.Panel]]


@dataclass
class Board:
    """What a dashboard consists of; ``time`` is its default range, in UTC."""

    name: str
    about: str
    rows: dict[str, Panels]
    variables: Sequence[Builder[dashboard.VariableModel]]
    annotations: Sequence[Annotation] = ()
    time: tuple[str, str] = LAST_WEEK
    refresh: str = ""

    @property
    def uid(self) -> str:
        """As links have it."""
        return f"{TAG}-{self.name.lower()}"

    def build(self) -> dashboard.Dashboard:
        """Typed, with every panel's id and place."""
        made = builders.Dashboard(f"otelsim: {self.name}").uid(self.uid).description(self.about).tags([TAG])
        made = made.timezone("utc").time(*self.time).timepicker(_time_picker()).refresh(self.refresh)
        made = made.tooltip(dashboard.DashboardCursorSync.CROSSHAIR).link(_other_boards())
        for variable in self.variables:
            made.with_variable(variable)
        for title, panels in self.rows.items():
            made.with_row(builders.Row(title))
            for panel in panels:
                made.with_panel(panel)
        return _completed(made.build(), self.annotations)


def _completed(built: dashboard.Dashboard, annotations: Sequence[Annotation]) -> dashboard.Dashboard:
    """The annotations, which the SDK's builder has no type for, and ids from 1 on."""
    built.annotations.list_val = list(annotations)
    for number, panel in enumerate(built.panels or [], 1):
        panel.id_val = number
    return built


def _time_picker() -> builders.TimePicker:
    given: list[Builder[dashboard.TimeOption]] = [
        builders.TimeOption().display(name).from_val(start).to(end) for name, (start, end) in RANGES.items()
    ]
    return builders.TimePicker().quick_ranges(given)


def _other_boards() -> builders.DashboardLink:
    """The other dashboards, at the same time and of the same services."""
    link = builders.DashboardLink("otelsim").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(False).keep_time(True).include_vars(True)
