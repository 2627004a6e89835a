"""Times: what a store keeps, against the run's first and last instant.

Rows outside are answered with success and dropped. Without a setting of their own they keep 31 days (metrics) or 7.
"""

from otelsim.doctor.rules import Need, Ruled, bad, doubtful, good, unreadable
from otelsim.doctor.units import DAY_S, HOUR_S, YEAR_S, duration_s, retention_s, shown_days

SPARE_S = 30 * DAY_S
"""A run that begins to leave the store sooner than this is worth a warning."""


def kept(flags: dict[str, str], need: Need) -> Ruled:
    """``-retentionPeriod``: from the run's start to now, with some to spare."""
    value = flags.get("retentionPeriod")
    if value is None:
        return doubtful("retention", "does not say how long it keeps rows", "see that it is longer than the run's age")
    try:
        kept_s = retention_s(value)
    except ValueError:
        return unreadable("retention", "retentionPeriod", value)
    text = f"keeps {shown_days(kept_s)}, and the run begins {_ago(need)}"
    change = f"-retentionPeriod={_years(need.age_s + SPARE_S)}y"
    if need.age_s > kept_s:
        return bad("retention", f"{text}; what is older is dropped", change)
    if need.age_s + SPARE_S > kept_s:
        return doubtful("retention", f"{text}; it begins to leave in {shown_days(kept_s - need.age_s)}", change)
    return good("retention", text)


def backfilled(flags: dict[str, str], need: Need) -> Ruled | None:
    """``-maxBackfillAge``, where it is set: what is older is refused whatever the retention."""
    value = flags.get("maxBackfillAge", "0")
    try:
        limit_s = retention_s(value)
    except ValueError:
        return unreadable("backfill", "maxBackfillAge", value)
    if not limit_s or need.age_s <= limit_s:
        return None
    text = f"takes rows of the last {shown_days(limit_s)}, and the run begins {_ago(need)}; what is older is dropped"
    return bad("backfill", text, "no -maxBackfillAge")


def to_come(flags: dict[str, str], need: Need) -> Ruled | None:
    """``-futureRetention``, for a run that ends after now."""
    ahead_s, value = need.end_s - need.now_s, flags.get("futureRetention")
    if ahead_s <= 0 or value is None:
        return None
    try:
        limit_s = retention_s(value)
    except ValueError:
        return unreadable("future", "futureRetention", value)
    text = f"takes rows of the next {shown_days(limit_s)}, and the run ends in {shown_days(ahead_s, up=True)}"
    if ahead_s > limit_s:
        return bad("future", f"{text}; what is later is dropped", f"-futureRetention={_years(ahead_s + SPARE_S)}y")
    return good("future", text)


def caches(flags: dict[str, str], need: Need) -> Ruled | None:
    """``-search.cacheTimestampOffset``: no answer may be cached for times that are still to be filled.

    A day less than the run's age will do: what arrives for that day empties the cache.
    """
    value = flags.get("search.cacheTimestampOffset")
    if value is None or flags.get("search.disableCache") == "true":
        return None
    try:
        offset_s = duration_s(value)
    except ValueError:
        return unreadable("cache", "search.cacheTimestampOffset", value)
    text = f"caches no answer about the last {shown_days(offset_s)}"
    if need.age_s - offset_s > DAY_S:
        hours = -int(-need.age_s // DAY_S) * DAY_S // HOUR_S
        text = f"{text}, and the run begins {_ago(need)}; queries may miss what arrives"
        return doubtful("cache", text, f"-search.cacheTimestampOffset={hours}h")
    return good("cache", text)


RULES = (kept, backfilled, to_come)
"""Those of every store."""


def _ago(need: Need) -> str:
    return f"{shown_days(need.age_s, up=True)} ago" if need.age_s > 0 else f"in {shown_days(-need.age_s, up=True)}"


def _years(seconds: float) -> int:
    return max(1, -int(-seconds // YEAR_S))
