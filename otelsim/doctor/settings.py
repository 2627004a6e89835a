"""Limits and switches of the stores that would cost a run records, or change their names."""

from collections.abc import Callable
from functools import partial

from otelsim.doctor.retention import caches
from otelsim.doctor.rules import Need, Ruled, bad, doubtful, good, unreadable
from otelsim.doctor.units import duration_s, size_bytes

Rule = Callable[[dict[str, str], Need], Ruled | None]
LABELS = 40
"""The most labels of a series of a run (SPEC section 5)."""
LABEL_NAME_BYTES, LABEL_VALUE_BYTES = 64, 512
"""Over the longest attribute name, and over any id of a world."""
FIELDS = 100
"""Over the attributes of a resource, a scope and a record together."""


def at_least(check: str, flag: str, need: int, flags: dict[str, str], _: Need) -> Ruled | None:
    """A limit in units, of which a run needs ``need``; 0 is none."""
    value = flags.get(flag)
    if value is None:
        return None
    if not value.isdecimal():
        return unreadable(check, flag, value)
    if 0 < int(value) < need:
        return bad(check, f"-{flag}={value}; what has more is dropped in silence", f"-{flag}={need}")
    return good(check, f"-{flag}={value}, and a run needs at most {need}")


def request_size(flag: str, flags: dict[str, str], need: Need) -> Ruled | None:
    """The largest request a store takes, against the largest that is sent."""
    value = flags.get(flag)
    if value is None:
        return None
    try:
        limit = size_bytes(value)
    except ValueError:
        return unreadable("size", flag, value)
    text = f"takes requests of up to {limit:,} bytes"
    if limit < need.request_bytes:
        change = f"-{flag}={need.request_bytes}, or a smaller --max-request-bytes"
        return bad("size", f"{text}, and a run sends up to {need.request_bytes:,}", change)
    return good("size", text)


def off(check: str, flag: str, fault: str, flags: dict[str, str], _: Need) -> Ruled | None:
    """A duration that must be 0."""
    value = flags.get(flag)
    if value is None:
        return None
    try:
        is_off = not duration_s(value)
    except ValueError:
        return unreadable(check, flag, value)
    return good(check, f"-{flag} is off") if is_off else bad(check, f"-{flag}={value} {fault}", f"no -{flag}")


def naming(flags: dict[str, str], _: Need) -> Ruled | None:
    """``-opentelemetry.usePrometheusNaming``: nothing is lost without it, but it has other names."""
    flag = "opentelemetry.usePrometheusNaming"
    if flag not in flags:
        return None
    if flags[flag] == "true":
        return good("names", "gives metrics the names of the documented queries")
    return doubtful("names", "leaves dots in names: documented queries find nothing", f"-{flag}")


def promoted(flags: dict[str, str], _: Need) -> Ruled | None:
    """Resource attributes that do not become labels: series of different releases would be one."""
    ignored = flags.get("opentelemetry.ignoreResourceAttributes", "")
    if flags.get("opentelemetry.promoteAllResourceAttributes", "true") == "true" and not ignored:
        return None
    change = "no -opentelemetry.promoteAllResourceAttributes=false, no -opentelemetry.ignoreResourceAttributes"
    return bad("labels", "keeps only some resource attributes: series run into one another", change)


def changed_on_arrival(flags: dict[str, str], _: Need) -> Ruled | None:
    """Rules of the store's own that drop, rename or merge what arrives."""
    used = [f"-{flag}" for flag in ("relabelConfig", "streamAggr.config") if flags.get(flag)]
    if not used:
        return None
    return doubtful("rules", f"{' and '.join(used)} may drop or merge rows", "see that they leave the run's alone")


def limited(what: str, names: tuple[str, ...], flags: dict[str, str], _: Need) -> Ruled | None:
    """Limits that bite only when much has arrived; 0 is none."""
    used = [f"-{flag}={flags[flag]}" for flag in names if flags.get(flag, "0") not in ("", "0")]
    if not used:
        return None
    return doubtful("limits", f"{', '.join(used)}: {what} over that", "see that a run stays below")


def taking(flags: dict[str, str], _: Need) -> Ruled | None:
    """``-insert.disable``: a node that is only asked."""
    if flags.get("insert.disable") != "true":
        return None
    return bad("rows", "takes none: -insert.disable is set", "no -insert.disable")


SERIES_LIMITS = ("storage.maxHourlySeries", "storage.maxDailySeries")
DISK_LIMITS = ("retention.maxDiskSpaceUsageBytes", "retention.maxDiskUsagePercent")
METRICS_RULES: tuple[Rule, ...] = (
    caches,
    partial(at_least, "labels", "maxLabelsPerTimeseries", LABELS),
    partial(at_least, "label names", "maxLabelNameLen", LABEL_NAME_BYTES),
    partial(at_least, "label values", "maxLabelValueLen", LABEL_VALUE_BYTES),
    promoted,
    naming,
    partial(off, "deduplication", "dedup.minScrapeInterval", "merges requests of one series that are so close"),
    partial(off, "deduplication", "streamAggr.dedupInterval", "merges requests of one series that are so close"),
    changed_on_arrival,
    partial(limited, "new series are dropped", SERIES_LIMITS),
    partial(request_size, "opentelemetry.maxRequestSize"),
)
"""Of VictoriaMetrics."""
_OF_ROWS: tuple[Rule, ...] = (
    taking,
    partial(at_least, "fields", "insert.maxFieldsPerLine", FIELDS),
    partial(limited, "the oldest days are dropped", DISK_LIMITS),
)
LOGS_RULES: tuple[Rule, ...] = (*_OF_ROWS, partial(request_size, "opentelemetry.maxRequestSize"))
"""Of VictoriaLogs; its -insert.maxLineSizeBytes is for lines of text, and holds for no OTLP record."""
TRACES_RULES: tuple[Rule, ...] = (
    *_OF_ROWS,
    partial(request_size, "opentelemetry.maxRequestSize"),
    partial(request_size, "opentelemetry.traces.maxRequestSize"),
)
"""Of VictoriaTraces, which is made from VictoriaLogs."""
